// Holds the interpreter on WebGPU against the reference on random legal Programs (test/fuzz): `npm run fuzz -- --help`. Exits with 1 when
// they differ on one, with 130 when it was interrupted.
import { mkdirSync } from 'node:fs';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);
mkdirSync('build', { recursive: true });

const common = {
  bundle: true,
  format: 'esm',
  logLevel: 'warning',
  loader: { '.wgsl': 'text', '.wasm': 'binary' },
};

const PAGE = 'build/fuzz-page.js';
const MODULE = 'build/fuzz.mjs';
const define = { SYSTOLE_VERSION: '"fuzz"', SYSTOLE_REVISION: '"fuzz"' };
await build({
  ...common,
  define,
  entryPoints: ['test/fuzz/browser/page.ts'],
  outfile: PAGE,
  platform: 'browser',
});
await build({
  ...common,
  define,
  entryPoints: ['test/fuzz/command.ts'],
  outfile: MODULE,
  platform: 'node',
  packages: 'external',
});
const { main } = await import(new URL(`../${MODULE}`, import.meta.url).href);
process.exitCode = await main(process.argv.slice(2), { page: PAGE });
