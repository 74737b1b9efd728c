/** What takes part in the comparison of networks: a library that runs them on WebGPU, ours or somebody else's. */
import type { Dtype } from '../../src/numerics';
import type { Sizes, WorkloadName } from './workloads';

/** What a run left, by name: `output`, or `loss` and first moments as `first.filter`. Row-major, in the layouts of workloads.ts. */
export type Results = Readonly<Record<string, Float32Array>>;

/** A workload whose parameters and inputs lie on the adapter. */
export interface NetworkRun {
  /** Runs the network, takes the step or adds up the chain `count` times, and resolves once the adapter has finished the last. */
  run(count: number): Promise<void>;
  /**
   * Forward and chains: `output`. Training steps: `loss`, as it was before the last step, and Adam's first moments, which after the first
   * step are 0.1 of the gradients.
   */
  read(): Promise<Results>;
  release(): void;
}

/** A library with its device open. */
export interface OpenNetworks {
  readonly variant?: string;
  /** Undefined where the library has no such way. */
  prepare(workload: WorkloadName, sizes: Sizes, seed: number): Promise<NetworkRun | undefined>;
  /** Kernels that were started so far, where the library counts them. */
  dispatches?(): number;
  close(): void;
}

export interface NetworkContestant {
  readonly name: string;
  readonly version: string;
  /** Of parameters and of what lies between. */
  readonly dtype: Dtype;
  readonly ours: boolean;
  /** Rejects, with the reason, where it cannot run. */
  open(): Promise<OpenNetworks>;
}
