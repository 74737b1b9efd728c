/**
 * Rounding of a double to the values of a format, once. `encode` of src/numerics takes float32 values alone, so it cannot
 * round a sum that was kept in float64; on float32 values both agree (test/bench/identify-rounding.test.ts).
 */
import { FORMATS, type Dtype } from '../../src/numerics';
import type { StoredDtype } from '../weights';

export type Round = (x: number) => number;

export interface RoundingRule {
  readonly direction: 'nearest-even' | 'toward-zero';
  /** Overflow and infinities become the largest finite value. */
  readonly saturate: boolean;
  /** Results below the smallest normal value become zero. */
  readonly flush: boolean;
}

export const NEAREST: RoundingRule = { direction: 'nearest-even', saturate: false, flush: false };

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = 1;
/** Which of a double's two words holds its exponent depends on the host's byte order. */
const HIGH = words[0] === 0 ? 1 : 0;
const LOW = 1 - HIGH;

/** 2^exponent, exact. */
export function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let step = Math.abs(exponent); step > 0; step--) power *= exponent < 0 ? 0.5 : 2;
  return power;
}

const POWERS = Float64Array.from({ length: 2100 }, (_, index) => powerOfTwo(index - 1075));

/** The unit in the last place that a format of `mantissaBits`, its exponents from `minExponent` on, has at x. */
function unitAt(x: number, mantissaBits: number, minExponent: number): number {
  double[0] = x;
  const exponent = (((words[HIGH] ?? 0) >>> 20) & 0x7ff) - 1023;
  return POWERS[Math.max(exponent, minExponent) - mantissaBits + 1075] ?? NaN;
}

/** The function that rounds a double to `dtype` by the rule, as a value. */
export function rounder(dtype: StoredDtype, rule: RoundingRule = NEAREST): Round {
  const { direction, saturate, flush } = rule;
  if (dtype === 'float64') return (x) => x;
  const format = FORMATS[dtype];
  if (format.kind === 'integer') return integerRounder(dtype, rule);
  if (dtype === 'float32' && direction === 'nearest-even' && !saturate && !flush) return Math.fround;
  const { mantissaBits, maxFinite, minNormal, infinity, nan } = format;
  const minExponent = Math.log2(minNormal);
  const beyond = infinity ? Infinity : nan ? NaN : maxFinite;
  const onOverflow = saturate ? maxFinite : direction === 'toward-zero' ? maxFinite : beyond;
  const onInfinity = saturate ? maxFinite : beyond;
  return (x) => {
    if (Math.abs(x) === Infinity) return x > 0 ? onInfinity : -onInfinity;
    const unit = unitAt(x, mantissaBits, minExponent);
    // 1.5 * 2^52 units: the sum keeps whole units, and rounds to nearest even itself.
    const magic = 6755399441055744 * unit;
    const rounded = direction === 'toward-zero' ? Math.trunc(x / unit) * unit : x + magic - magic;
    const size = Math.abs(rounded);
    if (size > maxFinite) return x > 0 ? onOverflow : -onOverflow;
    return flush && size < minNormal ? 0 : rounded;
  };
}

function integerRounder(dtype: Dtype, { direction }: RoundingRule): Round {
  const { signed, maxFinite } = FORMATS[dtype];
  const least = signed ? -maxFinite - 1 : 0;
  return (x) => {
    if (Number.isNaN(x)) return 0;
    const clamped = Math.min(Math.max(x, least), maxFinite);
    return direction === 'toward-zero' ? Math.trunc(clamped) : clamped + 6755399441055744 - 6755399441055744;
  };
}

/** How far x is from the nearest point at which its rounding changes, in units of x's last place: at most 1/2. */
export function distanceToTie(dtype: Dtype, x: number): number {
  const { mantissaBits, minNormal, kind } = FORMATS[dtype];
  const unit = kind === 'integer' ? 1 : unitAt(x, mantissaBits, Math.log2(minNormal));
  const scaled = Math.abs(x) / unit;
  return Math.abs(scaled - Math.floor(scaled) - 0.5);
}

/**
 * x + y rounded to odd: of the two doubles around an inexact sum, the one whose last bit is set. Any later rounding to a format of
 * at most 51 bits is then that of the exact sum (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums:
 * proved algorithms using rounding to odd", 2008).
 */
export function addToOdd(x: number, y: number): number {
  const sum = x + y;
  if (!Number.isFinite(sum)) return sum;
  const back = sum - x;
  const error = x - (sum - back) + (y - back); // Knuth's two-sum: exact
  if (error === 0) return sum;
  double[0] = sum;
  const low = words[LOW] ?? 0;
  if ((low & 1) === 1) return sum;
  if (error > 0 === sum > 0) words[LOW] = low | 1;
  else {
    words[LOW] = (low - 1) >>> 0;
    if (low === 0) words[HIGH] = (words[HIGH] ?? 0) - 1;
  }
  return double[0];
}

/** round(x * y + sum), the product and the sum exact, for x and y of at most 24 bits and formats up to float32. */
export function fusedNarrow(round: Round): (sum: number, x: number, y: number) => number {
  return (sum, x, y) => round(addToOdd(sum, x * y));
}

const SPLIT = 2 ** 27 + 1;

/**
 * x * y + sum in float64 with one rounding, by Boldo and Melquiond's algorithm; where magnitudes leave 2^-900 .. 2^900 its
 * exact steps do not hold, and product and sum are rounded each.
 */
export function fusedDouble(sum: number, x: number, y: number): number {
  const product = x * y;
  const size = Math.abs(product);
  if (!(size > 2 ** -900 && size < 2 ** 900 && Math.abs(sum) < 2 ** 900)) return sum + product;
  if (Math.abs(x) > 2 ** 900 || Math.abs(y) > 2 ** 900) return sum + product;
  const xBig = x * SPLIT;
  const xHigh = xBig - (xBig - x);
  const xLow = x - xHigh;
  const yBig = y * SPLIT;
  const yHigh = yBig - (yBig - y);
  const yLow = y - yHigh;
  const productLow = xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow); // Dekker: exact
  const t = sum + productLow;
  const tBack = t - sum;
  const tLow = sum - (t - tBack) + (productLow - tBack);
  const v = product + t;
  const vBack = v - product;
  const vLow = product - (v - vBack) + (t - vBack);
  return v + addToOdd(tLow, vLow);
}
