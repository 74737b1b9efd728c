/**
 * What a tiling is once its loops are unrolled: the passes of one matmul in the order in which they are issued, each with the
 * PSUM bank that it adds into. Our own plans and a user's tilings become this; everything here judges it.
 */
import type { ChipName } from '../../chip';
import type { Dtype } from '../../numerics';

/** Indices begin, begin + 1, ... end - 1 of one axis. */
export type Range = readonly [begin: number, end: number];

export const AXES = ['m', 'n', 'k'] as const;
export type Axis = (typeof AXES)[number];

export type Box = Readonly<Record<Axis, Range>>;
/** A rectangle of the output. */
export type Area = Pick<Box, 'm' | 'n'>;

/** One pass of the systolic array: what it multiplies, where in PSUM it adds, and how it stands in its accumulation group. */
export interface TilePass extends Box {
  /** Row p takes k[0] + p, then k[0] + rows + p: fp8 double-row. False when left out. */
  readonly doubleRow?: boolean;
  /** First PSUM bank of its sums. */
  readonly bank: number;
  /** It opens an accumulation group: overwrites what the bank holds. */
  readonly start: boolean;
  /** It closes its group: the tile is copied out of PSUM after it. */
  readonly stop: boolean;
}

/** out[M, N] = encode(out, A[M, K] B[K, N]) on one core of a chip. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Dtype;
  readonly b: Dtype;
  readonly out: Dtype;
  readonly aLayout: 'row-major' | 'k-major';
  readonly chip: ChipName;
}

/** How many tiles of each kind SBUF has room for; of A and B, the one used longest ago gives way. */
export interface Buffers {
  readonly a: number;
  readonly b: number;
  readonly out: number;
}

export interface Tiling {
  readonly product: Product;
  readonly buffers: Buffers;
  readonly passes: readonly TilePass[];
}

export const lengthOf = ([begin, end]: Range): number => end - begin;

/** `m 0..127, n 512..1023`: both ends included, as in the messages of memories. */
export function areaText({ m, n }: Area): string {
  return `m ${rangeText(m)}, n ${rangeText(n)}`;
}

export function boxText(box: Box): string {
  return `${areaText(box)}, k ${rangeText(box.k)}`;
}

/** Both ends included. */
export function rangeText([begin, end]: Range): string {
  return end - begin === 1 ? String(begin) : `${begin}..${end - 1}`;
}

/** Passes of one tile of the output are those of the same rows and columns. */
export function areaKey({ m, n }: Area): string {
  return `${m[0]},${m[1]},${n[0]},${n[1]}`;
}

/** Banks that a tile's float32 sums take. */
export function banksOf({ n }: Area, bankBytes: number): number {
  return Math.ceil((4 * lengthOf(n)) / bankBytes);
}
