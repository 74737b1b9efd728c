// The peers' pages, for a local build: peers.html and networks.html beside the page, their workers with the peers' libraries, and
// the WASM that they load; and the libraries that run networks, for Node. Called by scripts/build.js where bench/peers is installed.
import { copyFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const HERE = import.meta.dirname;
// Its engine is one for all copies that are loaded, so one copy is.
const alias = { '@tensorflow/tfjs-core': join(HERE, 'node_modules/@tensorflow/tfjs-core') };
const WASM = [
  'onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm',
  'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
];

/** tfjs-core calls require() for Node's own modules. */
const REQUIRE =
  "import { createRequire as systoleRequire } from 'node:module';\nconst require = systoleRequire(import.meta.url);";

export const peersAreInstalled = () => existsSync(join(HERE, 'node_modules'));

/** `common` are the options of esbuild that every bundle shares; `outdir` is the page's folder. */
export async function buildPeersPage(common, outdir) {
  const page = join(HERE, '../page');
  const networks = join(HERE, '../networks/page');
  await build({
    ...common,
    outdir,
    alias,
    platform: 'browser',
    minify: true,
    sourcemap: false,
    splitting: true,
    chunkNames: 'peers-[name]-[hash]',
    entryPoints: {
      peers: join(page, 'peers.tsx'),
      'peers-worker': join(page, 'peers-worker.ts'),
      networks: join(networks, 'page.ts'),
      'networks-worker': join(networks, 'worker.ts'),
    },
  });
  copyFileSync(join(page, 'peers.html'), join(outdir, 'peers.html'));
  copyFileSync(join(networks, 'networks.html'), join(outdir, 'networks.html'));
  for (const file of WASM) copyFileSync(join(HERE, 'node_modules', file), join(outdir, basename(file)));
}

/** The libraries that run networks, for Node: with the gradients of tfjs-core, which are modules there. */
export async function buildPeersForNode(common, outdir) {
  await build({
    ...common,
    outdir,
    alias,
    platform: 'node',
    mainFields: ['module', 'main'],
    sourcemap: false,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: REQUIRE },
    entryPoints: { networks: join(HERE, 'networks.js') },
  });
}
