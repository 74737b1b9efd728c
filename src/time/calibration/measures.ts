/** What is compared: spans, intervals and shares of a Timeline, in nanoseconds and per cent. */
import type { Opcode } from '../../program';
import { TRACKS, type Timeline, type Track } from '../types';

/** Indices of the instructions of an opcode, or on a track, in order. */
function of({ instructions, track }: Timeline, which: Opcode | Track): readonly number[] {
  const indices: number[] = [];
  instructions.forEach(({ opcode }, index) => {
    if (opcode === which || TRACKS[track[index] ?? NaN] === which) indices.push(index);
  });
  return indices;
}

/** The element of an array of the Timeline. @throws Error where there is none, as in a Program without the instruction. */
function at(values: ArrayLike<number>, index: number | undefined): number {
  const value = index === undefined ? undefined : values[index];
  if (value === undefined || Number.isNaN(value)) throw new Error(`no instruction ${index} to measure`);
  return value;
}

/** From its start until what it wrote can be read, of the `nth` instruction of an opcode or track. */
export function duration(timeline: Timeline, which: Opcode | Track, nth = 0): number {
  const index = of(timeline, which)[nth];
  return at(timeline.end, index) - at(timeline.start, index);
}

/** From its first byte to its last, of the `nth` DMA of a queue. */
export function transfer(timeline: Timeline, queue: 'loads' | 'stores', nth = 0): number {
  const index = of(timeline, queue)[nth];
  return at(timeline.end, index) - at(timeline.moving, index);
}

/** From its trigger to its first byte, of the first DMA of a queue. */
export function triggerToByte(timeline: Timeline, queue: 'loads' | 'stores'): number {
  const index = of(timeline, queue)[0];
  return at(timeline.moving, index) - at(timeline.start, index);
}

/** Between the starts of instructions that follow each other: the median. */
export function interval(timeline: Timeline, which: Opcode | Track): number {
  const starts = Float64Array.from(of(timeline, which), (index) => timeline.start[index] ?? NaN).sort();
  const between = starts
    .subarray(1)
    .map((start, index) => start - (starts[index] ?? NaN))
    .sort();
  return at(between, between.length >> 1);
}

/** From the start of the first instruction of a track to the end of its last. */
export function span(timeline: Timeline, track: Track): number {
  const indices = of(timeline, track);
  return at(timeline.end, indices.at(-1)) - at(timeline.start, indices[0]);
}

/**
 * ns in which at least one instruction of a track was under way, from when it began to load weights or to move bytes until what it
 * wrote was there: the active time of the vendor's profiler, whose instructions overlap on its timelines in the same way.
 */
export function active(timeline: Timeline, tracks: readonly Track[]): number {
  const { start, loading, moving, end } = timeline;
  const begin = (index: number) => {
    const [loads = NaN, moves = NaN] = [loading[index], moving[index]];
    if (!Number.isNaN(moves)) return moves;
    return Number.isNaN(loads) ? at(start, index) : loads;
  };
  const indices = tracks.flatMap((track) => of(timeline, track));
  indices.sort((left, right) => begin(left) - begin(right));
  let [total, until] = [0, 0];
  for (const index of indices) {
    const to = at(end, index);
    total += Math.max(0, to - Math.max(begin(index), until));
    until = Math.max(until, to);
  }
  return total;
}

/** Per cent of the total in which a track, or any of several, was active. */
export function activeShare(timeline: Timeline, ...tracks: readonly Track[]): number {
  return (100 * active(timeline, tracks)) / timeline.total;
}

/** ns that the 16 DMA engines were busy, added up. */
export function packetTime(timeline: Timeline): number {
  return timeline.dmaBusy.reduce((sum, busy) => sum + busy, 0);
}

/** Bytes per ns of each of the 16 DMA engines while loads follow each other, the first ones left out. */
export function sustained(timeline: Timeline, bytesOfLoad: number): number {
  const loads = of(timeline, 'loads');
  const first = Math.floor(loads.length / 4);
  const time = at(timeline.end, loads.at(-1)) - at(timeline.end, loads[first]);
  return ((loads.length - 1 - first) * bytesOfLoad) / time / 16;
}
