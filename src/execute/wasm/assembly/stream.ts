/**
 * Few rows of A: B lies in panels of 16 columns, and is read from beginning to end. Sums of a pass stay in registers.
 *
 * Vectors of a panel are fields, whose places are constants of the instruction: addresses that are computed cost V8 two instructions each.
 * Eight accumulators are as many as have room beside what is loaded (tile.ts).
 */
import { multiplyAdd } from './arithmetic';
import { isWide } from './decode';
import { Exact, Format, Fused, Upper, Wide } from './job';

/** Columns of a panel. The last one may have fewer: then its positions lie closer together, and columns beyond them get sums of no meaning. */
export const WIDTH: i32 = 16;

/** Lays rows of codes, `pitch` bytes apart, into panels, `panel` bytes apart from `to` on; there they are `next` bytes apart. `bytes`: of 16 codes. */
export function layPanels(
  from: usize, rows: i32, pitch: usize, panels: i32, bytes: usize, to: usize, panel: usize, next: usize,
): void {
  for (; panels > 0; panels--, from += bytes, to += panel) {
    let row = from, at = to;
    for (let left = rows; left > 0; left--, row += pitch, at += next) {
      for (let byte: usize = 0; byte < bytes; byte += 16) v128.store(at + byte, v128.load(row + byte));
    }
  }
}

@unmanaged
class Vectors {
  v0: v128;
  v1: v128;
  v2: v128;
  v3: v128;
}

/**
 * One row of A, whose factors lie 16 bytes apart from `x` to `end`, and two panels, `gap` bytes apart: memory is read sooner at two places than at
 * one. Positions are `step` bytes apart. Sums of the second panel go `away` bytes behind those of the first.
 */
export function addOneRow(
  format: Format, fused: bool, x: usize, end: usize, b: usize, gap: usize, step: usize, sums: usize, away: usize,
): void {
  const upper = upperOf(format);
  if (isWide(format)) oneRow<Wide, Exact>(upper, x, end, b, gap, step, sums, away);
  else if (fused) oneRow<Upper, Fused>(upper, x, end, b, gap, step, sums, away);
  else oneRow<Upper, Exact>(upper, x, end, b, gap, step, sums, away);
}

/** Two rows of A, whose factors lie beside each other, and one panel. Sums of the second row go `away` bytes behind those of the first. */
export function addTwoRows(
  format: Format, fused: bool, x: usize, end: usize, b: usize, step: usize, sums: usize, away: usize,
): void {
  const upper = upperOf(format);
  if (isWide(format)) twoRows<Wide, Exact>(upper, x, end, b, step, sums, away);
  else if (fused) twoRows<Upper, Fused>(upper, x, end, b, step, sums, away);
  else twoRows<Upper, Exact>(upper, x, end, b, step, sums, away);
}

/** From memory: a literal would be built anew in each turn of a loop. Of a wide format it is not looked at. */
@inline
function upperOf(format: Format): v128 {
  return v128.load(changetype<usize>(format) + offsetof<Format>());
}

/** `Kind` is Wide or Upper. Of Upper there are eight codes in a vector: the even ones are lower halves of words, the odd ones `upper` halves. */
function oneRow<Kind, Mode>(upper: v128, x: usize, end: usize, b: usize, gap: usize, step: usize, sums: usize, away: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  let c = b + gap;
  for (; x < end; x += 16, b += step, c += step) {
    const x0 = v128.load_splat<f32>(x), left = changetype<Vectors>(b), right = changetype<Vectors>(c);
    if (isFloat<Kind>()) {
      s0 = multiplyAdd<Mode>(s0, x0, left.v0);
      s1 = multiplyAdd<Mode>(s1, x0, left.v1);
      s2 = multiplyAdd<Mode>(s2, x0, left.v2);
      s3 = multiplyAdd<Mode>(s3, x0, left.v3);
      t0 = multiplyAdd<Mode>(t0, x0, right.v0);
      t1 = multiplyAdd<Mode>(t1, x0, right.v1);
      t2 = multiplyAdd<Mode>(t2, x0, right.v2);
      t3 = multiplyAdd<Mode>(t3, x0, right.v3);
    } else {
      const l0 = left.v0, l1 = left.v1, r0 = right.v0, r1 = right.v1;
      s0 = multiplyAdd<Mode>(s0, x0, even(l0));
      s1 = multiplyAdd<Mode>(s1, x0, v128.and(l0, upper));
      s2 = multiplyAdd<Mode>(s2, x0, even(l1));
      s3 = multiplyAdd<Mode>(s3, x0, v128.and(l1, upper));
      t0 = multiplyAdd<Mode>(t0, x0, even(r0));
      t1 = multiplyAdd<Mode>(t1, x0, v128.and(r0, upper));
      t2 = multiplyAdd<Mode>(t2, x0, even(r1));
      t3 = multiplyAdd<Mode>(t3, x0, v128.and(r1, upper));
    }
  }
  put<Kind>(sums, s0, s1, s2, s3);
  put<Kind>(sums + away, t0, t1, t2, t3);
}

function twoRows<Kind, Mode>(upper: v128, x: usize, end: usize, b: usize, step: usize, sums: usize, away: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  for (; x < end; x += 16, b += step) {
    const x0 = v128.load_splat<f32>(x), x1 = v128.load_splat<f32>(x, 4), panel = changetype<Vectors>(b);
    let v0 = panel.v0, v1 = panel.v1, v2 = v0, v3 = v1;
    if (isFloat<Kind>()) {
      v2 = panel.v2;
      v3 = panel.v3;
    } else {
      v2 = even(v1);
      v3 = v128.and(v1, upper);
      v1 = v128.and(v0, upper);
      v0 = even(v0);
    }
    s0 = multiplyAdd<Mode>(s0, x0, v0);
    t0 = multiplyAdd<Mode>(t0, x1, v0);
    s1 = multiplyAdd<Mode>(s1, x0, v1);
    t1 = multiplyAdd<Mode>(t1, x1, v1);
    s2 = multiplyAdd<Mode>(s2, x0, v2);
    t2 = multiplyAdd<Mode>(t2, x1, v2);
    s3 = multiplyAdd<Mode>(s3, x0, v3);
    t3 = multiplyAdd<Mode>(t3, x1, v3);
  }
  put<Kind>(sums, s0, s1, s2, s3);
  put<Kind>(sums + away, t0, t1, t2, t3);
}

@inline
function even(codes: v128): v128 {
  return i32x4.shl(codes, 16);
}

/** In the order of their columns. */
@inline
function put<Kind>(to: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  if (isFloat<Kind>()) {
    v128.store(to, v0);
    v128.store(to, v1, 16);
    v128.store(to, v2, 32);
    v128.store(to, v3, 48);
  } else {
    v128.store(to, i32x4.shuffle(v0, v1, 0, 4, 1, 5));
    v128.store(to, i32x4.shuffle(v0, v1, 2, 6, 3, 7), 16);
    v128.store(to, i32x4.shuffle(v2, v3, 0, 4, 1, 5), 32);
    v128.store(to, i32x4.shuffle(v2, v3, 2, 6, 3, 7), 48);
  }
}
