/** The critical path summed up: by what is done, by what limits, and by the line that its author wrote. */
import type { Instruction } from '../../program';
import { CAUSE, TRACKS, type Timeline, type Track } from '../types';
import { ACTIVITIES, picoseconds, type Activity, type CriticalPath } from './path';
import { activityWords } from './words';

/** Stretches of the path that are alike. */
export interface PathPart {
  readonly words: string;
  readonly activity: Activity;
  readonly track: Track;
  /** The track that it waits for. */
  readonly on?: Track;
  /** Whole picoseconds: those of all parts add up to those of the total. */
  readonly ps: number;
  /** Of the total. */
  readonly share: number;
}

/** What can limit: the engines, what moves data, and the latencies between them. */
export const RESOURCES = ['tensor', 'vector', 'scalar', 'gpsimd', 'sync', 'dma', 'hbm', 'latency'] as const;

export type Resource = (typeof RESOURCES)[number];

export const RESOURCE_WORDS = {
  tensor: 'the Tensor engine',
  vector: 'the Vector engine',
  scalar: 'the Scalar engine',
  gpsimd: 'the GpSimd engine',
  sync: 'the Sync engine',
  dma: 'the DMA engines',
  hbm: 'the bandwidth of HBM',
  latency: 'latencies (semaphores, starts of DMAs, results on their way)',
} as const satisfies Record<Resource, string>;

export interface ResourceShare {
  readonly resource: Resource;
  readonly ps: number;
  readonly share: number;
}

/** A line of a source, or an opcode where no line is known. */
export interface LineShare {
  readonly line: string;
  /** Of the line, on the path or not. */
  readonly instructions: number;
  readonly ps: number;
  readonly share: number;
}

const trackAt = ({ track }: Timeline, at: number): Track => TRACKS[track[at] ?? 0] ?? 'sync';

/** Shares of the total; none of nothing. */
export function shareOf(ps: number, timeline: Pick<Timeline, 'total'>): number {
  const total = picoseconds(timeline.total);
  return total === 0 ? 0 : ps / total;
}

/** Sums by key, the largest first; of equal ones the one that came first. */
class Sums<Key extends string> {
  readonly #sums = new Map<Key, number>();

  add(key: Key, ps: number): void {
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + ps);
  }

  largestFirst(): readonly (readonly [Key, number])[] {
    return [...this.#sums].sort(([, left], [, right]) => right - left);
  }
}

/** What the path is made of, the largest part first. */
export function pathParts(timeline: Timeline, path: CriticalPath): readonly PathPart[] {
  const sums = new Map<string, { activity: Activity; track: Track; on: Track | undefined; ps: number }>();
  for (const [step, at] of path.instruction.entries()) {
    const activity = ACTIVITIES[path.activity[step] ?? 0] ?? 'runs';
    const track = trackAt(timeline, at);
    const other = path.on[step] ?? -1;
    const on = other < 0 ? undefined : trackAt(timeline, other);
    const key = `${activity} ${track} ${on ?? ''}`;
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, (sum = { activity, track, on, ps: 0 }));
    sum.ps += lengthOf(path, step);
  }
  return [...sums.values()]
    .sort((left, right) => right.ps - left.ps)
    .map(({ activity, track, on, ps }) => ({
      words: activityWords(activity, track, on),
      activity,
      track,
      ...(on !== undefined && { on }),
      ps,
      share: shareOf(ps, timeline),
    }));
}

const lengthOf = ({ from, to }: CriticalPath, step: number): number => (to[step] ?? 0) - (from[step] ?? 0);

/** What limits, the largest share first. */
export function limitingResources(timeline: Timeline, path: CriticalPath): readonly ResourceShare[] {
  const sums = new Sums<Resource>();
  for (const [step, at] of path.instruction.entries()) {
    const activity = ACTIVITIES[path.activity[step] ?? 0] ?? 'runs';
    sums.add(resourceOf(timeline, at, activity), lengthOf(path, step));
  }
  return sums.largestFirst().map(([resource, ps]) => ({ resource, ps, share: shareOf(ps, timeline) }));
}

function resourceOf(timeline: Timeline, at: number, activity: Activity): Resource {
  const track = trackAt(timeline, at);
  if (activity === 'moves') return timeline.cause[at] === CAUSE.hbm ? 'hbm' : 'dma';
  const works = activity === 'runs' || activity === 'weights' || activity === 'tables';
  if (!works || track === 'loads' || track === 'stores') return 'latency';
  return track;
}

/** Without the column: a line's instructions belong together. */
function lineOf({ at, opcode }: Instruction): string {
  return at?.replace(/(:\d+):\d+$/, '$1') ?? opcode;
}

/** Where on the path the author's lines are, the largest share first; lines that are nowhere on it are left out. */
export function linesOnPath(timeline: Timeline, path: CriticalPath): readonly LineShare[] {
  const lines = new Map<Instruction['at'], string>();
  const named = (instruction: Instruction): string => {
    if (instruction.at === undefined) return instruction.opcode;
    let line = lines.get(instruction.at);
    if (line === undefined) lines.set(instruction.at, (line = lineOf(instruction)));
    return line;
  };
  const counts = new Map<string, number>();
  for (const instruction of timeline.instructions) {
    const line = named(instruction);
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const sums = new Sums<string>();
  for (const [step, at] of path.instruction.entries()) {
    const instruction = timeline.instructions[at];
    if (instruction !== undefined) sums.add(named(instruction), lengthOf(path, step));
  }
  return sums.largestFirst().map(([line, ps]) => ({
    line,
    instructions: counts.get(line) ?? 0,
    ps,
    share: shareOf(ps, timeline),
  }));
}
