/** A timeline as the page draws it: arrays of its own, which a worker can give away and still answer questions about the timeline. */
import { CHIPS } from '../../../src/chip';
import { TRACKS, type Timeline } from '../../../src/time';
import type { Occupancy, Steps } from '../../../src/time/occupancy';
import { dmaThroughput, type Binned } from '../../../src/time/throughput';
import { DMA_ENGINES } from '../../../src/time/transfers';
import type { Series, ShownTimeline, Timed } from './protocol';

/** Of the rate over time: a part of at least so many ns, and so many parts at most. */
const PART = 100;
const MOST_PARTS = 4000;

export function shownOf(timeline: Timeline, occupancy: Occupancy): ShownTimeline {
  const { total, track, start, free, end, loading, moving, cause, blocker, timing } = timeline;
  const { sbuf, psum } = CHIPS[timeline.chip];
  const isDma = (at: number): boolean => !Number.isNaN(moving[at] ?? NaN);
  return {
    total,
    track: track.slice(),
    start: start.slice(),
    until: free.map((time, at) => (isDma(at) ? (end[at] ?? time) : time)),
    begun: loading.map((time, at) => (isDma(at) ? (moving[at] ?? time) : time)),
    cause: cause.slice(),
    blocker: blocker.slice(),
    rows: rowsOf(timeline),
    sbuf: seriesOf(occupancy.sbuf, sbuf.bytes),
    psum: seriesOf(occupancy.psum, psum.banks),
    dma: rateOf(
      dmaThroughput(timeline, Math.max(1, Math.min(MOST_PARTS, Math.ceil(total / PART)))),
      DMA_ENGINES * timing.dmaPeak,
    ),
  };
}

function rowsOf({ track, start }: Timeline): Int32Array[] {
  const counts = TRACKS.map(() => 0);
  for (const own of track) counts[own] = (counts[own] ?? 0) + 1;
  const rows = counts.map((count) => new Int32Array(count));
  const filled = TRACKS.map(() => 0);
  track.forEach((own, at) => {
    const slot = filled[own] ?? 0;
    const row = rows[own];
    if (row !== undefined) row[slot] = at;
    filled[own] = slot + 1;
  });
  for (const row of rows) row.sort((a, b) => (start[a] ?? 0) - (start[b] ?? 0) || a - b);
  return rows;
}

const seriesOf = ({ times, values }: Steps, most: number): Series => ({
  times: times.slice(),
  values: values.slice(),
  most,
});

const rateOf = ({ width, values }: Binned, most: number): Series => ({
  times: values.map((_, part) => part * width),
  values,
  most,
});

/** The memory of what is sent, which is given away instead of being copied. */
export function memoryOf({ timeline, grid }: Timed): ArrayBuffer[] {
  const { track, start, until, begun, cause, blocker, rows, sbuf, psum, dma } = timeline;
  const series = [sbuf, psum, dma].flatMap(({ times, values }) => [times, values]);
  const tiles = grid === undefined ? [] : [grid.instruction, grid.tile];
  const all = [track, start, until, begun, cause, blocker, ...rows, ...series, ...tiles];
  return all.map(({ buffer }) => buffer as ArrayBuffer);
}
