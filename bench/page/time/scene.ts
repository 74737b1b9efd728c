/** A timeline made ready to be drawn: its lanes, and which row of the picture has which. Done once for each timeline. */
import { TRACKS, type Track } from '../../../src/time';
import { TRACK_WORDS } from '../../../src/time/report/words';
import { sentence } from '../../report/html/format';
import { laneOf, type Lane } from './lane';
import { peaksOf, type Peaks } from './peaks';
import { bytesText, rateText } from './quantities';
import type { ShownTimeline, Timed } from './protocol';

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
type SeriesRow = Placed & { readonly kind: 'series'; readonly peaks: Peaks; readonly most: string };
export type Row = TrackRow | WeightsRow | SeriesRow;

export interface Scene {
  readonly timeline: ShownTimeline;
  /** Those that have something to show, from top to bottom. */
  readonly rows: readonly Row[];
  /** Of each of TRACKS. */
  readonly lanes: readonly Lane[];
  readonly height: number;
}

export const trackName = (track: number): string =>
  sentence(TRACK_WORDS[TRACKS[track] ?? 'tensor']).slice(0, -1);

export function sceneOf({ timeline, memory }: Pick<Timed, 'timeline' | 'memory'>): Scene {
  const { rows: ids, start, until, sbuf, psum, dma } = timeline;
  const lanes = TRACKS.map((_, track) => laneOf(ids[track] ?? new Int32Array(), start, until));
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
    ['SBUF', 'sbuf', sbuf, bytesText(memory.sbufBytes)],
    ['PSUM', 'psum', psum, `${memory.psumBanks} banks`],
    ['DMA', 'dma', dma, rateText(dma.most)],
  ] as const;
  for (const [name, paint, steps, most] of series) {
    if (steps.values.length === 0) continue;
    rows.push({ kind: 'series', name, paint, peaks: peaksOf(steps), most, ...place(SERIES_HEIGHT) });
  }
  return { timeline, rows, lanes, height: top };
}

function weightsOf({ rows, start, begun }: ShownTimeline): Lane {
  const tensor = rows[TRACKS.indexOf('tensor')] ?? new Int32Array();
  const early = tensor.filter((at) => (begun[at] ?? NaN) < (start[at] ?? 0));
  early.sort((a, b) => (begun[a] ?? 0) - (begun[b] ?? 0) || a - b);
  return laneOf(early, begun, start);
}

/** The rows of tracks, which are what can be walked through. */
export function trackRows({ rows }: Scene): readonly TrackRow[] {
  return rows.filter((row) => row.kind === 'track');
}
