/**
 * What a part of memory holds, in few cells: rows and columns are cut only where some access began or ended, so that a tile
 * that is always taken whole is one cell, whatever its size. Each cell holds a number that says who wrote it; 0 is nobody.
 */
import type { Box, Intervals } from './extent';

/** More cells than this are not followed. */
const MAX_CELLS = 1 << 20;

/** The index of the interval that starts at `value`, or -1. */
function find(cuts: readonly number[], value: number): number {
  let [low, high] = [0, cuts.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const cut = cuts[middle] ?? NaN;
    if (cut === value) return middle;
    if (cut < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Whether every edge is a cut. Nothing is made: that is so of nearly all accesses. */
function isCut(cuts: readonly number[], edges: Intervals): boolean {
  for (const edge of edges) if (find(cuts, edge) < 0) return false;
  return true;
}

/** Cuts that are not there yet. */
function missing(cuts: readonly number[], wanted: Intervals): readonly number[] {
  const found = wanted.length > 2 ? new Set(cuts) : undefined;
  return wanted.filter((cut) => (found === undefined ? find(cuts, cut) < 0 : !found.has(cut)));
}

function merged(cuts: readonly number[], more: readonly number[]): number[] {
  return more.length === 0 ? [...cuts] : [...new Set([...cuts, ...more])].sort((a, b) => a - b);
}

/** For each new interval, the old one that it is part of. */
function parents(before: readonly number[], after: readonly number[]): readonly number[] {
  let index = 0;
  return after.slice(0, -1).map((start) => {
    while ((before[index + 1] ?? Infinity) <= start) index++;
    return index;
  });
}

export class Cells {
  ids: Int32Array;
  #rows: number[];
  #columns: number[];
  /** Told how many more cells of an id there are when cells are cut. */
  readonly #grown: (id: number, by: number) => void;

  constructor(rows: number, columns: number, grown: (id: number, by: number) => void) {
    this.#rows = [0, rows];
    this.#columns = [0, columns];
    this.ids = new Int32Array(1);
    this.#grown = grown;
  }

  /**
   * Calls `visit` with the index in `ids` of every cell in the boxes, which are clipped to what there is. False when that
   * takes too many cells; nothing was visited then.
   */
  visit(boxes: readonly Box[], visit: (cell: number) => void): boolean {
    const [rowEnd, columnEnd] = [this.#rows.at(-1) ?? 0, this.#columns.at(-1) ?? 0];
    const inside = boxes.every(({ rows, columns }) => isWithin(rows, rowEnd) && isWithin(columns, columnEnd));
    const within = inside
      ? boxes
      : boxes.map(({ rows, columns }) => ({ rows: clip(rows, rowEnd), columns: clip(columns, columnEnd) }));
    if (!this.#cut(within)) return false;
    const stride = this.#columns.length - 1;
    for (const { rows, columns } of within) {
      for (let r = 0; r < rows.length; r += 2) {
        const [firstRow, lastRow] = [find(this.#rows, rows[r] ?? 0), find(this.#rows, rows[r + 1] ?? 0)];
        for (let c = 0; c < columns.length; c += 2) {
          const first = find(this.#columns, columns[c] ?? 0);
          const last = find(this.#columns, columns[c + 1] ?? 0);
          for (let row = firstRow; row < lastRow; row++) {
            for (let column = first; column < last; column++) visit(row * stride + column);
          }
        }
      }
    }
    return true;
  }

  /** The first row and column of a cell. */
  cornerOf(cell: number): { readonly row: number; readonly column: number } {
    const stride = this.#columns.length - 1;
    return { row: this.#rows[Math.floor(cell / stride)] ?? NaN, column: this.#columns[cell % stride] ?? NaN };
  }

  /** Rows and columns of a cell. */
  sizeOf(cell: number): readonly [rows: number, columns: number] {
    const stride = this.#columns.length - 1;
    const [row, column] = [Math.floor(cell / stride), cell % stride];
    const size = (cuts: readonly number[], index: number) => (cuts[index + 1] ?? NaN) - (cuts[index] ?? NaN);
    return [size(this.#rows, row), size(this.#columns, column)];
  }

  /** Makes every edge of the boxes a cut. */
  #cut(boxes: readonly Box[]): boolean {
    if (boxes.every((box) => isCut(this.#rows, box.rows) && isCut(this.#columns, box.columns))) return true;
    const rows = boxes.flatMap((box) => missing(this.#rows, box.rows));
    const columns = boxes.flatMap((box) => missing(this.#columns, box.columns));
    if (rows.length === 0 && columns.length === 0) return true;
    const [allRows, allColumns] = [merged(this.#rows, rows), merged(this.#columns, columns)];
    if ((allRows.length - 1) * (allColumns.length - 1) > MAX_CELLS) return false;
    const [fromRows, fromColumns] = [parents(this.#rows, allRows), parents(this.#columns, allColumns)];
    const stride = this.#columns.length - 1;
    const ids = new Int32Array(fromRows.length * fromColumns.length);
    for (const id of this.ids) if (id !== 0) this.#grown(id, -1);
    let cell = 0;
    for (const row of fromRows) {
      for (const column of fromColumns) {
        const id = this.ids[row * stride + column] ?? 0;
        if (id !== 0) this.#grown(id, 1);
        ids[cell++] = id;
      }
    }
    this.#rows = allRows;
    this.#columns = allColumns;
    this.ids = ids;
    return true;
  }
}

const isWithin = (intervals: Intervals, end: number): boolean =>
  (intervals[0] ?? 0) >= 0 && (intervals.at(-1) ?? 0) <= end;

function clip(intervals: Intervals, end: number): Intervals {
  if (isWithin(intervals, end)) return intervals;
  const clipped: number[] = [];
  for (let index = 0; index < intervals.length; index += 2) {
    const [from, to] = [Math.max(intervals[index] ?? 0, 0), Math.min(intervals[index + 1] ?? 0, end)];
    if (from < to) clipped.push(from, to);
  }
  return clipped;
}
