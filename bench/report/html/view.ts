/** What the components show: a report, or what is known of one while its run goes on; and which numbers may be shown. */
import type { Peaks, ProbeReport } from '../../../src/execute/webgpu';
import { flops, pairName } from '../../cases';
import type { CaseResult, Outcome } from '../../result';
import type { Timing } from '../../timing';
import type { Report } from '../report';

/** Every `Report` is one. What the adapter was not asked yet is null. */
export interface ReportView extends Omit<Report, 'outcome' | 'probe' | 'peaks'> {
  readonly outcome: Outcome | 'running';
  /** Left out where there is nothing to ask. */
  readonly probe?: ProbeReport | null;
  readonly peaks: Peaks | null;
}

/** A case whose check passed and that was timed: the only ones whose numbers are shown anywhere. */
export interface MeasuredCase extends CaseResult {
  readonly ms: Timing;
  readonly gflops: number;
}

export function isMeasured(result: CaseResult): result is MeasuredCase {
  return result.check.passed && result.ms !== null && result.gflops !== null;
}

/** The case without the numbers that a failed check withholds, whoever wrote them. */
export function withheld(result: CaseResult): CaseResult {
  return result.check.passed ? result : { ...result, ms: null, gflops: null, shareOfPeak: null };
}

/** GFLOP/s of the slower and of the faster quartile of the samples. */
export function gflopsQuartiles({ shape, ms: { spread } }: MeasuredCase): readonly [number, number] {
  const rate = (ms: number): number => flops(shape) / ms / 1e6;
  return [rate(spread.upperQuartile), rate(spread.lowerQuartile)];
}

/** Interquartile range as a share of the median; null of a single sample, which has none. */
export function spreadOf({ median, spread, count }: Timing): number | null {
  return count < 2 ? null : (spread.upperQuartile - spread.lowerQuartile) / median;
}

/** The case's name without its dtypes: cases that differ in nothing else share it. */
export function groupName({ name }: Pick<CaseResult, 'name'>): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/'))) || name;
}

export function pairOf({ dtypes }: Pick<CaseResult, 'dtypes'>): string {
  return pairName(dtypes.a, dtypes.b);
}

/** One list for each key, in the order in which the keys first come. */
export function groupBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
