/** Who takes part in a field, in the order of the turns: ours, then the peers whose packages bench/peers/package.json names. */
import type { StartThread } from '../../src/execute/wasm';
import type { Contestant, OpenContestant } from './contestant';
import { FIELDS, type FieldName } from './fields';
import { openGpuJs } from './gpu-js';
import { openJaxJs, openJaxJsWasm } from './jax-js';
import { openOnnxRuntimeWeb } from './onnxruntime-web';
import { openOnnxRuntimeWasm } from './onnxruntime-wasm';
import manifest from './package.json';
import { showingProcessors } from './processors';
import { systoleContestants } from './systole';
import { systoleWasmContestants } from './systole-wasm';
import { openTfjs } from './tfjs';
import { openTfjsWasm } from './tfjs-wasm';

interface Peer {
  readonly name: string;
  /** Gives the version. */
  readonly package: keyof typeof manifest.dependencies;
  /** What loads it: bench/peers/packages.js. */
  readonly load: string;
  readonly open: (library: unknown, threads: number) => Promise<OpenContestant>;
}

const PEERS = {
  webgpu: [
    { name: 'jax-js', package: '@jax-js/jax', load: 'jax-js', open: openJaxJs },
    { name: 'tfjs', package: '@tensorflow/tfjs-backend-webgpu', load: 'tfjs', open: openTfjs },
    {
      name: 'onnxruntime-web',
      package: 'onnxruntime-web',
      load: 'onnxruntime-web',
      open: openOnnxRuntimeWeb,
    },
    { name: 'gpu.js', package: 'gpu.js', load: 'gpu.js', open: openGpuJs },
  ],
  wasm: [
    { name: 'jax-js', package: '@jax-js/jax', load: 'jax-js', open: openJaxJsWasm },
    { name: 'tfjs', package: '@tensorflow/tfjs-backend-wasm', load: 'tfjs-wasm', open: openTfjsWasm },
    {
      name: 'onnxruntime-web',
      package: 'onnxruntime-web',
      load: 'onnxruntime-wasm',
      open: openOnnxRuntimeWasm,
    },
  ],
} as const satisfies Record<'webgpu' | 'wasm', readonly Peer[]>;

/** What gives each library: bench/peers/packages.js. */
export type PeerPackages = Readonly<
  Record<(typeof PEERS)['webgpu' | 'wasm'][number]['load'], () => Promise<unknown>>
>;

/** `version` is our own. Threads are started by `startThread`, by the page itself when it is left out. */
export function lineup(
  field: FieldName,
  version: string,
  packages: PeerPackages,
  startThread?: StartThread,
): Contestant[] {
  const { device, threads } = FIELDS[field];
  // On WebGPU, threads are what a library makes of the machine as it is.
  const loaded = (library: () => Promise<unknown>): Promise<unknown> =>
    device === 'webgpu' ? library() : showingProcessors(threads, library);
  const ours =
    device === 'webgpu'
      ? systoleContestants(version)
      : systoleWasmContestants(version, { threads, startThread });
  return [
    ...ours,
    ...PEERS[device].map(({ name, package: package_, load, open }) => ({
      name,
      version: manifest.dependencies[package_],
      dtype: 'float32' as const,
      ours: false,
      open: async () => open(await loaded(packages[load]), threads),
    })),
  ];
}
