/** Cells against a plain matrix: what is written is read again, whatever was cut in between, and is counted right. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cells } from '../../src/verify/cells';
import type { Box } from '../../src/verify/extent';

const [ROWS, COLUMNS] = [12, 20];

const interval = (extent: number) =>
  fc
    .tuple(fc.nat(extent), fc.nat(extent))
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

const box: fc.Arbitrary<Box> = fc.record({ rows: interval(ROWS), columns: interval(COLUMNS) });

function inside({ rows, columns }: Box, row: number, column: number): boolean {
  const within = ([from = 0, to = 0]: readonly number[], at: number) => from <= at && at < to;
  return within(rows, row) && within(columns, column);
}

describe('cells', () => {
  it('hold what was written last, in as many cells as are counted', () => {
    fc.assert(
      fc.property(fc.array(box, { minLength: 1, maxLength: 30 }), (boxes) => {
        const counts = new Map<number, number>();
        const count = (id: number, by: number) => counts.set(id, (counts.get(id) ?? 0) + by);
        const cells = new Cells(ROWS, COLUMNS, count);
        const plain = new Int32Array(ROWS * COLUMNS);
        for (const [index, each] of boxes.entries()) {
          const id = index + 1;
          const visited = cells.visit([each], (cell) => {
            const old = cells.ids[cell] ?? 0;
            if (old !== 0) count(old, -1);
            cells.ids[cell] = id;
            count(id, 1);
          });
          expect(visited).toBe(true);
          for (let at = 0; at < plain.length; at++) {
            if (inside(each, Math.floor(at / COLUMNS), at % COLUMNS)) plain[at] = id;
          }
        }

        const found = new Int32Array(ROWS * COLUMNS);
        const held = new Map<number, number>();
        cells.visit([{ rows: [0, ROWS], columns: [0, COLUMNS] }], (cell) => {
          const id = cells.ids[cell] ?? 0;
          const { row, column } = cells.cornerOf(cell);
          const [height, width] = cells.sizeOf(cell);
          for (let y = row; y < row + height; y++)
            found.fill(id, y * COLUMNS + column, y * COLUMNS + column + width);
          if (id !== 0) held.set(id, (held.get(id) ?? 0) + 1);
        });
        expect(found).toEqual(plain);
        for (const [id, number] of counts) expect(number).toBe(held.get(id) ?? 0);
      }),
    );
  });

  it('are visited row by row, however they were cut', () => {
    const cells = new Cells(ROWS, COLUMNS, () => undefined);
    cells.visit([{ rows: [8, 12], columns: [10, 20] }], () => undefined);
    cells.visit([{ rows: [2, 4], columns: [5, 6] }], () => undefined);
    const corners: number[] = [];
    cells.visit([{ rows: [0, ROWS], columns: [0, COLUMNS] }], (cell) => {
      const { row, column } = cells.cornerOf(cell);
      corners.push(row * COLUMNS + column);
    });
    expect(corners).toEqual(corners.toSorted((a, b) => a - b));
    expect(corners).toHaveLength(16);
  });

  it('that would be too many are left as they were', () => {
    const cells = new Cells(4096, 4096, () => undefined);
    const combs = (count: number): Box['rows'] => Array.from({ length: 2 * count }, (_, index) => 2 * index);
    expect(cells.visit([{ rows: combs(1024), columns: combs(1024) }], () => undefined)).toBe(false);
    let visited = 0;
    cells.visit([{ rows: [0, 4096], columns: [0, 4096] }], () => visited++);
    expect(visited).toBe(1);
  });
});
