// The suite in Node, on every adapter of the machine, and the part of it that any host can run in Chromium too.
import { readFileSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import type { LaunchOptions } from 'playwright';
import { runnerImport, type Plugin } from 'vite'; // Vitest's own
import { defineConfig } from 'vitest/config';

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

// Not a plain import: Vite would warn of each import without an extension among all that the file imports.
const { module: launch } = await runnerImport<{ default: LaunchOptions }>('./test/browser/launch-options.ts');

const common = {
  plugins: [assets()],
  define: { SYSTOLE_VERSION: JSON.stringify('test'), SYSTOLE_REVISION: JSON.stringify('test') },
};
/** For machines that are busy with something else: what hangs is told a little later for it. */
const patience = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        ...common,
        test: {
          ...patience,
          name: 'node',
          include: ['test/**/*.test.{ts,tsx}'],
          // Dawn needs process-wide environment set before it loads (src/host/node.ts).
          pool: 'forks',
        },
      },
      {
        ...common,
        // What SharedArrayBuffer and precise clocks ask for, as the page has them.
        server: {
          headers: {
            'Cross-Origin-Opener-Policy': 'same-origin',
            'Cross-Origin-Embedder-Policy': 'require-corp',
          },
        },
        test: {
          ...patience,
          name: 'chromium',
          include: ['test/execute/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            // By its number: a minimal machine may know no name, not even localhost.
            api: { host: '127.0.0.1' },
            screenshotFailures: false,
            provider: playwright({ launchOptions: launch.default }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
