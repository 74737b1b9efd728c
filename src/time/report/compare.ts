/** Reports side by side: each against the first. */
import { UserError } from '../../numerics';
import { shown } from '../given';
import type { Resource } from './attribution';
import type { TimeReport } from './report';
import type { Track } from '../types';

export interface NamedTimeReport {
  readonly name: string;
  readonly report: TimeReport;
}

export interface ComparedTime {
  readonly name: string;
  readonly chip: string;
  readonly instructions: number;
  /** ns. */
  readonly total: number;
  /** How many times as fast as the first: its total over this one. */
  readonly speedup: number;
  /** What limits most, and its share of the critical path. */
  readonly limits?: { readonly resource: Resource; readonly share: number };
  readonly busy: Readonly<Partial<Record<Track, number>>>;
  readonly mfu?: number;
  readonly hbmBytes: number;
}

/** @throws UserError for what are no named reports. */
export function compareTimes(named: readonly NamedTimeReport[]): readonly ComparedTime[] {
  requireReports(named);
  const first = named[0]?.report.total ?? 0;
  return named.map(({ name, report }) => {
    const { chip, instructions, total, resources, tracks, matmuls, traffic } = report;
    const [most] = resources;
    return {
      name,
      chip,
      instructions,
      total,
      speedup: total === first ? 1 : first / total,
      ...(most && { limits: { resource: most.resource, share: most.share } }),
      busy: Object.fromEntries(tracks.map(({ track, share }) => [track, share])),
      ...(matmuls && { mfu: matmuls.mfu }),
      hbmBytes: traffic.hbmRead + traffic.hbmWritten,
    };
  });
}

function requireReports(named: unknown): void {
  const takes = 'compareTimes takes a list of { name, report }, of reports that reportOf gives';
  if (!Array.isArray(named)) throw new UserError(`${takes}; received ${shown(named)}.`);
  const list: readonly unknown[] = named;
  for (const [at, each] of list.entries()) {
    const report: unknown =
      typeof each === 'object' && each !== null && 'report' in each ? each.report : each;
    if (typeof report === 'object' && report !== null && 'resources' in report) continue;
    throw new UserError(`${takes}; received ${shown(report)} as the report of index ${at}.`);
  }
}
