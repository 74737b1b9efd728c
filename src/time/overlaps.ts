/** Which boxes have bytes in common, and which have all of another's: once for all accesses, since boxes are far fewer. */
import { BOX, COLUMNS, ROWS } from './boxes';
import { covers, meet } from './combs';

/** Pairs of a memory's boxes that are followed; where more overlap, its accesses are all taken for one place. */
const MAX_PAIRS = 1 << 25;

/**
 * What overlaps box b: from offsets[3 b] on itself and those that have all of it, from offsets[3 b + 1] on those that it has all of,
 * from offsets[3 b + 2] to offsets[3 b + 3] the others.
 */
export interface Overlaps {
  readonly offsets: Int32Array;
  readonly boxes: Int32Array;
  /** The box that stands for each: itself, as a rule. */
  readonly place: Int32Array;
}

/** What another box is to one. */
const [HAS_IT, IT_HAS, OTHER] = [0, 1, 2];

/** Boxes of one memory in the same rows, in the order of their columns. */
type Band = Int32Array;

export function overlapsOf(table: Int32Array, count: number): Overlaps {
  const place = Int32Array.from({ length: count }, (_, box) => box);
  const offsets = new Int32Array(3 * count + 1);
  const add = (box: number, kind: number) => {
    offsets[3 * box + kind + 1] = (offsets[3 * box + kind + 1] ?? 0) + 1;
  };
  for (let box = 0; box < count; box++) add(box, HAS_IT);
  const followed = memoriesOf(table, count).filter((bands) => {
    let left = MAX_PAIRS;
    const few = eachPair(table, bands, (box, other) => {
      add(box, kindOf(table, box, other));
      add(other, kindOf(table, other, box));
      return --left >= 0;
    });
    if (few) return true;
    const one = bands[0]?.[0] ?? 0;
    for (const box of bands.flatMap((band) => [...band])) {
      place[box] = one;
      offsets.set([1, 0, 0], 3 * box + 1);
    }
    return false;
  });
  for (let at = 0; at < 3 * count; at++) offsets[at + 1] = (offsets[at + 1] ?? 0) + (offsets[at] ?? 0);
  const boxes = new Int32Array(offsets[3 * count] ?? 0);
  const next = offsets.slice();
  const put = (box: number, kind: number, other: number) => {
    const slot = next[3 * box + kind] ?? 0;
    boxes[slot] = other;
    next[3 * box + kind] = slot + 1;
  };
  for (let box = 0; box < count; box++) put(box, HAS_IT, box);
  for (const bands of followed) {
    eachPair(table, bands, (box, other) => {
      put(box, kindOf(table, box, other), other);
      put(other, kindOf(table, other, box), box);
      return true;
    });
  }
  return { offsets, boxes, place };
}

function kindOf(table: Int32Array, box: number, other: number): number {
  if (hasAll(table, other, box)) return HAS_IT;
  return hasAll(table, box, other) ? IT_HAS : OTHER;
}

function hasAll(table: Int32Array, a: number, b: number): boolean {
  return covers(table, a * BOX + ROWS, b * BOX + ROWS) && covers(table, a * BOX + COLUMNS, b * BOX + COLUMNS);
}

/** The bands of each memory, in the order of their first rows. */
function memoriesOf(table: Int32Array, count: number): readonly (readonly Band[])[] {
  /** How two boxes differ in the first that they differ in of memory, rows, and first column. */
  const difference = (a: number, b: number, fields: number) => {
    for (let field = 0; field < fields; field++) {
      const apart = (table[a * BOX + field] ?? 0) - (table[b * BOX + field] ?? 0);
      if (apart !== 0) return apart;
    }
    return 0;
  };
  const sorted = Int32Array.from({ length: count }, (_, box) => box).sort((a, b) =>
    difference(a, b, COLUMNS + 1),
  );
  const memories: Band[][] = [];
  for (let from = 0, to = 0; from < count; from = to) {
    const box = sorted[from] ?? 0;
    while (to < count && difference(sorted[to] ?? 0, box, COLUMNS) === 0) to++;
    if (from === 0 || difference(sorted[from - 1] ?? 0, box, ROWS) !== 0) memories.push([]);
    memories.at(-1)?.push(sorted.subarray(from, to));
  }
  return memories;
}

/** Whether to go on. */
type Visit = (box: number, other: number) => boolean;

/** Every two boxes of a memory that overlap, once: by rows, and in rows that overlap by columns. False where `visit` ended it. */
function eachPair(table: Int32Array, bands: readonly Band[], visit: Visit): boolean {
  const open: Band[] = [];
  for (const band of bands) {
    if (!pairsWithin(table, band, visit)) return false;
    const rows = rowsOf(band);
    let kept = 0;
    for (const other of open) {
      if ((table[rowsOf(other) + 1] ?? 0) <= (table[rows] ?? 0)) continue;
      open[kept++] = other;
      if (meet(table, rowsOf(other), rows) && !pairsBetween(table, other, band, visit)) return false;
    }
    open.length = kept;
    open.push(band);
  }
  return true;
}

const rowsOf = (band: Band) => (band[0] ?? 0) * BOX + ROWS;

function pairsWithin(table: Int32Array, band: Band, visit: Visit): boolean {
  if (band.length === 1) return true;
  const open: number[] = [];
  for (const box of band) {
    if (!pairsWith(table, box, open, visit)) return false;
    open.push(box);
  }
  return true;
}

function pairsBetween(table: Int32Array, left: Band, right: Band, visit: Visit): boolean {
  const [openLeft, openRight]: [number[], number[]] = [[], []];
  const column = (box: number | undefined) =>
    box === undefined ? Infinity : (table[box * BOX + COLUMNS] ?? 0);
  let [i, j] = [0, 0];
  // When one side is at its end and none of it is left open, the rest of the other meets nothing.
  while ((i < left.length || openLeft.length > 0) && (j < right.length || openRight.length > 0)) {
    const [a, b] = [left[i], right[j]];
    if (a !== undefined && column(a) <= column(b)) {
      if (!pairsWith(table, a, openRight, visit)) return false;
      openLeft.push(a);
      i++;
    } else if (b !== undefined) {
      if (!pairsWith(table, b, openLeft, visit)) return false;
      openRight.push(b);
      j++;
    } else break;
  }
  return true;
}

/** A box with those that began before it, of which those that have ended are dropped. */
function pairsWith(table: Int32Array, box: number, open: number[], visit: Visit): boolean {
  const columns = box * BOX + COLUMNS;
  let kept = 0;
  for (const other of open) {
    if ((table[other * BOX + COLUMNS + 1] ?? 0) <= (table[columns] ?? 0)) continue;
    open[kept++] = other;
    if (meet(table, columns, other * BOX + COLUMNS) && !visit(box, other)) return false;
  }
  open.length = kept;
  return true;
}
