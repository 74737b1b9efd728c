import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const MOST_BYTES = 120 * 1024;

/** What a page's bundler makes of some of the package's exports. */
async function bundled(names: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${names} } from './src/arrays';`, resolveDir: '.', loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    write: false,
    loader: { '.wgsl': 'text', '.wasm': 'binary' },
  });
  return outputFiles[0]?.text ?? '';
}

describe('a bundle', () => {
  test('of arrays, products and sums takes less than 120 KB gzipped, and evaluates no text', async () => {
    const text = await bundled('openArrays, matmul, add');
    expect(gzipSync(text).length).toBeLessThan(MOST_BYTES);
    expect(text).not.toMatch(/\beval\s*\(|new Function\b|\bFunction\s*\(/);
  });

  test('has only what is taken', async () => {
    const [one, all] = [await bundled('promote'), await bundled('openArrays, einsum, softmax, nn')];
    expect(one.length).toBeLessThan(8 * 1024);
    expect(one).not.toContain('@compute');
    expect(all).toContain('einsum');
    expect(await bundled('openArrays, matmul, add')).not.toContain('einsum');
  });
});
