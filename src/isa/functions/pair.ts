/**
 * Numbers of about 48 bits as the unevaluated sum of two float32, hi + lo with |lo| at most half a place of hi, so that a
 * function rounds once at its end and not at every step. Sums and products of Dekker, "A floating-point technique for extending
 * the available precision" (1971), and Knuth, TAOCP volume 2, 4.2.2. Exact where no step over- or underflows: hence mantissas
 * in here, and exponents apart.
 */
import { add, multiply, scale, split, subtract } from './float32';

export interface Pair {
  readonly hi: number;
  readonly lo: number;
}

/** (hi + lo) 2^exponent. */
export interface Scaled extends Pair {
  readonly exponent: number;
}

/** x + y exactly, where x is zero or |x| >= |y|. */
export function quickSum(x: number, y: number): Pair {
  const hi = add(x, y);
  return { hi, lo: subtract(y, subtract(hi, x)) };
}

/** x + y exactly. */
export function exactSum(x: number, y: number): Pair {
  const hi = add(x, y);
  const right = subtract(hi, x);
  return { hi, lo: add(subtract(x, subtract(hi, right)), subtract(y, right)) };
}

/** The upper 12 of 24 bits: x - upper(x) has 12 bits too, so that products of halves are exact. */
function upper(x: number): number {
  const shifted = multiply(x, 4097); // 2^12 + 1
  return subtract(shifted, subtract(shifted, x));
}

/** x y exactly. */
export function exactProduct(x: number, y: number): Pair {
  const hi = multiply(x, y);
  const xh = upper(x);
  const yh = upper(y);
  const xl = subtract(x, xh);
  const yl = subtract(y, yh);
  const crossed = add(add(subtract(multiply(xh, yh), hi), multiply(xh, yl)), multiply(xl, yh));
  return { hi, lo: add(crossed, multiply(xl, yl)) };
}

export function sum(x: Pair, y: Pair): Pair {
  const { hi, lo } = exactSum(x.hi, y.hi);
  return quickSum(hi, add(lo, add(x.lo, y.lo)));
}

export function plus(x: Pair, y: number): Pair {
  const { hi, lo } = exactSum(x.hi, y);
  return quickSum(hi, add(lo, x.lo));
}

export function product(x: Pair, y: Pair): Pair {
  const { hi, lo } = exactProduct(x.hi, y.hi);
  return quickSum(hi, add(lo, add(multiply(x.hi, y.lo), multiply(x.lo, y.hi))));
}

export function times(x: Pair, y: number): Pair {
  const { hi, lo } = exactProduct(x.hi, y);
  return quickSum(hi, add(lo, multiply(x.lo, y)));
}

export const negative = ({ hi, lo }: Pair): Pair => ({ hi: -hi, lo: -lo });

/** x 2^exponent, of an exponent that makes nothing subnormal. */
export const shifted = ({ hi, lo }: Pair, exponent: number): Pair => ({
  hi: scale(hi, exponent),
  lo: scale(lo, exponent),
});

const NEGLIGIBLE = -60;

/** The value as a pair; 0 where it is too small to change a sum with 1. */
export function unscaled(x: Scaled): Pair {
  return x.exponent < NEGLIGIBLE ? { hi: 0, lo: 0 } : shifted(x, x.exponent);
}

/** The one rounding at the end (a second one where the result is subnormal). */
export const rounded = ({ hi, lo }: Pair, exponent = 0): number => scale(add(hi, lo), exponent);

/** x (hi + lo) 2^exponent, of any finite x; a zero keeps its sign. */
export function roundedTimes(x: number, factor: Pair, exponent = 0): number {
  if (x === 0) return x;
  const parts = split(x);
  return rounded(times(factor, parts.mantissa), parts.exponent + exponent);
}
