/**
 * Few rows of A: rows of B are added where they lie, four at a time, to sums that stay in cache; nothing of B is packed.
 *
 * A turn of a loop takes 16 columns by fields of `Vectors`, whose places are constants of the instruction: addresses that are computed cost V8
 * two instructions each. Each field is stored before the next is read, because V8 would else read all of them first and keep half in memory.
 */
import { multiplyAdd } from './arithmetic';
import { isWide } from './decode';
import { Exact, Format, Fused, Upper, Wide } from './job';

@unmanaged
class Vectors {
  v0: v128;
  v1: v128;
  v2: v128;
  v3: v128;
}

/**
 * sums[0..count] += x[0] * row 0, then x[1] * row 1, ...: `times` four rows from `row` on, the factors 16 bytes apart.
 * Of four the second and the third lie so many bytes from the first, the fourth both together, and the next four `next`. Up to
 * 15 more columns are read and added. Sums of bfloat16 rows are in an order of their own (`inOrder`), and only of such is anything fused.
 */
export function addFours(
  format: Format, fused: bool, times: i32, x: usize, row: usize, second: usize, third: usize, next: usize, sums: usize, count: i32,
): void {
  const end = sums + <usize>count * 4, upper = upperOf(format);
  if (isWide(format)) fours<Wide, Exact>(upper, times, x, row, second, third, next, sums, end);
  else if (fused) fours<Upper, Fused>(upper, times, x, row, second, third, next, sums, end);
  else fours<Upper, Exact>(upper, times, x, row, second, third, next, sums, end);
}

/** The same of one row. */
export function addRow(format: Format, x: usize, row: usize, sums: usize, count: i32): void {
  const end = sums + <usize>count * 4;
  if (isWide(format)) oneWide(x, row, sums, end);
  else oneUpper(upperOf(format), x, row, sums, end);
}

/** From memory: a literal would be built anew in each turn of a loop. Of a wide format it is not looked at. */
@inline
function upperOf(format: Format): v128 {
  return v128.load(changetype<usize>(format) + offsetof<Format>());
}

/** Puts sums into the order of their columns: of 8 of bfloat16 there lie the even ones first. */
export function inOrder(format: Format, sums: usize, count: i32): void {
  if (isWide(format)) return;
  for (const end = sums + <usize>count * 4; sums < end; sums += 32) {
    const even = v128.load(sums), odd = v128.load(sums, 16);
    v128.store(sums, i32x4.shuffle(even, odd, 0, 4, 1, 5));
    v128.store(sums, i32x4.shuffle(even, odd, 2, 6, 3, 7), 16);
  }
}

/**
 * `Kind` is Wide or Upper. Of Upper there are eight codes in a load: the even ones are lower halves of words, the odd ones `upper` halves.
 */
function fours<Kind, Mode>(
  upper: v128, times: i32, x: usize, row: usize, second: usize, third: usize, next: usize, sums: usize, end: usize,
): void {
  const step = 16 * sizeof<Kind>();
  for (; times > 0; times--, x += 64, row += next) {
    const x0 = v128.load_splat<f32>(x), x1 = v128.load_splat<f32>(x, 16);
    const x2 = v128.load_splat<f32>(x, 32), x3 = v128.load_splat<f32>(x, 48);
    let r0 = row, r1 = row + second, r2 = row + third, r3 = r1 + third;
    for (let at = sums; at < end; at += 64, r0 += step, r1 += step, r2 += step, r3 += step) {
      const s = changetype<Vectors>(at);
      const b0 = changetype<Vectors>(r0), b1 = changetype<Vectors>(r1);
      const b2 = changetype<Vectors>(r2), b3 = changetype<Vectors>(r3);
      if (isFloat<Kind>()) {
        s.v0 = addFour<Mode>(s.v0, x0, b0.v0, x1, b1.v0, x2, b2.v0, x3, b3.v0);
        s.v1 = addFour<Mode>(s.v1, x0, b0.v1, x1, b1.v1, x2, b2.v1, x3, b3.v1);
        s.v2 = addFour<Mode>(s.v2, x0, b0.v2, x1, b1.v2, x2, b2.v2, x3, b3.v2);
        s.v3 = addFour<Mode>(s.v3, x0, b0.v3, x1, b1.v3, x2, b2.v3, x3, b3.v3);
      } else {
        let c0 = b0.v0, c1 = b1.v0, c2 = b2.v0, c3 = b3.v0;
        s.v0 = addFour<Mode>(s.v0, x0, even(c0), x1, even(c1), x2, even(c2), x3, even(c3));
        s.v1 = addFour<Mode>(s.v1, x0, v128.and(c0, upper), x1, v128.and(c1, upper), x2, v128.and(c2, upper), x3, v128.and(c3, upper));
        c0 = b0.v1;
        c1 = b1.v1;
        c2 = b2.v1;
        c3 = b3.v1;
        s.v2 = addFour<Mode>(s.v2, x0, even(c0), x1, even(c1), x2, even(c2), x3, even(c3));
        s.v3 = addFour<Mode>(s.v3, x0, v128.and(c0, upper), x1, v128.and(c1, upper), x2, v128.and(c2, upper), x3, v128.and(c3, upper));
      }
    }
  }
}

@inline
function even(codes: v128): v128 {
  return i32x4.shl(codes, 16);
}

/** One product after the other, as the engine adds them. */
@inline
function addFour<Mode>(sum: v128, x0: v128, b0: v128, x1: v128, b1: v128, x2: v128, b2: v128, x3: v128, b3: v128): v128 {
  sum = multiplyAdd<Mode>(sum, x0, b0);
  sum = multiplyAdd<Mode>(sum, x1, b1);
  sum = multiplyAdd<Mode>(sum, x2, b2);
  return multiplyAdd<Mode>(sum, x3, b3);
}

function oneWide(x: usize, row: usize, sums: usize, end: usize): void {
  const factor = v128.load_splat<f32>(x);
  for (; sums < end; sums += 16, row += 16) v128.store(sums, multiplyAdd<Exact>(v128.load(sums), factor, v128.load(row)));
}

function oneUpper(upper: v128, x: usize, row: usize, sums: usize, end: usize): void {
  const factor = v128.load_splat<f32>(x);
  for (; sums < end; sums += 32, row += 16) {
    const codes = v128.load(row);
    v128.store(sums, multiplyAdd<Exact>(v128.load(sums), factor, even(codes)));
    v128.store(sums, multiplyAdd<Exact>(v128.load(sums, 16), factor, v128.and(codes, upper)), 16);
  }
}
