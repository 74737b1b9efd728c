/** Times, shares, bytes and rates of a timeline as people read them. */
import { durationText, numberText } from '../../../src/time/price/numbers';
import { percent as percentText } from '../../report/html/format';

export { durationText, numberText, percentText };

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${numberText(bytes / 2 ** (10 * power))} ${UNITS[power] ?? ''}`;
}

/** Bytes per ns are GB/s, operations per ns a thousandth of TFLOP/s. */
export const rateText = (bytesPerNs: number): string => `${numberText(bytesPerNs)} GB/s`;
export const flopsText = (flopPerNs: number): string => `${numberText(flopPerNs / 1000)} TFLOP/s`;
