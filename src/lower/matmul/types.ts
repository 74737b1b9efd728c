/**
 * What a matmul plan is: data that a person can read and edit, from which the Program, the reference loop, the WASM
 * checker and the fused WGSL kernel are all made, and by which they agree bit for bit.
 */
import type { ChipName } from '../../chip';
import type { Dtype, Rounding } from '../../numerics';
import type { Epilogue } from './epilogue';

/** How A[M, K] lies in HBM: `row-major` is [M, K]; `k-major` is [K, M], the chip's own layout, which needs no transposition. */
export type ALayout = 'row-major' | 'k-major';

/** out[M, N] = encode(out, epilogue((C +) A[M, K] B[K, N])). Tile and block sizes are chosen when left out. */
export interface MatmulRequest {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Dtype;
  readonly b: Dtype;
  /** Output format; float32 when left out. */
  readonly out?: Dtype;
  /** True when the output accumulates into a given C[M, N] of the output's format, added last. */
  readonly accumulate?: boolean;
  readonly aLayout?: ALayout;
  readonly chip?: ChipName;
  /** fp8 double-row passes: used wherever legal when left out; `true` demands them, `false` forbids them. */
  readonly doubleRow?: boolean;
  /** How the output is rounded; nearest-even when left out. */
  readonly rounding?: Rounding;
  /** Clamp the output to its format's largest finite value; false when left out. */
  readonly saturate?: boolean;
  /** What stochastic rounding draws from: a whole number of 0 to 2^53 - 1, 0 when left out; only 0 with other roundings. */
  readonly seed?: number;
  /** What is done to each float32 sum before it is rounded; nothing when left out. */
  readonly epilogue?: Epilogue;
  readonly tile?: Partial<Extent>;
  readonly block?: Partial<Extent>;
}

export interface Extent {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * One systolic pass along K. Row p of the pass takes, for j = 0 .. interleave-1 in turn, the contraction index
 * k0 + j * rows + p: interleave 2 is fp8 double-row. The pass covers k0 .. k0 + rows * interleave - 1.
 */
export interface Pass {
  readonly k0: number;
  /** Partitions in use, 1..128. */
  readonly rows: number;
  readonly interleave: 1 | 2;
  /** Accumulation group: passes of one group add into PSUM in order; groups add into the output tile in order. */
  readonly group: number;
}

export interface MatmulPlan {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Dtype;
  readonly b: Dtype;
  readonly out: Dtype;
  /** The one rounding that ends each output. Output (m, n) draws as element m * N + n of instance 0, launch 0. */
  readonly rounding: Rounding;
  readonly saturate: boolean;
  readonly seed: number;
  /** Left out where nothing is done to the sums. */
  readonly epilogue?: Epilogue;
  readonly accumulate: boolean;
  readonly aLayout: ALayout;
  readonly chip: ChipName;
  /** One pass: k rows (256 with double-row), m stationary columns, n moving columns. */
  readonly tile: Extent;
  /** What is held on chip at once: k is the extent of one accumulation group. */
  readonly block: Extent;
  /** Outermost first, e.g. ['block-n', 'block-m', 'block-k', 'tile-m', 'tile-n', 'pass']. */
  readonly loopOrder: readonly string[];
  readonly doubleRow: boolean;
  /** All passes along K, in the order in which they add; the same for every output tile. */
  readonly passes: readonly Pass[];
  /** How many buffers each on-chip operand tile has (2: loads overlap passes). */
  readonly buffers: { readonly a: number; readonly b: number; readonly out: number };
}
