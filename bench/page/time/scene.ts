/** A timeline made ready to be drawn: its lanes, and which row of the picture has which. Done once for each timeline. */
import { TRACKS, type Track } from '../../../src/time';
import { TRACK_WORDS } from '../../../src/time/report/words';
import { counted, sentence } from '../../report/html/format';
import { laneOf, type Lane } from './lane';
import { peaksOf, type Peaks } from './peaks';
import { bytesText, rateText } from './quantities';
import type { ShownTimeline } from './protocol';

/** Pixels. */
export const AXIS = 22;
const TRACK_HEIGHT = 26;
const WEIGHTS_HEIGHT = 9;
const SERIES_HEIGHT = 34;
const GAP = 6;

/** What has a colour of its own; timeline.css says which. */
export type Paint = Track | 'weights' | 'sbuf' | 'psum' | 'dma';

interface Placed {
  readonly name: string;
  readonly paint: Paint;
  readonly top: number;
  readonly height: number;
}
/** Instructions of a track. */
export type TrackRow = Placed & { readonly kind: 'track'; readonly track: number; readonly lane: Lane };
/** Weights that are loaded while the array still multiplies by others. */
type WeightsRow = Placed & { readonly kind: 'weights'; readonly lane: Lane };
type SeriesRow = Placed & {
  readonly kind: 'series';
  readonly peaks: Peaks;
  readonly peak: string;
  readonly most: string;
};
export type Row = TrackRow | WeightsRow | SeriesRow;

export interface Scene {
  readonly timeline: ShownTimeline;
  /** When each instruction begins in the picture: of a DMA, when its first byte moves, since many stand in a queue at once. */
  readonly start: Float64Array;
  /** Those that have something to show, from top to bottom. */
  readonly rows: readonly Row[];
  /** Of each of TRACKS. */
  readonly lanes: readonly Lane[];
  readonly height: number;
}

export const trackName = (track: number): string =>
  sentence(TRACK_WORDS[TRACKS[track] ?? 'tensor']).slice(0, -1);

export function sceneOf(timeline: ShownTimeline): Scene {
  const { sbuf, psum, dma, until } = timeline;
  const start = shownStart(timeline);
  const lanes = TRACKS.map((_, track) => laneOf(inOrder(timeline.rows[track], start), start, until));
  const weights = weightsOf(timeline);
  const rows: Row[] = [];
  let top = AXIS;
  const place = (height: number): { top: number; height: number } => {
    const placed = { top, height };
    top += height + GAP;
    return placed;
  };
  TRACKS.forEach((paint, track) => {
    const lane = lanes[track];
    if (lane === undefined || lane.ids.length === 0) return;
    rows.push({ kind: 'track', name: trackName(track), paint, track, lane, ...place(TRACK_HEIGHT) });
    if (paint !== 'tensor' || weights.ids.length === 0) return;
    top -= GAP - 1;
    rows.push({
      kind: 'weights',
      name: 'weights',
      paint: 'weights',
      lane: weights,
      ...place(WEIGHTS_HEIGHT),
    });
  });
  const series = [
    ['SBUF', 'sbuf', sbuf, bytesText],
    ['PSUM', 'psum', psum, (banks: number) => counted(banks, 'bank')],
    ['DMA', 'dma', dma, rateText],
  ] as const;
  for (const [name, paint, steps, words] of series) {
    if (steps.values.length === 0) continue;
    const peaks = peaksOf(steps);
    const [peak, most] = [words(peaks.most), words(steps.most)];
    rows.push({ kind: 'series', name, paint, peaks, peak, most, ...place(SERIES_HEIGHT) });
  }
  return { timeline, start, rows, lanes, height: top };
}

const DMA_TRACKS = ['loads', 'stores'] as const satisfies readonly Track[];

function shownStart({ rows, start, begun }: ShownTimeline): Float64Array {
  const shown = start.slice();
  for (const track of DMA_TRACKS) {
    for (const at of rows[TRACKS.indexOf(track)] ?? []) {
      const moving = begun[at] ?? NaN;
      if (!Number.isNaN(moving)) shown[at] = moving;
    }
  }
  return shown;
}

/** They mostly are already, and to sort a million takes a second. */
function inOrder(ids: Int32Array | undefined, start: Float64Array): Int32Array {
  const sorted = Int32Array.from(ids ?? []);
  const begins = (place: number): number => start[sorted[place] ?? 0] ?? 0;
  if (sorted.every((_, place) => place === 0 || begins(place - 1) <= begins(place))) return sorted;
  return sorted.sort((a, b) => (start[a] ?? 0) - (start[b] ?? 0) || a - b);
}

function weightsOf({ rows, start, begun }: ShownTimeline): Lane {
  const tensor = rows[TRACKS.indexOf('tensor')] ?? new Int32Array();
  const early = tensor.filter((at) => (begun[at] ?? NaN) < (start[at] ?? 0));
  return laneOf(inOrder(early, begun), begun, start);
}

/** The rows of tracks, which are what can be walked through. */
export function trackRows({ rows }: Scene): readonly TrackRow[] {
  return rows.filter((row) => row.kind === 'track');
}
