/** x^y = exp(y log |x|); of zeros, infinities, NaN and negative bases as IEEE 754-2019, 9.2.1, defines pow. */
import { expOf } from './exponential';
import { logOf } from './logarithm';
import { rounded, times } from './pair';

/** From here on x^y is 0 or infinity for every x but 1 and -1, as the logarithm of the next float32 is 2^-24. */
const LIMIT = 2 ** 40;

/** -1 where x is negative and y an odd integer. */
function signOf(x: number, y: number): number {
  const negative = x < 0 || Object.is(x, -0);
  return negative && Number.isInteger(y) && Math.abs(y) % 2 === 1 ? -1 : 1;
}

/** Of float32 values; a base of 1 and an exponent of 0 give 1 whatever the other is, NaN included. */
export function power(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const size = Math.abs(x);
  if (size === 0 || size === Infinity) return signOf(x, y) * ((size === 0) === y > 0 ? 0 : Infinity);
  if (size === 1 && !Number.isFinite(y)) return 1;
  if (x < 0 && !Number.isInteger(y) && Number.isFinite(y)) return NaN;
  const result = expOf(times(logOf(size), Math.max(-LIMIT, Math.min(LIMIT, y))));
  return signOf(x, y) * rounded(result, result.exponent);
}
