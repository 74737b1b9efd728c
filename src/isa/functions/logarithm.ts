/** The logarithm: x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2], log x = k ln 2 + log(1 + f). */
import { multiply, polynomial, split, subtract } from './float32';
import { LN2 } from './exponential';
import { plus, product, rounded, sum, times } from './pair';
import type { Pair } from './pair';
import { LOG } from './polynomials';
import { inverse } from './roots';

const SQRT_2 = 1.4142135381698608;
const TWO_THIRDS: Pair = { hi: 0.6666666865348816, lo: -1.9868215517249155e-8 };

/** log(1 + f) by s = f / (2 + f), to 2^-35 of it: 2 s + 2/3 s^3 as pairs, the rest in float32. */
function logOnePlus(f: Pair): Pair {
  const s = product(f, inverse(plus(f, 2)));
  const square = product(s, s);
  const cube = product(square, s);
  const rest = multiply(multiply(cube.hi, square.hi), polynomial(LOG, square.hi));
  const curved = plus(product(cube, TWO_THIRDS), rest);
  return sum({ hi: 2 * s.hi, lo: 2 * s.lo }, curved);
}

/** log x of a finite x above 0. */
export function logOf(x: number): Pair {
  const { mantissa, exponent } = split(x);
  const half = mantissa > SQRT_2;
  const f = subtract(half ? multiply(mantissa, 0.5) : mantissa, 1); // exact: within a factor of 2
  return sum(times(LN2, half ? exponent + 1 : exponent), logOnePlus({ hi: f, lo: 0 }));
}

/** log(1 + x) for x in [0, 1]. */
export function logOnePlusOf(x: Pair): Pair {
  if (x.hi <= 0.4142) return logOnePlus(x);
  const { hi, lo } = plus(x, -1); // (1 + x) / 2 - 1
  return sum(LN2, logOnePlus({ hi: multiply(hi, 0.5), lo: multiply(lo, 0.5) }));
}

/** Of any float32; NaN below 0. */
export function log(x: number): number {
  if (x > 0 && x < Infinity) return rounded(logOf(x));
  return x === 0 ? -Infinity : x === Infinity ? Infinity : NaN;
}
