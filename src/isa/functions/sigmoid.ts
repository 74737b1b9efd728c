/**
 * What is made of s(u) = 1 / (1 + exp(-u)): with e = exp(-|u|), s is 1 / (1 + e) or e / (1 + e), and nothing cancels. For finite x.
 * The constants 0.044715 and 1.702 are those of "Gaussian Error Linear Units" (Hendrycks and Gimpel, 2016).
 */
import { add, multiply, polynomial, withSign } from './float32';
import { expOf } from './exponential';
import { logOnePlusOf } from './logarithm';
import {
  exactProduct,
  negative,
  plus,
  product,
  rounded,
  roundedTimes,
  shifted,
  sum,
  times,
  unscaled,
} from './pair';
import type { Pair, Scaled } from './pair';
import { TANH } from './polynomials';
import { inverse } from './roots';

const QUICK: Pair = { hi: 1.7020000219345093, lo: -2.1934509319976314e-8 }; // 1.702
const LINEAR: Pair = { hi: 1.5957691669464111, lo: -4.534068054340423e-8 }; // 2 sqrt(2 / pi)
const CUBIC: Pair = { hi: 0.07135481387376785, lo: 2.3988324659995897e-9 }; // 0.044715 of that

const exact = (x: number): Pair => ({ hi: x, lo: 0 });

/** x, or the limit from which on s(x) is 0 or 1 whatever it is multiplied by. */
const limited = (x: number): number => Math.max(-256, Math.min(256, x));

/** s(u). */
function gate(u: Pair): Scaled {
  const decay = expOf(u.hi < 0 ? u : negative(u));
  const share = inverse(plus(unscaled(decay), 1));
  return u.hi < 0 ? { ...product(decay, share), exponent: decay.exponent } : { ...share, exponent: 0 };
}

/** x s(u). */
function gated(x: number, u: Pair): number {
  const factor = gate(u);
  return roundedTimes(x, factor, factor.exponent);
}

/** s(u) (1 + u (1 - s(u))), which is the derivative of x s(c x) at u = c x. */
function gatedSlope(u: Pair): number {
  const decay = expOf(u.hi < 0 ? u : negative(u));
  const share = inverse(plus(unscaled(decay), 1));
  if (u.hi < 0) {
    const rest = plus(product(u, share), 1);
    return rounded(product(decay, product(share, rest)), decay.exponent);
  }
  const rest = plus(product(u, product(unscaled(decay), share)), 1);
  return rounded(product(share, rest));
}

export function sigmoid(x: number): number {
  const result = gate(exact(x));
  return rounded(result, result.exponent);
}

/** 1 - 2 s(-2 |x|), with the sign of x. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size <= 0.5) {
    const square = multiply(x, x);
    return withSign(add(size, multiply(multiply(size, square), polynomial(TANH, square))), x);
  }
  const rest = shifted(unscaled(gate(exact(-2 * limited(size)))), 1);
  return withSign(rounded(plus(negative(rest), 1)), x);
}

export const silu = (x: number): number => gated(x, exact(x));
export const siluSlope = (x: number): number => gatedSlope(exact(limited(x)));
export const geluQuick = (x: number): number => gated(x, times(QUICK, limited(x)));
export const geluQuickSlope = (x: number): number => gatedSlope(times(QUICK, limited(x)));

/** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
export function geluTanh(x: number): number {
  const bounded = limited(x);
  const factor = sum(LINEAR, product(CUBIC, exactProduct(bounded, bounded)));
  return gated(x, times(factor, bounded));
}

/** log(1 + exp x) = max(x, 0) + log(1 + exp(-|x|)). */
export function softplus(x: number): number {
  const decay = expOf(exact(-Math.abs(x)));
  if (x > 0) return rounded(plus(logOnePlusOf(unscaled(decay)), x));
  // log(1 + w) = w (1 - w / 2 ...): w, where that is all of a float32.
  return decay.exponent < -30 ? rounded(decay, decay.exponent) : rounded(logOnePlusOf(unscaled(decay)));
}

/** x tanh(softplus x) = x ((1 + n)^2 - 1) / ((1 + n)^2 + 1) with n = exp x; with e = exp(-x), (1 + 2 e) / (1 + 2 e + 2 e^2). */
export function mish(x: number): number {
  const decay = expOf(exact(-Math.abs(x)));
  const whole = unscaled(decay);
  if (x < 0) {
    const next = plus(whole, 2);
    const bottom = plus(product(whole, next), 2);
    return roundedTimes(x, product(decay, product(next, inverse(bottom))), decay.exponent);
  }
  const top = plus(shifted(whole, 1), 1);
  const bottom = sum(top, shifted(product(whole, whole), 1));
  return roundedTimes(x, product(top, inverse(bottom)));
}
