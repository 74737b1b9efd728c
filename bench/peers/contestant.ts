/**
 * What takes part in the comparison: a library that multiplies float32 matrices on WebGPU or in WASM, ours or somebody else's. All are
 * equal in what is timed: operands already on the adapter, or in WASM's memory, in the layout that the library itself keeps, results left there,
 * completion waited for, nothing read back.
 */
import type { Dtype } from '../../src/numerics';

export interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** One product whose operands lie on the adapter. */
export interface ContestantProduct {
  /** Computes the product `count` times and resolves once the adapter has finished the last. */
  run(count: number): Promise<void>;
  /** The result of the last run, [M, N] row-major. */
  read(): Promise<Float32Array>;
  release(): void;
}

/** A library with its device open. */
export interface OpenContestant {
  /** Which of the library's ways it takes, where there are several. */
  readonly variant?: string;
  /** `a` is [M, K] and `b` is [K, N], row-major, of values that the contestant's dtype has. Compiling may wait for the first run. */
  prepare(shape: Shape, a: Float32Array, b: Float32Array): Promise<ContestantProduct>;
  close(): void;
}

/** What ours multiplies: the format that the peers share, and the chip's own. */
export const OUR_DTYPES: readonly Dtype[] = ['float32', 'bfloat16', 'float8_e4m3'];

export interface Contestant {
  readonly name: string;
  readonly version: string;
  /** Format of the operands; all results are float32. */
  readonly dtype: Dtype;
  readonly ours: boolean;
  /** Loads the library and opens its device. Rejects, with the reason, where it cannot run. */
  open(): Promise<OpenContestant>;
}
