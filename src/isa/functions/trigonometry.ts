/** Sine and arctangent, of the range that the Scalar engine has them for: [-pi, pi] and [-pi / 2, pi / 2]. */
import { add, multiply, polynomial, subtract, withSign } from './float32';
import { exactSum, plus, product, quickSum, rounded, shifted, sum } from './pair';
import type { Pair } from './pair';
import { ARCTAN, COSINE, SINE } from './polynomials';
import { inverse } from './roots';

const TWO_OVER_PI = 0.6366197466850281;
const HALF_PI: Pair = { hi: 1.5707963705062866, lo: -4.371138828673793e-8 };

/** |x| = k pi / 2 + y with |y| at most pi / 4, k of 0, 1 or 2: sin y, cos y or -sin y. */
export function sin(x: number): number {
  const size = Math.abs(x);
  const quarter = Math.floor(add(multiply(size, TWO_OVER_PI), 0.5));
  const { hi, lo } = exactSum(size, -HALF_PI.hi * quarter);
  const y = quickSum(hi, subtract(lo, HALF_PI.lo * quarter));
  const square = multiply(y.hi, y.hi);
  if (quarter === 1) {
    const bend = multiply(multiply(square, square), polynomial(COSINE, square));
    const fall = add(multiply(-0.5, square), subtract(bend, multiply(y.hi, y.lo)));
    return withSign(add(1, fall), x);
  }
  const sine = add(y.hi, add(y.lo, multiply(multiply(y.hi, square), polynomial(SINE, square))));
  return withSign(quarter === 0 ? sine : -sine, x);
}

/** Above sqrt 2 - 1, arctan x = pi / 4 + arctan((x - 1) / (x + 1)). */
export function arctan(x: number): number {
  const size = Math.abs(x);
  const near = size <= 0.4142;
  const y = near ? { hi: size, lo: 0 } : product(exactSum(size, -1), inverse(exactSum(size, 1)));
  const square = multiply(y.hi, y.hi);
  const bend = multiply(multiply(y.hi, square), polynomial(ARCTAN, square));
  return withSign(near ? add(size, bend) : rounded(plus(sum(shifted(HALF_PI, -1), y), bend)), x);
}
