/** Who takes part, in the order of the turns: ours, then the peers whose packages bench/peers/package.json names. */
import { openGpuJs } from './gpu-js';
import { openJaxJs } from './jax-js';
import { openOnnxRuntimeWeb } from './onnxruntime-web';
import { systoleContestants } from './systole';
import { openTfjs } from './tfjs';
import type { Contestant, OpenContestant } from './contestant';
import manifest from './package.json';

/** Name in the report, package that gives the version, and how it is opened. */
const PEERS = {
  'jax-js': { package: '@jax-js/jax', open: openJaxJs },
  tfjs: { package: '@tensorflow/tfjs-backend-webgpu', open: openTfjs },
  'onnxruntime-web': { package: 'onnxruntime-web', open: openOnnxRuntimeWeb },
  'gpu.js': { package: 'gpu.js', open: openGpuJs },
} as const satisfies Record<
  string,
  {
    readonly package: keyof typeof manifest.dependencies;
    readonly open: (library: unknown) => Promise<OpenContestant>;
  }
>;

export type PeerName = keyof typeof PEERS;

/** What gives each library: bench/peers/packages.js. */
export type PeerPackages = Readonly<Record<PeerName, () => Promise<unknown>>>;

/** `version` is our own. */
export function lineup(version: string, packages: PeerPackages): Contestant[] {
  const peers = Object.entries(PEERS) as [PeerName, (typeof PEERS)[PeerName]][];
  return [
    ...systoleContestants(version),
    ...peers.map(([name, { package: package_, open }]) => ({
      name,
      version: manifest.dependencies[package_],
      dtype: 'float32' as const,
      ours: false,
      open: async () => open(await packages[name]()),
    })),
  ];
}
