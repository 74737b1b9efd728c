/**
 * What a product is to the WASM executor: records in its memory, which `../layout.ts` writes field by field in the order that
 * stands here, 32 bits each.
 */

/**
 * How codes of an operand become float32. Beyond the record of a format narrower than float32 lie vectors. Of bfloat16, and first of 8 bits: the upper halves of words. Of float16: the bits of the
 * magnitude; from where on magnitudes are infinity or NaN; what is added to the exponent; the least normal magnitude. Of 8 bits (bytes.ts):
 * what is added to a code for its place among those that are corrected; the bits of the magnitude and of the lower half; of the low byte, the
 * bits that are moved there; the sign, where the table of high bytes has none; this table; what is wrong in low bytes, and in high ones.
 */
@unmanaged
export class Format {
  kind: i32;
  /** Bytes of a code. */
  size: i32;
  /** How far the code moves for the low part of what it becomes and, of float16, for the high one. */
  left: i32;
  right: i32;
}

/** Passes lie one after the other, an accumulation group's together, groups in their order. */
@unmanaged
export class Pass {
  k0: i32;
  rows: i32;
  interleave: i32;
  /** Positions of all passes before it. */
  before: i32;
  /** FIRST, LAST, OPENING and CLOSING, added up. */
  place: i32;
}

/** The pass is the first of its group, the last of it; its group is the first, the last. */
export const FIRST = 1;
export const LAST = 2;
export const OPENING = 4;
export const CLOSING = 8;

@unmanaged
export class Job {
  /** The next unit of work that a thread may take, and how many there are: rectangles of the output, row by row. */
  next: i32;
  units: i32;
  unitRows: i32;
  unitColumns: i32;
  /** Rows that a panel of A is packed of at a time. */
  blockRows: i32;
  m: i32;
  n: i32;
  k: i32;
  /** Rows from one panel to the next. */
  depth: i32;
  kMajor: i32;
  /** EXACT, FUSED or FLUSHED. */
  arithmetic: i32;
  /** The result is final: NaNs become the canonical one. */
  canonical: i32;
  /** Few rows of A: B lies pass by pass in panels of 16 columns, positions one after the other, and the last panel has the columns that are left. */
  streamed: i32;
  a: usize;
  b: usize;
  out: usize;
  /** Bytes from one row of `out` to the next. */
  pitch: usize;
  passes: usize;
  passCount: i32;
  /** All passes are of one group, which is summed where the output lies. */
  oneGroup: i32;
  aFormat: usize;
  bFormat: usize;
  /** Of the longest run of codes that is decoded. */
  stripBytes: usize;
}

/** Multiply, then add, each rounded; one fused operation, where it gives the same bits; or `ftz`. */
export const EXACT = 0;
export const FUSED = 1;
export const FLUSHED = 2;

/** Kinds of `Format`: float32; bfloat16, float32's upper half; float16; formats of 8 bits. */
export const WIDE = 0;
export const UPPER = 1;
export const HALVES = 2;
export const BYTES = 3;

/**
 * The same as types: a generic function has code of its own for each type, whereas bodies that differ by a constant argument are joined
 * again by the optimiser, with the choice inside the loop.
 */
export type Exact = i32;
export type Fused = f64;
export type Flushed = u32;
export type Wide = f32;
export type Upper = i16;
/** Bits of the mantissa of a format of 8 bits. */
export type Two = f32;
export type Three = i32;
export type Four = u32;
