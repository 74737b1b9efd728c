/**
 * The output cut where any tile begins or ends: cells within which nothing changes (coordinate compression), each with a mark.
 * Rectangles over cells are counted by summing a two-dimensional array of differences.
 */
import type { Area, Range } from './types';

export const MARKS = [
  'right',
  'missing',
  'doubled',
  'outside',
  'illegal',
  'torn',
  'wrong',
  'unchecked',
] as const;
export type Mark = (typeof MARKS)[number];

export interface Grid {
  /** Where rows and columns of the grid begin, and where the last ends. */
  readonly m: readonly number[];
  readonly n: readonly number[];
}

/** Where anything begins or ends along one axis, ascending. */
export function edgesOf(ranges: readonly (Range | undefined)[], extent: number): number[] {
  return [...new Set([0, extent, ...ranges.flatMap((range) => range ?? [])])].sort((x, y) => x - y);
}

/** Position of an edge. */
export function placesOf(edges: readonly number[]): ReadonlyMap<number, number> {
  return new Map(edges.map((edge, index) => [edge, index]));
}

/** The cells that a range touches, as positions of edges; of a range that lies beyond all of them, the last. */
export function cellsAround([begin, end]: Range, edges: readonly number[]): Range {
  const first = Math.min(edgesUpTo(edges, begin), edges.length - 1) - 1;
  return [first, Math.max(first + 1, Math.min(edgesUpTo(edges, end - 1), edges.length - 1))];
}

/** How many edges lie at or before a place. */
function edgesUpTo(edges: readonly number[], place: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Infinity) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of the areas touch each cell, row by row. */
export function countOver(areas: readonly Area[], { m, n }: Grid): Int32Array {
  const [rows, columns] = [m.length - 1, n.length - 1];
  const differences = new Int32Array(m.length * n.length);
  for (const area of areas)
    addRectangle(differences, n.length, cellsAround(area.m, m), cellsAround(area.n, n));
  const sums = summed(differences, n.length);
  return Int32Array.from(
    { length: rows * columns },
    (_, cell) => sums[Math.floor(cell / columns) * n.length + (cell % columns)] ?? 0,
  );
}

/** One more for each cell of a rectangle, as differences. */
export function addRectangle(differences: Int32Array, pitch: number, rows: Range, columns: Range): void {
  for (const [row, sign] of [
    [rows[0], 1],
    [rows[1], -1],
  ] as const) {
    for (const [column, by] of [
      [columns[0], sign],
      [columns[1], -sign],
    ] as const) {
      differences[row * pitch + column] = (differences[row * pitch + column] ?? 0) + by;
    }
  }
}

/** Turns differences into the counts that they stand for, in place: each is the sum of all above and to the left. */
export function summed(differences: Int32Array, pitch: number): Int32Array {
  for (let at = 0; at < differences.length; at++) {
    const left = at % pitch === 0 ? 0 : (differences[at - 1] ?? 0);
    const above = at < pitch ? 0 : (differences[at - pitch] ?? 0);
    const corner = at < pitch || at % pitch === 0 ? 0 : (differences[at - pitch - 1] ?? 0);
    differences[at] = (differences[at] ?? 0) + left + above - corner;
  }
  return differences;
}

/** The mark of every cell that an area touches becomes this one, where it is one of those that give way. */
export function marked(
  marks: readonly Mark[],
  areas: readonly Area[],
  grid: Grid,
  mark: Mark,
  giveWay: readonly Mark[],
): readonly Mark[] {
  if (areas.length === 0) return marks;
  const counts = countOver(areas, grid);
  return marks.map((before, cell) => ((counts[cell] ?? 0) > 0 && giveWay.includes(before) ? mark : before));
}

/** Extents of the cell at a place of the grid. */
export function cellAt({ m, n }: Grid, row: number, column: number): Area {
  return { m: [m[row] ?? NaN, m[row + 1] ?? NaN], n: [n[column] ?? NaN, n[column + 1] ?? NaN] };
}
