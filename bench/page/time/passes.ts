/** How far the tiles of an output are at one time. */
import type { ShownTimeline, TileGrid } from './protocol';

export interface Progress {
  /** Of each tile: passes in all, those that are done, and whether one is on the array. */
  readonly passes: Int32Array;
  readonly done: Int32Array;
  readonly running: Uint8Array;
}

export function progressAt(
  { rows, columns, instruction, tile }: TileGrid,
  { start, until }: Pick<ShownTimeline, 'start' | 'until'>,
  time: number,
): Progress {
  const passes = new Int32Array(rows * columns);
  const done = new Int32Array(rows * columns);
  const running = new Uint8Array(rows * columns);
  instruction.forEach((at, pass) => {
    const own = tile[pass] ?? 0;
    passes[own] = (passes[own] ?? 0) + 1;
    if ((until[at] ?? Infinity) <= time) done[own] = (done[own] ?? 0) + 1;
    else if ((start[at] ?? Infinity) <= time) running[own] = 1;
  });
  return { passes, done, running };
}

export interface Tally {
  readonly done: number;
  readonly begun: number;
  readonly toCome: number;
}

/** Tiles without a pass are of no account. */
export function tallyOf({ passes, done, running }: Progress): Tally {
  const tally = { done: 0, begun: 0, toCome: 0 };
  passes.forEach((count, tile) => {
    if (count === 0) return;
    if (done[tile] === count) tally.done++;
    else if ((done[tile] ?? 0) > 0 || running[tile] === 1) tally.begun++;
    else tally.toCome++;
  });
  return tally;
}

/** The tile that is on the array, or -1. */
export function tileOnArray({ running }: Progress): number {
  return running.indexOf(1);
}
