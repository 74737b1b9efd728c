/**
 * The error function, and what is made of the normal distribution: its density exp(-x^2 / 2) / sqrt(2 pi) and what lies above x,
 * exp(-x^2 / 2) r(x), with r(x) = erfcx(x / sqrt 2) / 2 and erfcx z = exp(z^2) erfc z, which is smooth. For finite x.
 */
import { add, multiply, polynomial, split, scale, subtract, withSign } from './float32';
import { expOf } from './exponential';
import {
  exactProduct,
  negative,
  plus,
  product,
  quickSum,
  rounded,
  roundedTimes,
  shifted,
  sum,
  times,
  unscaled,
} from './pair';
import type { Pair } from './pair';
import { ERF, ERFCX } from './polynomials';
import { inverse } from './roots';

const SQRT_HALF: Pair = { hi: 0.7071067690849304, lo: 1.2101617485882343e-8 };
const DENSITY: Pair = { hi: 0.3989422917366028, lo: -1.1335170135851058e-8 }; // 1 / sqrt(2 pi)
const SLOPE: Pair = { hi: 1.128379225730896, lo: -5.8635382771399236e-8 }; // 2 / sqrt pi
/** From here on what lies above x, times x, is less than half of the smallest float32. */
const LIMIT = 16;

/** exp(z^2) erfc(z), z of 0 to 11.5. */
function erfcx(z: Pair): Pair {
  const place = multiply(subtract(z.hi, 2), inverse(plus(z, 2)).hi);
  return product(quickSum(1.25, polynomial(ERFCX, place)), inverse(plus(shifted(z, 1), 1)));
}

export function erf(x: number): number {
  const size = Math.abs(x);
  if (size <= 1) {
    if (x === 0) return x;
    const { mantissa, exponent } = split(size); // the second summand alone could be subnormal
    const bend = multiply(mantissa, polynomial(ERF, multiply(x, x)));
    return withSign(scale(add(mantissa, bend), exponent), x);
  }
  const bounded = Math.min(size, LIMIT / 2);
  const decay = unscaled(expOf(negative(exactProduct(bounded, bounded))));
  return withSign(rounded(plus(negative(product(decay, erfcx({ hi: bounded, lo: 0 }))), 1)), x);
}

/** 2 / sqrt pi exp(-x^2). */
export function erfSlope(x: number): number {
  const bounded = Math.min(Math.abs(x), LIMIT);
  const decay = expOf(negative(exactProduct(bounded, bounded)));
  return rounded(product(decay, SLOPE), decay.exponent);
}

/** exp(-x^2 / 2) and r(|x|). */
function aboveOf(size: number) {
  const decay = expOf(shifted(negative(exactProduct(size, size)), -1));
  return { decay, ratio: shifted(erfcx(times(SQRT_HALF, size)), -1) };
}

/** x times what lies below x of the normal distribution. */
export function gelu(x: number): number {
  const { decay, ratio } = aboveOf(Math.min(Math.abs(x), LIMIT));
  if (x < 0) return roundedTimes(Math.max(x, -LIMIT), product(decay, ratio), decay.exponent);
  return roundedTimes(x, plus(negative(product(unscaled(decay), ratio)), 1));
}

/** What lies below x, plus x times the density: with d = exp(-x^2 / 2) (r(|x|) - |x| / sqrt(2 pi)), d or 1 - d. */
export function geluSlope(x: number): number {
  const size = Math.min(Math.abs(x), LIMIT);
  const { decay, ratio } = aboveOf(size);
  const rest = sum(ratio, negative(times(DENSITY, size)));
  if (x < 0) return rounded(product(decay, rest), decay.exponent);
  return rounded(plus(negative(product(unscaled(decay), rest)), 1));
}
