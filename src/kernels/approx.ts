/**
 * Float32 arithmetic seen from float64: beside each value, how far from it the chip's float32 may be. Every step passes the errors
 * of its operands on and adds its own rounding, so that the bound of a kernel follows from its arithmetic, step by step:
 * running error analysis (N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, section 3.3).
 *
 * It holds where nothing overflows; a bound that is not finite says so.
 */
import { FORMATS, type Dtype } from '../numerics';

/** The chip has a number within `error` of `value`. */
export interface Approx {
  readonly value: number;
  readonly error: number;
}

/**
 * The largest relative error of one rounding to nearest in float32, 2^-24, and 2^-50 above it: far more than the float64
 * roundings of the value and of its bound in the same step, a few 2^-53 each.
 */
export const UNIT_ROUNDOFF = 2 ** -24 + 2 ** -50;

/** Half of float32's smallest subnormal: the largest error of a product that falls below the normal numbers. */
export const UNDERFLOW = 2 ** -150;

/** A unit in the last place of a float32, over the number itself, is at most this. */
const ULP = 2 * UNIT_ROUNDOFF;

/** A number that the chip has as it is: an input, or a constant that float32 holds. */
export function exact(value: number): Approx {
  return { value, error: 0 };
}

/** A constant that is rounded to float32. */
export function constant(value: number): Approx {
  return rounded(value, 0);
}

/** The result of one operation whose operands bring an error of `error`. */
function rounded(value: number, error: number): Approx {
  return { value, error: error + (Math.abs(value) + error) * UNIT_ROUNDOFF + UNDERFLOW };
}

export function add(a: Approx, b: Approx): Approx {
  return rounded(a.value + b.value, a.error + b.error);
}

export function subtract(a: Approx, b: Approx): Approx {
  return rounded(a.value - b.value, a.error + b.error);
}

export function multiply(a: Approx, b: Approx): Approx {
  const error = Math.abs(a.value) * b.error + Math.abs(b.value) * a.error + a.error * b.error;
  return rounded(a.value * b.value, error);
}

/** 1 / a: |1/(x + e) - 1/x| = |e| / (|x| |x + e|), then one rounding. Infinite where a may be 0. */
export function reciprocal({ value, error }: Approx): Approx {
  const least = Math.abs(value) - error;
  return rounded(1 / value, least > 0 ? error / (Math.abs(value) * least) : Infinity);
}

/**
 * A sum of terms in any order: gamma_(n-1) of the sum of their magnitudes (Higham, section 4.2), beside their own errors. Sums of float32
 * do not underflow.
 */
export function sum(terms: Iterable<Approx>): Approx {
  let [value, magnitude, error, count] = [0, 0, 0, 0];
  for (const term of terms) {
    value += term.value;
    magnitude += Math.abs(term.value) + term.error;
    error += term.error;
    count++;
  }
  return { value, error: error + gamma(count - 1) * magnitude };
}

/** A function of the Scalar engine, which is within `ulps` of the true value (docs/functions.md), after `error` of its input. */
export function evaluated(value: number, error: number, ulps: number): Approx {
  // Results below the normal numbers have their ulp of 2^-149, and a second rounding of a quarter.
  return { value, error: error + ulps * ULP * (Math.abs(value) + error) + (ulps + 0.25) * 2 * UNDERFLOW };
}

/** exp(x + e) = exp(x) exp(e). 1 ulp. */
export function exp({ value, error }: Approx): Approx {
  const power = Math.exp(value);
  return evaluated(power, power * Math.expm1(error), 1);
}

/** 1 / sqrt(x): convex, so that the change is largest at x - e. 0.75 ulp; infinite where x may be 0 or below. */
export function rsqrt({ value, error }: Approx): Approx {
  const root = 1 / Math.sqrt(value);
  const least = value - error;
  return evaluated(root, least > 0 ? 1 / Math.sqrt(least) - root : Infinity, 0.75);
}

/** gamma_n = n u / (1 - n u): the relative error of n roundings. */
export function gamma(n: number): number {
  const error = n * UNIT_ROUNDOFF;
  return error < 1 ? error / (1 - error) : Infinity;
}

/** One rounding to a format: relative to the value, or, among its subnormals, absolute. */
export function roundingOf(dtype: Dtype): { readonly relative: number; readonly absolute: number } {
  const { mantissaBits, minNormal, minSubnormal = minNormal } = FORMATS[dtype];
  return { relative: 2 ** -(mantissaBits + 1), absolute: minSubnormal / 2 };
}

/** A float32 of the chip written to a format: to float32 as it is, else rounded once. */
export function written({ value, error }: Approx, dtype: Dtype): Approx {
  if (dtype === 'float32') return { value, error };
  const { relative, absolute } = roundingOf(dtype);
  return { value, error: error + Math.max((Math.abs(value) + error) * relative, absolute) };
}
