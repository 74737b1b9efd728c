/** Where slices are drawn: slices of one row must not overlap, so what a track does at once is dealt out to rows. */

/** Slices of a track by the time they begin, and the row of each, from 0. */
export interface Rows {
  readonly order: Int32Array;
  readonly row: Int32Array;
  readonly rows: number;
}

/**
 * Deals slices out to as few rows as it takes: each to the first row that is free. `from` and `to` are whole numbers by
 * instruction.
 */
export function rowsOf(instructions: readonly number[], from: Float64Array, to: Float64Array): Rows {
  const order = Int32Array.from(instructions);
  const begin = (at: number): number => from[at] ?? 0;
  order.sort((a, b) => begin(a) - begin(b) || a - b);
  const free: number[] = [];
  const row = order.map((at) => {
    const first = free.findIndex((time) => time <= begin(at));
    const chosen = first < 0 ? free.length : first;
    free[chosen] = to[at] ?? 0;
    return chosen;
  });
  return { order, row, rows: free.length };
}
