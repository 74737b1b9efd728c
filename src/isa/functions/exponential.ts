/** The exponential: x = k ln 2 + r, exp x = 2^k exp r. What else is made of it takes the pair, before the rounding. */
import { add, multiply, polynomial } from './float32';
import { negative, quickSum, rounded, sum, times } from './pair';
import type { Pair, Scaled } from './pair';
import { EXP } from './polynomials';

export const LN2: Pair = { hi: 0.6931471824645996, lo: -1.9046542121259336e-9 };
const LOG2_E = 1.4426950216293335;
/** The exponential of it, and of its negative times any float32, is beyond float32. */
const LIMIT = 256;

/** exp x; beyond the limit, as of the limit. */
export function expOf(x: Pair): Scaled {
  const within = Math.abs(x.hi) <= LIMIT ? x : { hi: x.hi < 0 ? -LIMIT : LIMIT, lo: 0 };
  const exponent = Math.floor(add(multiply(within.hi, LOG2_E), 0.5));
  const { hi, lo } = sum(within, negative(times(LN2, exponent)));
  const line = quickSum(1, hi);
  const bend = multiply(multiply(hi, hi), polynomial(EXP, hi));
  const tail = add(add(bend, add(lo, multiply(lo, hi))), line.lo);
  return { ...quickSum(line.hi, tail), exponent };
}

export function exp(x: number): number {
  const result = expOf({ hi: x, lo: 0 });
  return rounded(result, result.exponent);
}
