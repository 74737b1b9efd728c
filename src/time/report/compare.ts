/** Reports side by side: each against the first. */
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

export function compareTimes(named: readonly NamedTimeReport[]): readonly ComparedTime[] {
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
