/**
 * The primitives that every function of arrays is made of. A primitive is data: executors, gradients and the Program that
 * `explain` prints each have one entry for each of its kinds (`satisfies Record<OpKind, ...>`), so that a missing one does not
 * compile. docs/arrays.md states what each computes, to the bit; `src/tensor/reference` is that in code.
 */
import type { Rounding } from '../../numerics';
import type { MapFunction } from './functions';

/** Joins the elements along axes. `argmaximum` and `argminimum` give the place of the first such element, as int32. */
export const REDUCTIONS = ['add', 'multiply', 'maximum', 'minimum', 'argmaximum', 'argminimum'] as const;
export type Reduction = (typeof REDUCTIONS)[number];
export const isArg = (reduction: Reduction): reduction is 'argmaximum' | 'argminimum' =>
  reduction === 'argmaximum' || reduction === 'argminimum';

export const SCANS = ['add', 'multiply', 'maximum', 'minimum'] as const;
export type Scan = (typeof SCANS)[number];

/**
 * What an index that lies outside does: `fault` makes reading the result fail, with `what` the call was; `clamp` takes the nearest
 * element, and `zero` reads a zero (a scatter drops it). What is outside never reads or writes anything else.
 */
export type Outside = 'fault' | 'clamp' | 'zero';

export type Op =
  /** Values that are there: of the user, or of an earlier run. No inputs. */
  | { readonly kind: 'leaf' }
  /** One value, encoded to the node's format to nearest even, everywhere. No inputs. */
  | { readonly kind: 'fill'; readonly value: number }
  /** int32: the place along an axis. No inputs. */
  | { readonly kind: 'iota'; readonly axis: number }
  /**
   * uint32: element i, in row-major order, is word i mod 4 of Philox for the counter (i div 4, 0, instance, launch). Input: a key of
   * four uint32, (seed low, seed high, instance, launch).
   */
  | { readonly kind: 'random' }
  /**
   * A function of elements of inputs of one shape. float32 in, float32 out, then one rounding to nearest even to the node's
   * format, as an instruction writes it. Where the inputs that it computes with (of `select`, not the first) and the result are all
   * int32 or all uint32, arithmetic operators but power, abs, square, relu and the composed functions are exact modulo 2^32, as GpSimd's are;
   * comparisons and logic of them are exact too, whatever the result's format. Bitwise operators take integers of one format and give it.
   */
  | { readonly kind: 'map'; readonly fn: MapFunction }
  /**
   * The node's format. Codes of one format stay. Between int32 and uint32 clamped, exactly. Input: x; with stochastic rounding also a key as `random` has,
   * element i drawing word i.
   */
  | { readonly kind: 'cast'; readonly rounding: Rounding; readonly saturate: boolean }
  /** The same codes in another format of the same width. */
  | { readonly kind: 'bitcast' }
  /** The same elements in row-major order in the node's shape. */
  | { readonly kind: 'reshape' }
  /** Axis i of the node is axis axes[i] of the input. */
  | { readonly kind: 'permute'; readonly axes: readonly number[] }
  /** Axes of extent 1 repeated: the rank stays. */
  | { readonly kind: 'broadcast' }
  /** Element i of an axis is start + i step of the input's; step is not 0 and may be negative. */
  | { readonly kind: 'slice'; readonly start: readonly number[]; readonly step: readonly number[] }
  /**
   * `low` elements before, `high` after and `interior` between every two, of `value` (encoded as by `fill`). low and high are not negative.
   */
  | {
      readonly kind: 'pad';
      readonly low: readonly number[];
      readonly high: readonly number[];
      readonly interior: readonly number[];
      readonly value: number;
    }
  /**
   * Sliding windows along an axis: the axis becomes two, [positions, taps], of which element (i, j) is i step + j dilation of
   * the input's; positions and taps are in the node's shape.
   */
  | { readonly kind: 'window'; readonly axis: number; readonly step: number; readonly dilation: number }
  /** Inputs of one format one after the other along an axis. */
  | { readonly kind: 'concat'; readonly axis: number }
  /**
   * Along the last `axes` axes, which the node lacks. Of floats and narrow integers in float32, rounded once to the node's format at the end; of int32 and uint32
   * exact modulo 2^32. In row-major order, in blocks (`REDUCE_BLOCK`).
   */
  | { readonly kind: 'reduce'; readonly reduction: Reduction; readonly axes: number }
  /**
   * Along the last axis, one element after the other, the total in float32 (exact of int32 and uint32) and each element rounded to
   * the node's format. `exclusive` begins with the neutral element and leaves the last one out; `reverse` goes from the end.
   */
  | {
      readonly kind: 'scan';
      readonly scan: Scan;
      readonly exclusive: boolean;
      readonly reverse: boolean;
    }
  /**
   * [..., M, N] of A and B, leading axes equal. A is [..., M, K], or [..., K, M] where k-major; B is [..., K, N], or [..., N, K] where
   * transposed. Systolic passes in the order of `planMatmul` for the chip, then one rounding to the node's format. Formats are those
   * that the Tensor engine takes. Product i of a batch with stochastic rounding has seed + i.
   */
  | {
      readonly kind: 'matmul';
      readonly aLayout: 'row-major' | 'k-major';
      readonly bLayout: 'row-major' | 'transposed';
      readonly rounding: Rounding;
      readonly saturate: boolean;
      readonly seed: number;
    }
  /** [outer, count, inner]: rows of data [outer, size, inner] by index [outer or 1, count], of int32. */
  | { readonly kind: 'gather'; readonly outside: Outside; readonly what: string }
  /**
   * [outer, size, inner]: base, into which row j of updates [outer, count, inner] goes at index [outer or 1, count], of int32, rows in order. `set` keeps the last;
   * the others join with what is there, in float32 (int32 and uint32 exactly), rounded once to the node's format after the last one.
   */
  | {
      readonly kind: 'scatter';
      readonly combine: 'set' | 'add' | 'maximum' | 'minimum';
      readonly outside: Outside;
      readonly what: string;
    }
  /**
   * int32: the places of the elements of the last axis in rising order (or falling), equal ones in the order in which they stand. -0 equals
   * +0; NaN comes last in either order.
   */
  | { readonly kind: 'argsort'; readonly descending: boolean };

export type OpKind = Op['kind'];
export type OpOf<K extends OpKind> = Extract<Op, { readonly kind: K }>;

/**
 * How many elements a reduction joins one after the other. More of them are cut into blocks of as many, the last one shorter; each
 * block is reduced from its first element on, and what the blocks give, in float32, is reduced by the same rule.
 */
export const REDUCE_BLOCK = 256;
