/**
 * Formats of 8 bits, 16 codes at a time, as the two bytes of a bfloat16 each, which holds all of their values. The low byte is the code,
 * moved; the high one follows from four bits of the code, by a table. The codes about zero and those about infinity, 16 together, are
 * wrong then: two more tables say in which bits, and of all others in none, because their places are below 0, where a swizzle gives 0.
 *
 * Shifts are constants, by the type `Kind` (job.ts): V8 makes five instructions of others. Vectors are loaded, because it would build literal
 * ones anew in each turn of a loop; and a loop does one thing at a time, because it would keep what an unrolled one holds in memory.
 */
import { Format, Four, Three, Two } from './job';

/** Writes a run of codes as bfloat16. */
export function bytesToUpper(format: Format, from: usize, count: i32, to: usize): void {
  if (format.left == 5) upper<Two>(format, from, count, to);
  else if (format.left == 4) upper<Three>(format, from, count, to);
  else upper<Four>(format, from, count, to);
}

function upper<Kind>(format: Format, from: usize, count: i32, to: usize): void {
  const first = vector(format, 1), magnitude = vector(format, 2), nibble = vector(format, 3);
  const moved = vector(format, 4), sign = vector(format, 5), exponents = vector(format, 6);
  const lows = vector(format, 7), highs = vector(format, 8);
  for (const end = from + count; from < end; from += 16, to += 32) {
    const codes = v128.load(from);
    const place = i8x16.sub(nibble, v128.and(i8x16.add(codes, first), magnitude));
    const low = v128.xor(lowBytes<Kind>(codes, moved), lookUp(lows, place));
    const high = v128.xor(highBytes<Kind>(codes, nibble, exponents, sign), lookUp(highs, place));
    v128.store(to, firstHalf(low, high));
    v128.store(to, lastHalf(low, high), 16);
  }
}

/** The vector of that number beyond the record of a format. */
@inline
function vector(format: Format, index: usize): v128 {
  return v128.load(changetype<usize>(format) + offsetof<Format>() + 16 * index);
}

@inline
function lowBytes<Kind>(codes: v128, moved: v128): v128 {
  return v128.and(isFloat<Kind>() ? i16x8.shl(codes, 5) : isSigned<Kind>() ? i16x8.shl(codes, 4) : i16x8.shl(codes, 3), moved);
}

/** Where the mantissa has two bits, the four that tell do not reach up to the sign. */
@inline
function highBytes<Kind>(codes: v128, nibble: v128, exponents: v128, sign: v128): v128 {
  if (isFloat<Kind>()) return v128.or(lookUp(exponents, v128.and(i16x8.shr_u(codes, 3), nibble)), v128.and(codes, sign));
  return lookUp(exponents, v128.and(i16x8.shr_u(codes, 4), nibble));
}

/** An index is below 16 or has its highest bit set: for such the relaxed operation is the same everywhere, and one instruction. */
@inline
function lookUp(table: v128, index: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(table, index) : i8x16.swizzle(table, index);
}

@inline
function firstHalf(low: v128, high: v128): v128 {
  return i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function lastHalf(low: v128, high: v128): v128 {
  return i8x16.shuffle(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
