/** Times, shares, bytes and rates of a timeline as people read them. */
import { durationText, numberText } from '../../../src/time/price/numbers';
import { percent as percentText } from '../../report/html/format';

export { durationText, numberText, percentText };

/** Units of time: below how many ns each is used, how many ns it is, and its symbol. */
const TIMES = [
  [1e3, 1, 'ns'],
  [1e6, 1e3, 'µs'],
  [1e9, 1e6, 'ms'],
  [Infinity, 1e9, 's'],
] as const;

/** The unit for times of up to so many ns. */
export function timeUnit(most: number): { readonly ns: number; readonly symbol: string } {
  const [, ns, symbol] = TIMES.find(([below]) => most < below) ?? TIMES[3];
  return { ns, symbol };
}

/** A time of a timeline, to the digit that tells it from one that is `step` ns from it. */
export function momentText(time: number, step = 1): string {
  if (time === 0) return '0 ns';
  const { ns, symbol } = timeUnit(time);
  const digits = Math.max(0, Math.min(12, Math.ceil(Math.log10(ns / step) - 1e-9)));
  return `${(time / ns).toFixed(digits)} ${symbol}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${numberText(bytes / 2 ** (10 * power))} ${UNITS[power] ?? ''}`;
}

/** Bytes per ns are GB/s, operations per ns a thousandth of TFLOP/s. */
export const rateText = (bytesPerNs: number): string => `${numberText(bytesPerNs)} GB/s`;
export const flopsText = (flopPerNs: number): string => `${numberText(flopPerNs / 1000)} TFLOP/s`;
