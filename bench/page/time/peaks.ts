/** The largest value of a step function between two times, in time that depends on its length by a logarithm only. */
import { firstBeyond } from './lane';
import type { Series } from './protocol';

export interface Peaks {
  readonly series: Series;
  /** Largest of pairs, of pairs of pairs and so on: element i is that of 2 i and 2 i + 1; values begin in the middle. */
  readonly largest: Float64Array;
  /** Of all. */
  readonly most: number;
}

export function peaksOf(series: Series): Peaks {
  const { values } = series;
  const { length } = values;
  const largest = new Float64Array(2 * length);
  largest.set(values, length);
  for (let at = length - 1; at > 0; at--)
    largest[at] = Math.max(largest[2 * at] ?? 0, largest[2 * at + 1] ?? 0);
  return { series, largest, most: largest[Math.min(1, length)] ?? 0 };
}

/** 0 before the first time. */
export function peakBetween({ series: { times, values }, largest }: Peaks, from: number, to: number): number {
  const { length } = values;
  let low = Math.max(0, firstBeyond(times, from) - 1) + length;
  let high = firstBeyond(times, to) + length;
  let peak = 0;
  while (low < high) {
    if (low % 2 === 1) peak = Math.max(peak, largest[low++] ?? 0);
    if (high % 2 === 1) peak = Math.max(peak, largest[--high] ?? 0);
    low >>>= 1;
    high >>>= 1;
  }
  return peak;
}
