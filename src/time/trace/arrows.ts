/** The arrows of a trace: from what an instruction waited for to the instruction. */
import { CAUSE, type Timeline } from '../types';

/** Numbers of arrows, from 1. */
export interface Arrows {
  /** Whether they are of every dependency between tracks; else only of what each instruction waited for last. */
  readonly all: boolean;
  readonly count: number;
  /** Those that go to, and come from, an instruction. */
  readonly into: (at: number) => Iterable<number>;
  readonly from: (at: number) => Iterable<number>;
}

/** `begins` is when the slice of each instruction begins: an arrow goes forward in time. */
export function arrowsOf(timeline: Timeline, begins: Float64Array, most: number): Arrows {
  const every = listed(timeline, begins, true, most);
  if (every !== undefined) return { all: true, ...every };
  const last = listed(timeline, begins, false, Infinity) ?? NONE;
  return { all: false, ...last };
}

type Listed = Omit<Arrows, 'all'>;

const NONE: Listed = { count: 0, into: () => [], from: () => [] };

/** Undefined when there are more than `most`. */
function listed(timeline: Timeline, begins: Float64Array, all: boolean, most: number): Listed | undefined {
  const { instructions, dependencies, blocker, cause, track } = timeline;
  const { offsets, indices } = dependencies;
  const count = instructions.length;
  /** Arrow n + 1 begins at sources[n]; those to an instruction follow each other. */
  const sources: number[] = [];
  const firstInto = new Int32Array(count + 1);
  const leaving = new Int32Array(count + 1);
  const add = (before: number, at: number): void => {
    if (!((begins[before] ?? 0) < (begins[at] ?? 0))) return;
    sources.push(before);
    leaving[before] = (leaving[before] ?? 0) + 1;
  };
  for (let at = 0; at < count; at++) {
    firstInto[at] = sources.length;
    const last = blocker[at] ?? -1;
    const why = cause[at] ?? CAUSE.start;
    if (last >= 0 && why !== CAUSE.start && why !== CAUSE.track) add(last, at);
    const end = all ? (offsets[at + 1] ?? 0) : 0;
    for (let edge = offsets[at] ?? 0; edge < end; edge++) {
      const before = indices[edge] ?? 0;
      if (before !== last && track[before] !== track[at]) add(before, at);
    }
    if (sources.length > most) return undefined;
  }
  firstInto[count] = sources.length;
  const firstFrom = new Int32Array(count + 1);
  for (let at = 0; at < count; at++) firstFrom[at + 1] = (firstFrom[at] ?? 0) + (leaving[at] ?? 0);
  const next = firstFrom.slice();
  const bySource = new Int32Array(sources.length);
  sources.forEach((before, arrow) => {
    const slot = next[before] ?? 0;
    next[before] = slot + 1;
    bySource[slot] = arrow + 1;
  });
  return {
    count: sources.length,
    *into(at) {
      for (let arrow = firstInto[at] ?? 0; arrow < (firstInto[at + 1] ?? 0); arrow++) yield arrow + 1;
    },
    from: (at) => bySource.subarray(firstFrom[at], firstFrom[at + 1]),
  };
}
