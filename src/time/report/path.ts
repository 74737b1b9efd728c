/**
 * The critical path: what the end of a Program waited for, back to its start. From the instruction that ends last, the walk goes
 * to what that waited for last, and so on; what lies between is running, starting or waiting. Times are whole picoseconds, so
 * that the stretches of a path, and shares that are sums of them, add up to the total exactly.
 */
import { requireTimeline } from '../given';
import { trackIndex } from '../tracks';
import { CAUSE, type Timeline } from '../types';

/** What an instruction does on the path. */
export const ACTIVITIES = [
  /** An engine works on its elements. */
  'runs',
  /** The Tensor engine loads stationary columns, and multiplies nothing meanwhile. */
  'weights',
  /** The Scalar engine loads the tables of another function. */
  'tables',
  /** Its engine could take the next, but what it wrote cannot be read yet. */
  'finishes',
  /** The bytes of a DMA move. */
  'moves',
  /** A DMA is triggered, and no byte moves yet. */
  'starts',
  /** What it needs is there, and it has not started: the semaphore's way. */
  'waits',
] as const;

export type Activity = (typeof ACTIVITIES)[number];

/** Stretches in the order of time, each from where the one before ends: the first from 0, the last to the total. */
export interface CriticalPath {
  /** Whose stretch it is: an index of the timeline's instructions. */
  readonly instruction: Int32Array;
  /** Index in ACTIVITIES. */
  readonly activity: Uint8Array;
  /** The instruction that it waits for, of `waits`; -1 of others. */
  readonly on: Int32Array;
  /** Picoseconds; each ends where the next begins. */
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Whole picoseconds. */
export const picoseconds = (ns: number): number => Math.round(ns * 1000);

const ACTIVITY = Object.fromEntries(ACTIVITIES.map((activity, index) => [activity, index])) as Readonly<
  Record<Activity, number>
>;
const [LOADS, SCALAR] = [trackIndex('loads'), trackIndex('scalar')];

/** The instruction that ends last, the first of several; -1 where there is none. */
function lastOf(end: Float64Array): number {
  let last = -1;
  for (let at = 0; at < end.length; at++) {
    if (last < 0 || (end[at] ?? 0) > (end[last] ?? 0)) last = at;
  }
  return last;
}

/** @throws UserError for what is no Timeline; Error where instructions wait for each other in a circle, which no simulation gives. */
export function criticalPath(timeline: Timeline): CriticalPath {
  requireTimeline('criticalPath', timeline);
  return new Walk(timeline).path();
}

class Walk {
  readonly #timeline: Timeline;
  /** From the end of the Program back. */
  readonly #instruction: number[] = [];
  readonly #activity: number[] = [];
  readonly #on: number[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** Until where the time from the end back is attributed. */
  #cursor: number;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#cursor = picoseconds(timeline.total);
  }

  path(): CriticalPath {
    const { end, blocker } = this.#timeline;
    let at = lastOf(end);
    for (let steps = 0; at >= 0; steps++) {
      if (steps > end.length) {
        throw new Error(
          `Invariant violation: the critical path comes to instruction ${at} of the stream twice`,
        );
      }
      this.#visit(at);
      at = blocker[at] ?? -1;
    }
    return {
      instruction: Int32Array.from(this.#instruction.reverse()),
      activity: Uint8Array.from(this.#activity.reverse()),
      on: Int32Array.from(this.#on.reverse()),
      from: Float64Array.from(this.#from.reverse()),
      to: Float64Array.from(this.#to.reverse()),
    };
  }

  /** The stretches of one instruction, back to where its blocker lets it go; to 0 where it has none. */
  #visit(at: number): void {
    const { track, start, free, moving, loading } = this.#timeline;
    const own = track[at] ?? 0;
    const floor = this.#letGo(at);
    const begin = picoseconds(start[at] ?? 0);
    if (own >= LOADS) {
      this.#take(at, 'moves', Math.max(floor, picoseconds(moving[at] ?? 0)));
      this.#take(at, 'starts', Math.max(floor, begin));
    } else {
      this.#take(at, 'finishes', Math.max(floor, picoseconds(free[at] ?? 0)));
      this.#take(at, 'runs', Math.max(floor, begin));
      const loads = loading[at] ?? NaN;
      const what = own === SCALAR ? 'tables' : 'weights';
      if (!Number.isNaN(loads)) this.#take(at, what, Math.max(floor, picoseconds(loads)));
    }
    this.#take(at, 'waits', floor);
  }

  /** When its blocker stopped to keep it: a track or a port is let go when its holder is done with it, a result when it is there. */
  #letGo(at: number): number {
    const { blocker, cause, free, end } = this.#timeline;
    const by = blocker[at] ?? -1;
    if (by < 0) return 0;
    const held = cause[at] === CAUSE.track || cause[at] === CAUSE.port;
    return picoseconds((held ? free[by] : end[by]) ?? 0);
  }

  #take(at: number, activity: Activity, from: number): void {
    if (from >= this.#cursor) return;
    this.#instruction.push(at);
    this.#activity.push(ACTIVITY[activity]);
    this.#on.push(activity === 'waits' ? (this.#timeline.blocker[at] ?? -1) : -1);
    this.#from.push(from);
    this.#to.push(this.#cursor);
    this.#cursor = from;
  }
}
