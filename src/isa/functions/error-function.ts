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
import type { Pair, Scaled } from './pair';
import { ERF, ERFCX } from './polynomials';
import { inverse } from './roots';

const SQRT_HALF: Pair = { hi: 0.7071067690849304, lo: 1.2101617485882343e-8 };
const DENSITY: Pair = { hi: 0.3989422917366028, lo: -1.1335170135851058e-8 }; // 1 / sqrt(2 pi)
const SLOPE: Pair = { hi: 1.128379225730896, lo: -5.8635382771399236e-8 }; // 2 / sqrt pi
/** Up to here from the polynomial of erf, and from that of erfcx beyond: each is the better one there. */
const NEAR = 0.75;
/** From here on what lies above x, times x, is less than half of the smallest float32. */
const LIMIT = 16;

/** exp(z^2) erfc(z), z of 0 to 11.5. */
function erfcx(z: Pair): Pair {
  const place = multiply(subtract(z.hi, 2), inverse(plus(z, 2)).hi);
  return product(quickSum(1.25, polynomial(ERFCX, place)), inverse(plus(shifted(z, 1), 1)));
}

export function erf(x: number): number {
  const size = Math.abs(x);
  if (size <= NEAR) {
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

const decayOf = (size: number): Scaled => expOf(shifted(negative(exactProduct(size, size)), -1));
const ratioOf = (size: number): Pair => shifted(erfcx(times(SQRT_HALF, size)), -1);

/** What lies below x, |x| at most LIMIT: (1 + erf(x / sqrt 2)) / 2 near 0, from what lies above |x| elsewhere. */
function belowOf(x: number): Scaled {
  if (Math.abs(x) <= NEAR) {
    const z = times(SQRT_HALF, x);
    const bend = multiply(z.hi, polynomial(ERF, multiply(z.hi, z.hi)));
    return { ...shifted(plus(plus(z, bend), 1), -1), exponent: 0 };
  }
  const decay = decayOf(x);
  const ratio = ratioOf(Math.abs(x));
  if (x < 0) return { ...product(decay, ratio), exponent: decay.exponent };
  return { ...plus(negative(product(unscaled(decay), ratio)), 1), exponent: 0 };
}

/** x times what lies below x. */
export function gelu(x: number): number {
  if (x > LIMIT) return x;
  const bounded = Math.max(x, -LIMIT);
  const below = belowOf(bounded);
  return roundedTimes(bounded, below, below.exponent);
}

/** What lies below x, plus x times the density. Far below 0 both are exp(-x^2 / 2) times something, and smaller than any pair. */
export function geluSlope(x: number): number {
  const bounded = Math.max(-LIMIT, Math.min(LIMIT, x));
  const decay = decayOf(bounded);
  const line = times(DENSITY, bounded);
  if (x < -NEAR) return rounded(product(decay, sum(ratioOf(-bounded), line)), decay.exponent);
  return rounded(sum(belowOf(bounded), product(unscaled(decay), line)));
}
