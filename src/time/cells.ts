/**
 * Who wrote and read each part of a memory last. Rows and columns are cut wherever some access of the stream begins or ends, so
 * that a tile that is always taken whole is one cell. Of readers the last one on each track is kept: tracks are in order.
 */
import { BOX, type Boxes } from './boxes';
import { TRACKS } from './types';

const WIDTH = TRACKS.length;

export class Cells {
  /** The row and column cuts, each with its index. */
  readonly #rows = new Map<number, number>();
  readonly #columns = new Map<number, number>();
  #writers = new Int32Array(0);
  #readers = new Int32Array(0);

  constructor(rows: ReadonlySet<number>, columns: ReadonlySet<number>) {
    [...rows].sort((a, b) => a - b).forEach((cut, index) => this.#rows.set(cut, index));
    [...columns].sort((a, b) => a - b).forEach((cut, index) => this.#columns.set(cut, index));
    const cells = rows.size * columns.size;
    this.#writers = new Int32Array(cells).fill(-1);
    this.#readers = new Int32Array(cells * WIDTH).fill(-1);
  }

  /** For each track, the last instruction on it that wrote any of a box; `track` tells an instruction's. */
  writersOf(data: Int32Array, box: number, track: Uint8Array, latest: Int32Array): void {
    this.#each(data, box, (cell) => {
      const writer = this.#writers[cell] ?? -1;
      if (writer < 0) return;
      const on = track[writer] ?? 0;
      if ((latest[on] ?? -1) < writer) latest[on] = writer;
    });
  }

  /** The same of those that read any of it since it was written. */
  readersOf(data: Int32Array, box: number, latest: Int32Array): void {
    this.#each(data, box, (cell) => {
      for (let on = 0; on < WIDTH; on++) {
        const reader = this.#readers[cell * WIDTH + on] ?? -1;
        if ((latest[on] ?? -1) < reader) latest[on] = reader;
      }
    });
  }

  read(data: Int32Array, box: number, by: number, track: number): void {
    this.#each(data, box, (cell) => {
      this.#readers[cell * WIDTH + track] = by;
    });
  }

  write(data: Int32Array, box: number, by: number): void {
    this.#each(data, box, (cell) => {
      this.#writers[cell] = by;
      this.#readers.fill(-1, cell * WIDTH, (cell + 1) * WIDTH);
    });
  }

  #each(data: Int32Array, box: number, visit: (cell: number) => void): void {
    const stride = this.#columns.size;
    const rowEnd = this.#rows.get(data[box + 3] ?? 0) ?? 0;
    const column = this.#columns.get(data[box + 4] ?? 0) ?? 0;
    const columnEnd = this.#columns.get(data[box + 5] ?? 0) ?? 0;
    for (let row = this.#rows.get(data[box + 2] ?? 0) ?? 0; row < rowEnd; row++) {
      for (let at = column; at < columnEnd; at++) visit(row * stride + at);
    }
  }
}

/** The cells of each memory that boxes are in. */
export function cellsOf({ data, memories }: Boxes): readonly Cells[] {
  const cuts = Array.from({ length: memories }, () => ({
    rows: new Set<number>(),
    columns: new Set<number>(),
  }));
  for (let box = 0; box < data.length; box += BOX) {
    const { rows, columns } = cuts[data[box + 1] ?? 0] ?? {};
    rows?.add(data[box + 2] ?? 0).add(data[box + 3] ?? 0);
    columns?.add(data[box + 4] ?? 0).add(data[box + 5] ?? 0);
  }
  return cuts.map(({ rows, columns }) => new Cells(rows, columns));
}
