/** How far apart two codes are, counted in codes of their format. */
import { decode } from './decode';
import type { Dtype } from './dtypes';
import { FORMATS } from './formats';

/** A code's place among the format's values: one step to the next value, +0 and -0 in one place. */
function place(dtype: Dtype, code: number): number {
  const { kind, signed, bits, padding } = FORMATS[dtype];
  if (kind === 'integer') return decode(dtype, code);
  if (!signed) return code;
  const half = 2 ** (bits - 1);
  const magnitude = Math.floor((code % half) / 2 ** padding);
  return code < half ? magnitude : -magnitude;
}

/**
 * Steps from one code to the other in the order of the format's values; infinity follows the largest finite value.
 * 0 for two NaN, Infinity when exactly one is NaN. Throws UserError when a code is out of range.
 */
export function ulpDistance(dtype: Dtype, codeA: number, codeB: number): number {
  const notNumbers = [codeA, codeB].filter((code) => Number.isNaN(decode(dtype, code))).length;
  if (notNumbers > 0) return notNumbers === 2 ? 0 : Infinity;
  return Math.abs(place(dtype, codeA) - place(dtype, codeB));
}
