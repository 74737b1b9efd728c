// One suite, every device. Forked workers: Dawn needs process-wide environment set before it loads (src/host/node.ts).
import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vitest/config';

/** WGSL and CSS as text and WASM as bytes, as the bundles have them (scripts/build.js). */
function assets(): Plugin {
  return {
    name: 'systole-assets',
    enforce: 'pre',
    load(id) {
      if (id.endsWith('.wgsl')) return `export default ${JSON.stringify(readFileSync(id, 'utf8'))};`;
      if (id.endsWith('.css')) return `export default ${JSON.stringify(readFileSync(id, 'utf8'))};`;
      if (id.endsWith('.wasm')) {
        const base64 = readFileSync(id).toString('base64');
        return `export default Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0));`;
      }
      return null;
    },
  };
}

export default defineConfig({
  plugins: [assets()],
  define: { SYSTOLE_VERSION: JSON.stringify('test'), SYSTOLE_REVISION: JSON.stringify('test') },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: [],
  },
});
