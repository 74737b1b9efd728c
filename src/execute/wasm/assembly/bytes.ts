/**
 * Formats of 8 bits, 16 codes at a time, as the two bytes of a bfloat16 each, which holds all of their values. The low byte is the code,
 * moved; the high one follows from four bits of the code, by a table. The codes about zero and those about infinity, 16 together, are
 * wrong then: two more tables say in which bits, and of all others in none, because their places are below 0, where a swizzle gives 0.
 *
 * Shifts are constants, by the type `Kind` (job.ts): V8 makes five instructions of others. Vectors are loaded, because it would build literal
 * ones anew in each turn of a loop; and a loop does one thing at a time, because it would keep what an unrolled one holds in memory.
 */
import { multiplyAdd } from './arithmetic';
import { Exact, Format, Four, Fused, Three, Two } from './job';

/** Writes a run of codes as bfloat16. */
export function bytesToUpper(format: Format, from: usize, count: i32, to: usize): void {
  if (format.left == 5) upper<Two>(format, from, count, to);
  else if (format.left == 4) upper<Three>(format, from, count, to);
  else upper<Four>(format, from, count, to);
}

/**
 * sums[0..count] += x[0] * a row of codes, decoded on the way; the sums, rounded up to 16, are in an order of their own (`inOrder`). Fused where
 * x is of 8 bits too: all products are exact.
 */
export function addRowOfBytes(format: Format, fused: bool, x: usize, row: usize, sums: usize, count: i32): void {
  if (fused) addRowBy<Fused>(format, x, row, sums, count);
  else addRowBy<Exact>(format, x, row, sums, count);
}

function addRowBy<Mode>(format: Format, x: usize, row: usize, sums: usize, count: i32): void {
  if (format.left == 5) addRow<Two, Mode>(format, x, row, sums, count);
  else if (format.left == 4) addRow<Three, Mode>(format, x, row, sums, count);
  else addRow<Four, Mode>(format, x, row, sums, count);
}

/** Puts such sums into the order of their columns: of 8 there lie the even ones first. */
export function inOrder(sums: usize, count: i32): void {
  for (const end = sums + <usize>count * 4; sums < end; sums += 32) {
    const even = v128.load(sums), odd = v128.load(sums, 16);
    v128.store(sums, i32x4.shuffle(even, odd, 0, 4, 1, 5));
    v128.store(sums, i32x4.shuffle(even, odd, 2, 6, 3, 7), 16);
  }
}

function upper<Kind>(format: Format, from: usize, count: i32, to: usize): void {
  const first = vector(format, 0), magnitude = vector(format, 1), nibble = vector(format, 2);
  const moved = vector(format, 3), sign = vector(format, 4), exponents = vector(format, 5);
  const lows = vector(format, 6), highs = vector(format, 7);
  for (const end = from + count; from < end; from += 16, to += 32) {
    const codes = v128.load(from);
    const place = i8x16.sub(nibble, v128.and(i8x16.add(codes, first), magnitude));
    const low = v128.xor(lowBytes<Kind>(codes, moved), lookUp(lows, place));
    const high = v128.xor(highBytes<Kind>(codes, nibble, exponents, sign), lookUp(highs, place));
    v128.store(to, firstHalf(low, high));
    v128.store(to, lastHalf(low, high), 16);
  }
}

function addRow<Kind, Mode>(format: Format, x: usize, row: usize, sums: usize, count: i32): void {
  const first = vector(format, 0), magnitude = vector(format, 1), nibble = vector(format, 2);
  const moved = vector(format, 3), sign = vector(format, 4), exponents = vector(format, 5);
  const lows = vector(format, 6), highs = vector(format, 7);
  const odd = i32x4.splat(0xffff0000), factor = v128.load_splat<f32>(x);
  for (const end = sums + <usize>count * 4; sums < end; sums += 64, row += 16) {
    const codes = v128.load(row);
    const place = i8x16.sub(nibble, v128.and(i8x16.add(codes, first), magnitude));
    const low = v128.xor(lowBytes<Kind>(codes, moved), lookUp(lows, place));
    const high = v128.xor(highBytes<Kind>(codes, nibble, exponents, sign), lookUp(highs, place));
    const half = firstHalf(low, high), other = lastHalf(low, high);
    v128.store(sums, multiplyAdd<Mode>(v128.load(sums), factor, i32x4.shl(half, 16)));
    v128.store(sums, multiplyAdd<Mode>(v128.load(sums, 16), factor, v128.and(half, odd)), 16);
    v128.store(sums, multiplyAdd<Mode>(v128.load(sums, 32), factor, i32x4.shl(other, 16)), 32);
    v128.store(sums, multiplyAdd<Mode>(v128.load(sums, 48), factor, v128.and(other, odd)), 48);
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
