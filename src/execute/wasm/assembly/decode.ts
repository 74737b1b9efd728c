/**
 * Codes to float32, as src/numerics/decode.ts: exact, subnormals kept. Float32 and bfloat16, float32's upper half, are decoded where they
 * are used, by one operation. Narrower formats become one of the two first, a run of codes at a time: every value of 8 bits is a bfloat16.
 */
import { bytesToUpper } from './bytes';
import { BYTES, Format, HALVES, Upper, UPPER, WIDE, Wide } from './job';

/** Float32 of the four codes at `from`; `Kind` is Wide or Upper. */
@inline
function decode<Kind>(from: usize): v128 {
  return isFloat<Kind>() ? v128.load(from) : i32x4.shl(v128.load_ext<u16>(from), 16);
}

/** Whether runs of the format become float32, rather than bfloat16. */
@inline
export function isWide(format: Format): bool {
  return format.kind == WIDE || format.kind == HALVES;
}

/** Where a run of codes lies as float32 or bfloat16: where it is, or at `strip`. */
@inline
export function widened(format: Format, from: usize, count: i32, strip: usize): usize {
  if (format.kind == BYTES) bytesToUpper(format, from, count, strip);
  else if (format.kind == HALVES) halvesToWide(format, from, count, strip);
  else return from;
  return strip;
}

/** 8 codes of float16 at a time, the halves of a float32 apart; with a subnormal among them, by way of its integer. */
function halvesToWide(format: Format, from: usize, count: i32, to: usize): void {
  const vectors = changetype<usize>(format) + offsetof<Format>();
  const magnitude = v128.load(vectors), special = v128.load(vectors, 16), rebase = v128.load(vectors, 32);
  const normal = v128.load(vectors, 48), none = i32x4.splat(0);
  const left = format.left, right = format.right;
  for (const end = from + <usize>count * 2; from < end; from += 16, to += 32) {
    const codes = v128.load(from);
    const size = v128.and(codes, magnitude);
    const zero = i16x8.eq(size, none);
    const moved = i16x8.add(i16x8.shr_u(size, right), rebase);
    const filled = i16x8.add(moved, v128.and(i16x8.ge_s(size, special), rebase));
    const low = i16x8.shl(codes, left), high = v128.or(v128.andnot(filled, zero), v128.xor(codes, size));
    let first = i8x16.shuffle(low, high, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
    let second = i8x16.shuffle(low, high, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
    const subnormal = v128.andnot(i16x8.lt_s(size, normal), zero);
    if (v128.any_true(subnormal)) {
      first = v128.bitselect(ofSubnormals(i32x4.extend_low_i16x8_u(codes)), first, i32x4.extend_low_i16x8_s(subnormal));
      second = v128.bitselect(ofSubnormals(i32x4.extend_high_i16x8_u(codes)), second, i32x4.extend_high_i16x8_s(subnormal));
    }
    v128.store(to, first);
    v128.store(to, second, 16);
  }
}

/** Multiples of 2^-24, of their sign. */
@inline
function ofSubnormals(codes: v128): v128 {
  const size = f32x4.convert_i32x4_s(v128.and(codes, i32x4.splat(0x7fff)));
  const sign = v128.and(i32x4.shl(codes, 16), i32x4.splat(0x80000000));
  return v128.or(f32x4.mul(size, f32x4.splat(5.960464477539063e-8)), sign);
}

/** Writes a run of `count` codes as float32 in groups of four: `odd` bytes from an even group to the next, `even` from an odd one. */
export function packLine(format: Format, from: usize, count: i32, to: usize, odd: usize, even: usize, strip: usize): void {
  const run = widened(format, from, count, strip);
  if (isWide(format)) line<Wide>(run, count, to, odd, even);
  else line<Upper>(run, count, to, odd, even);
}

function line<Kind>(from: usize, count: i32, to: usize, odd: usize, even: usize): void {
  const end = from + <usize>count * sizeof<Kind>();
  while (from < end) {
    v128.store(to, decode<Kind>(from));
    to += odd;
    if (from + 4 * sizeof<Kind>() >= end) return;
    v128.store(to, decode<Kind>(from + 4 * sizeof<Kind>()));
    to += even;
    from += 8 * sizeof<Kind>();
  }
}

/** Writes four runs of `count` codes as float32, those of one place beside each other, places `stride` bytes apart. Up to three codes more are read. */
export function packFourRuns(
  format: Format, r0: usize, r1: usize, r2: usize, r3: usize, count: i32, to: usize, stride: usize,
): void {
  if (isWide(format)) fourRuns<Wide>(r0, r1, r2, r3, count, to, stride);
  else fourRuns<Upper>(r0, r1, r2, r3, count, to, stride);
}

function fourRuns<Kind>(r0: usize, r1: usize, r2: usize, r3: usize, count: i32, to: usize, stride: usize): void {
  const bytes = 4 * sizeof<Kind>();
  for (; count > 0; count -= 4, r0 += bytes, r1 += bytes, r2 += bytes, r3 += bytes, to += 4 * stride) {
    const v0 = decode<Kind>(r0), v1 = decode<Kind>(r1), v2 = decode<Kind>(r2), v3 = decode<Kind>(r3);
    const low01 = i32x4.shuffle(v0, v1, 0, 4, 1, 5), low23 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
    v128.store(to, i64x2.shuffle(low01, low23, 0, 2));
    if (count < 2) return;
    v128.store(to + stride, i64x2.shuffle(low01, low23, 1, 3));
    if (count < 3) return;
    const high01 = i32x4.shuffle(v0, v1, 2, 6, 3, 7), high23 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
    v128.store(to + 2 * stride, i64x2.shuffle(high01, high23, 0, 2));
    if (count < 4) return;
    v128.store(to + 3 * stride, i64x2.shuffle(high01, high23, 1, 3));
  }
}

/** Subnormals among float32 values, a whole number of fours, become zero of their sign. */
export function flush(at: usize, end: usize): void {
  for (; at < end; at += 16) v128.store(at, flushed(v128.load(at)));
}

@inline
export function flushed(x: v128): v128 {
  return zeroWhere(f32x4.lt(f32x4.abs(x), f32x4.splat(1.1754943508222875e-38)), x); // 2^-126
}

/** Zero of the same sign in the lanes of the mask. */
@inline
export function zeroWhere(mask: v128, x: v128): v128 {
  return v128.andnot(x, v128.and(mask, i32x4.splat(0x7fffffff)));
}
