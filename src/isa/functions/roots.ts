/**
 * Reciprocal, square root and reciprocal square root: a polynomial of the mantissa to begin with, and one correction by what is
 * left of it, which is computed exactly (Newton's and Halley's methods). No division. For x finite and above 0, unless said otherwise.
 */
import { add, multiply, polynomial, scale, split, subtract, withSign } from './float32';
import { exactProduct, quickSum, rounded, shifted } from './pair';
import type { Pair, Scaled } from './pair';
import { RECIPROCAL, RSQRT } from './polynomials';

const SQRT_HALF = 0.7071067690849304;

/** 1 / m for m in [1, 2): with g the first guess, (1 - m g) is left. */
function invertMantissa({ hi, lo }: Pair): Pair {
  const guess = polynomial(RECIPROCAL, subtract(hi, 1.5));
  const back = exactProduct(hi, guess);
  const left = subtract(subtract(subtract(1, back.hi), back.lo), multiply(lo, guess));
  return quickSum(guess, multiply(guess, add(left, multiply(left, left))));
}

/** 1 / x, for x of 2^-60 to 2^60. */
export function inverse({ hi, lo }: Pair): Pair {
  const { mantissa, exponent } = split(hi);
  return shifted(invertMantissa({ hi: mantissa, lo: scale(lo, -exponent) }), -exponent);
}

/** Of x finite and not zero. */
export function reciprocal(x: number): number {
  const { mantissa, exponent } = split(Math.abs(x));
  return withSign(rounded(invertMantissa({ hi: mantissa, lo: 0 }), -exponent), x);
}

interface Root extends Scaled {
  /** x = square 4^-exponent, square in [1, 4). */
  readonly square: number;
}

/** 1 / sqrt x: with g the first guess, (1 - x g^2) is left. */
function inverseRoot(x: number): Root {
  const { mantissa, exponent } = split(x);
  const odd = exponent & 1;
  const square = odd === 1 ? multiply(mantissa, 2) : mantissa;
  const first = polynomial(RSQRT, subtract(mantissa, 1.5));
  const guess = odd === 1 ? multiply(first, SQRT_HALF) : first;
  const power = exactProduct(guess, guess);
  const back = exactProduct(square, power.hi);
  const left = subtract(subtract(subtract(1, back.hi), back.lo), multiply(square, power.lo));
  const correction = multiply(left, add(0.5, multiply(left, 0.375)));
  return { ...quickSum(guess, multiply(guess, correction)), exponent: (odd - exponent) / 2, square };
}

/** Of any float32; NaN below 0, infinity with the sign of a zero. */
export function rsqrt(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? withSign(Infinity, x) : x === Infinity ? 0 : NaN;
  const root = inverseRoot(x);
  return rounded(root, root.exponent);
}

/** x / sqrt x, corrected by half of what its square leaves of x. */
export function sqrt(x: number): number {
  const { hi, square, exponent } = inverseRoot(x);
  const guess = multiply(square, hi);
  const back = exactProduct(guess, guess);
  const left = subtract(subtract(square, back.hi), back.lo);
  return scale(add(guess, multiply(multiply(0.5, hi), left)), -exponent);
}
