import type { CalibrationRow } from './types';

/** The median of absolute errors, in per cent. @throws Error for no rows. */
export function medianError(rows: readonly CalibrationRow[]): number {
  const errors = Float64Array.from(rows, ({ error }) => Math.abs(error)).sort();
  const [low, high] = [errors[(errors.length - 1) >> 1], errors[errors.length >> 1]];
  if (low === undefined || high === undefined) throw new Error('no rows have no median');
  return (low + high) / 2;
}
