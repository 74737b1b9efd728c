/** What each track does all the time: it works, or it waits for something. The parts of a track add up to the total exactly. */
import { CAUSES, DEPENDENCY_KINDS, TRACKS, type Cause, type Timeline, type Track } from '../types';
import { requireTimeline } from '../given';
import { trackIndex } from '../tracks';
import { shareOf } from './attribution';
import { picoseconds } from './path';
import { TRACK_WORDS, waitWords } from './words';

/** Of a track's time. */
export interface TrackPart {
  /** As the rest of a sentence whose subject is the track. */
  readonly words: string;
  /** Undefined while it works; `starts` of DMAs between trigger and first byte; `done` after its last instruction. */
  readonly waits?: Cause | 'starts' | 'done';
  /** The track that it waits for. */
  readonly on?: Track;
  /** Whole picoseconds: those of a track add up to those of the total. */
  readonly ps: number;
  /** Of the total. */
  readonly share: number;
}

export interface TrackTime {
  readonly track: Track;
  readonly name: string;
  readonly instructions: number;
  /** ns, and of the total. */
  readonly busy: number;
  readonly share: number;
  /** The largest first. */
  readonly parts: readonly TrackPart[];
}

const LOADS = trackIndex('loads');

interface Sum {
  readonly waits: TrackPart['waits'];
  readonly on: Track | undefined;
  ps: number;
}

/** One track on its way through time. */
class Clock {
  instructions = 0;
  readonly sums = new Map<string, Sum>();
  #until = 0;

  /** Attributes what is left until then. */
  pass(ns: number, waits: TrackPart['waits'], on: Track | undefined): void {
    const until = picoseconds(ns);
    if (until <= this.#until) return;
    const key = `${waits ?? ''} ${on ?? ''}`;
    let sum = this.sums.get(key);
    if (sum === undefined) this.sums.set(key, (sum = { waits, on, ps: 0 }));
    sum.ps += until - this.#until;
    this.#until = until;
  }
}

/** In the order of TRACKS; those without instructions are left out. @throws UserError for what is no Timeline. */
export function trackTimes(timeline: Timeline): readonly TrackTime[] {
  requireTimeline('trackTimes', timeline);
  const { total, instructions, track, start, free, end, loading, moving, busy } = timeline;
  const clocks = TRACKS.map(() => new Clock());
  for (let at = 0; at < instructions.length; at++) {
    const own = track[at] ?? 0;
    const clock = clocks[own];
    if (clock === undefined) continue;
    clock.instructions++;
    const loads = loading[at] ?? NaN;
    const { cause, on } = reasonOf(timeline, at);
    if (cause !== 'track') clock.pass(Number.isNaN(loads) ? (start[at] ?? 0) : loads, cause, on);
    if (own < LOADS) {
      clock.pass(free[at] ?? 0, undefined, undefined);
    } else {
      clock.pass(start[at] ?? 0, cause, on);
      clock.pass(moving[at] ?? 0, 'starts', undefined);
      clock.pass(end[at] ?? 0, undefined, undefined);
    }
  }
  return TRACKS.flatMap((name, index) => {
    const clock = clocks[index];
    if (clock === undefined || clock.instructions === 0) return [];
    clock.pass(total, 'done', undefined);
    const time = busy[index] ?? 0;
    return {
      track: name,
      name: TRACK_WORDS[name],
      instructions: clock.instructions,
      busy: time,
      share: total === 0 ? 0 : time / total,
      parts: [...clock.sums.values()]
        .sort((left, right) => right.ps - left.ps)
        .map((sum) => ({
          words: partWords(name, sum),
          ...(sum.waits !== undefined && { waits: sum.waits }),
          ...(sum.on !== undefined && { on: sum.on }),
          ps: sum.ps,
          share: shareOf(sum.ps, timeline),
        })),
    };
  });
}

function partWords(track: Track, { waits, on }: Sum): string {
  const many = track === 'loads' || track === 'stores';
  if (waits === undefined) return many ? 'move bytes' : 'runs';
  if (waits === 'starts') return 'start, no byte moves yet';
  if (waits === 'done') return many ? 'have no more to do' : 'has no more to do';
  return waitWords(waits, track, on);
}

/** Why it did not start earlier: of a DMA that then waited for engines, what it waited for before. */
function reasonOf(timeline: Timeline, at: number): { cause: Cause; on: Track | undefined } {
  const { cause, blocker, dependencies, end, track } = timeline;
  const own = CAUSES[cause[at] ?? 0] ?? 'start';
  const trackOf = (index: number): Track | undefined => (index < 0 ? undefined : TRACKS[track[index] ?? 0]);
  if (own !== 'dma' && own !== 'hbm') return { cause: own, on: trackOf(blocker[at] ?? -1) };
  let [last, kind] = [-1, 0];
  for (let edge = dependencies.offsets[at] ?? 0; edge < (dependencies.offsets[at + 1] ?? 0); edge++) {
    const before = dependencies.indices[edge] ?? -1;
    if (last >= 0 && (end[before] ?? 0) <= (end[last] ?? 0)) continue;
    [last, kind] = [before, dependencies.kinds[edge] ?? 0];
  }
  return {
    cause: last < 0 ? own : (DEPENDENCY_KINDS[kind] ?? 'data'),
    on: trackOf(last < 0 ? (blocker[at] ?? -1) : last),
  };
}
