/**
 * The inner loop of the WASM checker (AssemblyScript, 128-bit SIMD): one pass over a block of the output, in the order
 * of additions of src/execute/reference/matmul.ts. Multiply and add stay two instructions, each rounded; the relaxed
 * fused ones are never used.
 *
 * Memory, all float32: `a` holds panels of 4 rows, each [depth][4], and `b` panels of 8 columns, each [depth][8], of which
 * the first `length` rows count (`panels.ts`). `group` and `total` hold sums, row-major, 8 * bPanels to a row.
 *
 * The register tile is 4 x 8, the fastest of a sweep on V8: 8 accumulators leave room for operands among 16 registers.
 */

const ROWS: usize = 4;
const COLUMNS: usize = 8;

/** Where the memory that the caller may use begins. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

/**
 * Adds one pass to the group's sums, which its `first` pass starts at +0, and after the group's `last` pass these to the
 * total, which the caller has set to +0. `flush` selects the `ftz` arithmetic.
 */
export function multiply(
  a: usize, b: usize, group: usize, total: usize, aPanels: i32, bPanels: i32, length: i32, depth: usize,
  first: bool, last: bool, flush: bool,
): void {
  const pitch = <usize>bPanels * COLUMNS * 4;
  for (let j = 0; j < bPanels; j++) {
    const column = b + <usize>j * depth * COLUMNS * 4;
    for (let i = 0; i < aPanels; i++) {
      const row = a + <usize>i * depth * ROWS * 4;
      const at = <usize>i * ROWS * pitch + <usize>j * COLUMNS * 4;
      if (flush) flushedTile(row, column, length, group + at, total + at, pitch, first, last);
      else exactTile(row, column, length, group + at, total + at, pitch, first, last);
    }
  }
}

function exactTile(a: usize, b: usize, length: i32, group: usize, total: usize, pitch: usize, first: bool, last: bool): void {
  tile(a, b, length, group, total, pitch, first, last, false);
}

function flushedTile(a: usize, b: usize, length: i32, group: usize, total: usize, pitch: usize, first: bool, last: bool): void {
  tile(a, b, length, group, total, pitch, first, last, true);
}

/** One pass of one 4 x 8 tile: c[m][n] += a[k][m] * b[k][n], then into the group's sums, and after its last pass the total. */
@inline
function tile(
  a: usize, b: usize, length: i32, group: usize, total: usize, pitch: usize, first: bool, last: bool, flush: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00;
  let c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00;
  const end = a + <usize>length * ROWS * 4;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = add(c00, multiplied(a0, b0, flush), flush);
    c01 = add(c01, multiplied(a0, b1, flush), flush);
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = add(c10, multiplied(a1, b0, flush), flush);
    c11 = add(c11, multiplied(a1, b1, flush), flush);
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = add(c20, multiplied(a2, b0, flush), flush);
    c21 = add(c21, multiplied(a2, b1, flush), flush);
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = add(c30, multiplied(a3, b0, flush), flush);
    c31 = add(c31, multiplied(a3, b1, flush), flush);
    a += ROWS * 4;
    b += COLUMNS * 4;
  }
  retire(c00, group, total, first, last, flush);
  retire(c01, group + 16, total + 16, first, last, flush);
  retire(c10, group + pitch, total + pitch, first, last, flush);
  retire(c11, group + pitch + 16, total + pitch + 16, first, last, flush);
  retire(c20, group + 2 * pitch, total + 2 * pitch, first, last, flush);
  retire(c21, group + 2 * pitch + 16, total + 2 * pitch + 16, first, last, flush);
  retire(c30, group + 3 * pitch, total + 3 * pitch, first, last, flush);
  retire(c31, group + 3 * pitch + 16, total + 3 * pitch + 16, first, last, flush);
}

/** Adds a pass's sums to the group's (+0 before its first pass), and these to the total after the last. */
@inline
function retire(sums: v128, group: usize, total: usize, first: bool, last: bool, flush: bool): void {
  const grouped = add(first ? f32x4.splat(0) : v128.load(group), sums, flush);
  if (last) v128.store(total, add(v128.load(total), grouped, flush));
  else v128.store(group, grouped);
}

/**
 * A product, flushed when tiny after rounding: when its value rounded to 24 bits with unbounded exponent is below 2^-126.
 * Multiplying x by 2^64 first gives that rounding: where |x * y| is near 2^-126 both are at most 1, so nothing overflows.
 */
@inline
function multiplied(x: v128, y: v128, flush: bool): v128 {
  const product = f32x4.mul(x, y);
  if (!flush) return product;
  const unbounded = f32x4.mul(f32x4.mul(x, f32x4.splat(18446744073709551616.0)), y); // 2^64
  return zeroWhere(f32x4.lt(f32x4.abs(unbounded), f32x4.splat(2.168404344971009e-19)), product); // 2^-62
}

/** A sum; a subnormal one is exact, so that it is tiny whether one looks before rounding or after. */
@inline
function add(x: v128, y: v128, flush: bool): v128 {
  const sum = f32x4.add(x, y);
  return flush ? zeroWhere(f32x4.lt(f32x4.abs(sum), f32x4.splat(1.1754943508222875e-38)), sum) : sum; // 2^-126
}

/** Zero of the same sign in the lanes of the mask. */
@inline
function zeroWhere(mask: v128, x: v128): v128 {
  return v128.andnot(x, v128.and(mask, i32x4.splat(0x7fffffff)));
}
