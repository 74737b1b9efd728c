/**
 * What a part of memory holds, in few cells: rows and columns are cut only where some access began or ended, so that a tile
 * that is always taken whole is one cell, whatever its size. Each cell holds a number that says who wrote it; 0 is nobody.
 */
import type { Box, Intervals } from './extent';

/** More cells than this are not followed. */
const MAX_CELLS = 1 << 20;

/** One dimension, cut into intervals. Each has a slot, which it keeps when others are cut: that costs as much as what is new. */
class Axis {
  /** Where intervals start, in ascending order, and the end of the last. */
  readonly #cuts: number[];
  /** The slot of each interval. */
  readonly #slots = [0];
  /** Where the interval of each slot starts. */
  readonly #starts = [0];

  constructor(extent: number) {
    this.#cuts = [0, extent];
  }

  get end(): number {
    return this.#cuts.at(-1) ?? 0;
  }

  get count(): number {
    return this.#slots.length;
  }

  /** The index of the interval that starts at `value`, or -1. */
  find(value: number): number {
    const index = this.#last(value);
    return this.#cuts[index] === value ? index : -1;
  }

  slotOf(interval: number): number {
    return this.#slots[interval] ?? 0;
  }

  /** The start of a slot's interval, and its extent. */
  placeOf(slot: number): { readonly start: number; readonly extent: number } {
    const start = this.#starts[slot] ?? NaN;
    return { start, extent: (this.#cuts[this.find(start) + 1] ?? NaN) - start };
  }

  /** Whether every edge is a cut. Nothing is made: that is so of nearly all accesses. */
  isCut(edges: Intervals): boolean {
    for (const edge of edges) if (this.find(edge) < 0) return false;
    return true;
  }

  /** Cuts an interval in two: the second is new, and its slot the next. @returns the slot of the first. */
  cut(at: number): number {
    const index = this.#last(at);
    const slot = this.slotOf(index);
    this.#cuts.splice(index + 1, 0, at);
    this.#slots.splice(index + 1, 0, this.#starts.length);
    this.#starts.push(at);
    return slot;
  }

  /** The index of the last cut at `value` or below. */
  #last(value: number): number {
    let [low, high] = [0, this.#cuts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#cuts[middle] ?? NaN) <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

export class Cells {
  /** A number for each slot of a row and of a column; 0 too where there are none yet. */
  ids = new Int32Array(1);
  readonly #rows: Axis;
  readonly #columns: Axis;
  /** Slots of columns that `ids` has room for. */
  #stride = 1;
  /** Told how many more cells of an id there are when cells are cut. */
  readonly #grown: (id: number, by: number) => void;

  constructor(rows: number, columns: number, grown: (id: number, by: number) => void) {
    this.#rows = new Axis(rows);
    this.#columns = new Axis(columns);
    this.#grown = grown;
  }

  /**
   * Calls `visit` with the index in `ids` of every cell in the boxes, which are clipped to what there is. False when that
   * takes too many cells; nothing was visited then.
   */
  visit(boxes: readonly Box[], visit: (cell: number) => void): boolean {
    const [rowAxis, columnAxis] = [this.#rows, this.#columns];
    const [rowEnd, columnEnd] = [rowAxis.end, columnAxis.end];
    const inside = boxes.every(({ rows, columns }) => isWithin(rows, rowEnd) && isWithin(columns, columnEnd));
    const within = inside
      ? boxes
      : boxes.map(({ rows, columns }) => ({ rows: clip(rows, rowEnd), columns: clip(columns, columnEnd) }));
    if (!this.#cut(within)) return false;
    for (const { rows, columns } of within) {
      for (let r = 0; r < rows.length; r += 2) {
        const [firstRow, lastRow] = [rowAxis.find(rows[r] ?? 0), rowAxis.find(rows[r + 1] ?? 0)];
        for (let c = 0; c < columns.length; c += 2) {
          const first = columnAxis.find(columns[c] ?? 0);
          const last = columnAxis.find(columns[c + 1] ?? 0);
          for (let row = firstRow; row < lastRow; row++) {
            const start = rowAxis.slotOf(row) * this.#stride;
            for (let column = first; column < last; column++) visit(start + columnAxis.slotOf(column));
          }
        }
      }
    }
    return true;
  }

  /** The first row and column of a cell. */
  cornerOf(cell: number): { readonly row: number; readonly column: number } {
    const [row, column] = this.#placeOf(cell);
    return { row: row.start, column: column.start };
  }

  /** Rows and columns of a cell. */
  sizeOf(cell: number): readonly [rows: number, columns: number] {
    const [row, column] = this.#placeOf(cell);
    return [row.extent, column.extent];
  }

  #placeOf(cell: number): readonly [ReturnType<Axis['placeOf']>, ReturnType<Axis['placeOf']>] {
    return [this.#rows.placeOf(Math.floor(cell / this.#stride)), this.#columns.placeOf(cell % this.#stride)];
  }

  /** Makes every edge of the boxes a cut. */
  #cut(boxes: readonly Box[]): boolean {
    const [rowAxis, columnAxis] = [this.#rows, this.#columns];
    if (boxes.every((box) => rowAxis.isCut(box.rows) && columnAxis.isCut(box.columns))) return true;
    const rows = new Set<number>();
    const columns = new Set<number>();
    for (const box of boxes) {
      for (const edge of box.rows) if (rowAxis.find(edge) < 0) rows.add(edge);
      for (const edge of box.columns) if (columnAxis.find(edge) < 0) columns.add(edge);
    }
    const [allRows, allColumns] = [rowAxis.count + rows.size, columnAxis.count + columns.size];
    if (allRows * allColumns > MAX_CELLS) return false;
    this.#reserve(allRows, allColumns);
    for (const edge of rows) {
      const to = rowAxis.count * this.#stride;
      const from = rowAxis.cut(edge) * this.#stride;
      for (let column = 0; column < columnAxis.count; column++) this.#copy(from + column, to + column);
    }
    for (const edge of columns) {
      const to = columnAxis.count;
      const from = columnAxis.cut(edge);
      for (let row = 0; row < rowAxis.count; row++)
        this.#copy(row * this.#stride + from, row * this.#stride + to);
    }
    return true;
  }

  /** A cell that was cut: its other part holds the same. */
  #copy(from: number, to: number): void {
    const id = this.ids[from] ?? 0;
    if (id === 0) return;
    this.ids[to] = id;
    this.#grown(id, 1);
  }

  /** Makes room for that many slots, and for as many again, so that cells move seldom. */
  #reserve(rows: number, columns: number): void {
    const room = this.ids.length / this.#stride;
    if (rows <= room && columns <= this.#stride) return;
    const stride = columns <= this.#stride ? this.#stride : 2 * columns;
    const ids = new Int32Array((rows <= room ? room : 2 * rows) * stride);
    for (let row = 0; row < this.#rows.count; row++) {
      const start = row * this.#stride;
      ids.set(this.ids.subarray(start, start + this.#columns.count), row * stride);
    }
    this.ids = ids;
    this.#stride = stride;
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
