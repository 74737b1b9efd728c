/** Few rows of A: rows of B are decoded where they lie and added, four at a time, to sums that stay in cache; nothing of B is packed. */
import { multiplyAdd } from './arithmetic';
import { decode, isWide } from './decode';
import { Exact, Format, Upper, Wide } from './job';

/** sums[0..count] += x[0] * row 0, then x[1] * row 1, ...: `rows` of them, 1 or 4, at `r0` to `r3`; x lies with `step` bytes between. */
export function addRows(
  format: Format, rows: i32, x: usize, step: usize, r0: usize, r1: usize, r2: usize, r3: usize, sums: usize, count: i32,
): void {
  const keep = i32x4.splat(format.keep), end = sums + <usize>count * 4;
  if (rows == 1) {
    if (isWide(format)) oneRow<Wide>(keep, x, r0, sums, end);
    else oneRow<Upper>(keep, x, r0, sums, end);
  } else if (isWide(format)) fourRows<Wide>(keep, x, step, r0, r1, r2, r3, sums, end);
  else fourRows<Upper>(keep, x, step, r0, r1, r2, r3, sums, end);
}

function fourRows<Kind>(
  keep: v128, x: usize, step: usize, r0: usize, r1: usize, r2: usize, r3: usize, sums: usize, end: usize,
): void {
  const x0 = v128.load_splat<f32>(x), x1 = v128.load_splat<f32>(x + step);
  const x2 = v128.load_splat<f32>(x + 2 * step), x3 = v128.load_splat<f32>(x + 3 * step);
  while (sums < end) {
    let sum = multiplyAdd<Exact>(v128.load(sums), x0, decode<Kind>(r0, keep));
    sum = multiplyAdd<Exact>(sum, x1, decode<Kind>(r1, keep));
    sum = multiplyAdd<Exact>(sum, x2, decode<Kind>(r2, keep));
    sum = multiplyAdd<Exact>(sum, x3, decode<Kind>(r3, keep));
    v128.store(sums, sum);
    sums += 16;
    r0 += 4 * sizeof<Kind>();
    r1 += 4 * sizeof<Kind>();
    r2 += 4 * sizeof<Kind>();
    r3 += 4 * sizeof<Kind>();
  }
}

function oneRow<Kind>(keep: v128, x: usize, from: usize, sums: usize, end: usize): void {
  const x0 = v128.load_splat<f32>(x);
  while (sums < end) {
    v128.store(sums, multiplyAdd<Exact>(v128.load(sums), x0, decode<Kind>(from, keep)));
    sums += 16;
    from += 4 * sizeof<Kind>();
  }
}
