/**
 * One pass over packed panels, in the order of additions of src/execute/reference/matmul.ts: of A [depth][4] to a panel of 4 rows, of B
 * [depth][8] to one of 8 columns.
 *
 * The register tile is 4 x 8, and the loop is not unrolled, by a sweep on V8 11 and 14: eight accumulators hide a fused operation's
 * latency, two loads and four broadcasts keep pace with eight of them, and every longer body spilled registers and lost half its speed.
 */
import { add, multiplyAdd } from './arithmetic';
import { CLOSING, EXACT, Exact, FIRST, Flushed, FLUSHED, FUSED, Fused, LAST, OPENING } from './job';

export const ROWS: usize = 4;
export const COLUMNS: usize = 8;

/** A tile's sums of one pass, row by row. */
export const TILE_BYTES: usize = ROWS * COLUMNS * 4;

/** Where the sums of tiles go: to `group` until its last pass, then to `total`; `pitch` bytes to a row of each. */
export function multiply(
  mode: i32, a: usize, b: usize, aPanels: i32, bPanels: i32, length: i32, depth: i32, sums: usize,
  group: usize, groupPitch: usize, total: usize, pitch: usize, place: i32, canonical: bool,
): void {
  const inner = mode != FLUSHED && !(place & (FIRST | LAST));
  for (let j = 0; j < bPanels; j++) {
    const column = b + <usize>(j * depth) * COLUMNS * 4;
    const right = <usize>j * COLUMNS * 4;
    for (let i = 0; i < aPanels; i++) {
      const row = a + <usize>(i * depth) * ROWS * 4;
      const end = row + <usize>length * ROWS * 4;
      const inGroup = group + <usize>i * ROWS * groupPitch + right;
      if (mode == FUSED) tile<Fused>(row, end, column, sums, inGroup, groupPitch, inner);
      else if (mode == EXACT) tile<Exact>(row, end, column, sums, inGroup, groupPitch, inner);
      else tile<Flushed>(row, end, column, sums, inGroup, groupPitch, inner);
      if (inner) continue;
      const inTotal = total + <usize>i * ROWS * pitch + right;
      if (mode == FLUSHED) retireTile<Flushed>(sums, inGroup, groupPitch, inTotal, pitch, place, canonical);
      else retireTile<Exact>(sums, inGroup, groupPitch, inTotal, pitch, place, canonical);
    }
  }
}

/**
 * Little is live beside the accumulators, so that none of them leaves its register. Of an inner pass of a group, as most are, they are added to
 * the group's sums from there.
 */
function tile<Mode>(
  a: usize, end: usize, b: usize, sums: usize, group: usize, groupPitch: usize, inner: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00;
  let c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = multiplyAdd<Mode>(c00, a0, b0);
    c01 = multiplyAdd<Mode>(c01, a0, b1);
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd<Mode>(c10, a1, b0);
    c11 = multiplyAdd<Mode>(c11, a1, b1);
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd<Mode>(c20, a2, b0);
    c21 = multiplyAdd<Mode>(c21, a2, b1);
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd<Mode>(c30, a3, b0);
    c31 = multiplyAdd<Mode>(c31, a3, b1);
    a += ROWS * 4;
    b += COLUMNS * 4;
  }
  if (inner) {
    addRow(group, c00, c01);
    addRow(group + groupPitch, c10, c11);
    addRow(group + 2 * groupPitch, c20, c21);
    addRow(group + 3 * groupPitch, c30, c31);
    return;
  }
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
}

@inline
function addRow(group: usize, left: v128, right: v128): void {
  v128.store(group, add<Exact>(v128.load(group), left));
  v128.store(group, add<Exact>(v128.load(group, 16), right), 16);
}

function retireTile<Mode>(
  sums: usize, group: usize, groupPitch: usize, total: usize, pitch: usize, place: i32, canonical: bool,
): void {
  for (const end = sums + TILE_BYTES; sums < end; sums += COLUMNS * 4) {
    retire<Mode>(v128.load(sums), group, total, place, canonical);
    retire<Mode>(v128.load(sums, 16), group + 16, total + 16, place, canonical);
    group += groupPitch;
    total += pitch;
  }
}

/** Adds a pass's sums to the group's, which starts at +0, and after the group's last pass these to the total, which starts so too. */
@inline
export function retire<Mode>(sums: v128, group: usize, total: usize, place: i32, canonical: bool): void {
  const zero = f32x4.splat(0);
  const grouped = add<Mode>(place & FIRST ? zero : v128.load(group), sums);
  if (!(place & LAST)) {
    v128.store(group, grouped);
    return;
  }
  const sum = add<Mode>(place & OPENING ? zero : v128.load(total), grouped);
  v128.store(total, canonical && place & CLOSING ? canonicalNaNs(sum) : sum);
}

@inline
export function canonicalNaNs(x: v128): v128 {
  return v128.bitselect(i32x4.splat(0x7fc00000), x, f32x4.ne(x, x));
}
