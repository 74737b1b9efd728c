/** What one thread reaches: multiply-adds that wait for nothing but each other, and reads. Shares of peak are shares of these. */
import { multiplyAdd } from './arithmetic';
import { Exact, Fused } from './job';

/**
 * `steps` times the multiply-adds of four lanes of one way: 12 chains, each of them its own factor, or 8 of distinct products of what is
 * read at `at`, 96 bytes. The sum is given so that nothing is left out.
 */
export function peak(fused: bool, products: bool, at: usize, steps: i32): f32 {
  if (products) return fused ? ofProducts<Fused>(at, steps) : ofProducts<Exact>(at, steps);
  return fused ? ofChains<Fused>(at, steps) : ofChains<Exact>(at, steps);
}

function ofChains<Mode>(at: usize, steps: i32): f32 {
  const x = v128.load(at), y = v128.load(at, 16);
  let c0 = y, c1 = y, c2 = y, c3 = y, c4 = y, c5 = y;
  let c6 = y, c7 = y, c8 = y, c9 = y, c10 = y, c11 = y;
  for (let i = 0; i < steps; i++) {
    c0 = multiplyAdd<Mode>(y, x, c0);
    c1 = multiplyAdd<Mode>(y, x, c1);
    c2 = multiplyAdd<Mode>(y, x, c2);
    c3 = multiplyAdd<Mode>(y, x, c3);
    c4 = multiplyAdd<Mode>(y, x, c4);
    c5 = multiplyAdd<Mode>(y, x, c5);
    c6 = multiplyAdd<Mode>(y, x, c6);
    c7 = multiplyAdd<Mode>(y, x, c7);
    c8 = multiplyAdd<Mode>(y, x, c8);
    c9 = multiplyAdd<Mode>(y, x, c9);
    c10 = multiplyAdd<Mode>(y, x, c10);
    c11 = multiplyAdd<Mode>(y, x, c11);
  }
  return total(c0, c1, c2, c3) + total(c4, c5, c6, c7) + total(c8, c9, c10, c11);
}

function ofProducts<Mode>(at: usize, steps: i32): f32 {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  for (let i = 0; i < steps; i++) {
    const x0 = v128.load(at), x1 = v128.load(at, 16);
    const y0 = v128.load(at, 32);
    c0 = multiplyAdd<Mode>(c0, x0, y0);
    c1 = multiplyAdd<Mode>(c1, x1, y0);
    const y1 = v128.load(at, 48);
    c2 = multiplyAdd<Mode>(c2, x0, y1);
    c3 = multiplyAdd<Mode>(c3, x1, y1);
    const y2 = v128.load(at, 64);
    c4 = multiplyAdd<Mode>(c4, x0, y2);
    c5 = multiplyAdd<Mode>(c5, x1, y2);
    const y3 = v128.load(at, 80);
    c6 = multiplyAdd<Mode>(c6, x0, y3);
    c7 = multiplyAdd<Mode>(c7, x1, y3);
  }
  return total(c0, c1, c2, c3) + total(c4, c5, c6, c7);
}

@inline
function total(a: v128, b: v128, c: v128, d: v128): f32 {
  const all = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  return f32x4.extract_lane(all, 0) + f32x4.extract_lane(all, 1) + f32x4.extract_lane(all, 2) + f32x4.extract_lane(all, 3);
}

/** Reads `bytes` (a multiple of 64) from `at` on, `times` times over. */
export function read(at: usize, bytes: usize, times: i32): i32 {
  let sum = i32x4.splat(0);
  for (let i = 0; i < times; i++) {
    for (let from = at; from < at + bytes; from += 64) {
      const low = v128.xor(v128.load(from), v128.load(from, 16));
      sum = v128.xor(sum, v128.xor(low, v128.xor(v128.load(from, 32), v128.load(from, 48))));
    }
  }
  return i32x4.extract_lane(sum, 0) ^ i32x4.extract_lane(sum, 1) ^ i32x4.extract_lane(sum, 2) ^ i32x4.extract_lane(sum, 3);
}
