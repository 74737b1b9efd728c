/** Rectangles of bytes, held against the offsets that a pattern visits one by one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetsOf } from '../../src/program';
import type { Dim } from '../../src/program';
import { Cells } from '../../src/verify/cells';
import { boxesBetween, boxesCovered, bytesCovered, type Box } from '../../src/verify/extent';

const dims: fc.Arbitrary<readonly Dim[]> = fc.array(
  fc.tuple(fc.integer({ min: -9, max: 30 }), fc.integer({ min: 1, max: 5 })),
  { maxLength: 4 },
);
/** High enough that no negative stride leaves the tensor. */
const offset = fc.integer({ min: 150, max: 200 });

function bytesVisited(from: number, steps: readonly Dim[], width: number): Set<number> {
  const offsets = offsetsOf({ space: 'hbm', tensor: '', dtype: 'int8', offset: from, dims: steps });
  return new Set(
    [...offsets].flatMap((each) => Array.from({ length: width }, (_, byte) => each * width + byte)),
  );
}

function bytesOfBoxes(boxes: readonly Box[], pitch: number): Set<number> {
  const bytes = new Set<number>();
  const each = (intervals: readonly number[], visit: (at: number) => void) => {
    for (let index = 0; index < intervals.length; index += 2) {
      for (let at = intervals[index] ?? 0; at < (intervals[index + 1] ?? 0); at++) visit(at);
    }
  };
  for (const { rows, columns } of boxes) each(rows, (row) => { each(columns, (column) => bytes.add(row * pitch + column)); }); // prettier-ignore
  return bytes;
}

test('boxes cover the bytes that a pattern visits and no others, whatever the pitch', () => {
  fc.assert(
    fc.property(
      offset,
      dims,
      fc.constantFrom(1, 2, 4),
      fc.integer({ min: 1, max: 40 }),
      (from, steps, width, elements) => {
        const pitch = elements * width;
        const boxes = boxesCovered(from, steps, width, pitch) ?? [];
        expect(bytesOfBoxes(boxes, pitch)).toEqual(bytesVisited(from, steps, width));
        const columns = bytesCovered(from, steps, width) ?? [];
        expect(bytesOfBoxes([{ rows: [0, 1], columns }], 1e6)).toEqual(bytesVisited(from, steps, width));
        expect(columns).toEqual(columns.toSorted((a, b) => a - b));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a range of bytes is at most three boxes', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), fc.integer({ min: 1, max: 40 }), (start, length, pitch) => {
      const boxes = boxesBetween(start, start + length, pitch);
      expect(boxes.length).toBeLessThanOrEqual(3);
      expect([...bytesOfBoxes(boxes, pitch)]).toEqual(Array.from({ length }, (_, index) => start + index));
    }),
  );
});

test('cells hold what was last written to each byte, and are counted as they are cut', () => {
  const interval = (end: number) =>
    fc
      .tuple(fc.nat(end - 1), fc.integer({ min: 1, max: end }))
      .map(([from, size]) => [from, Math.min(from + size, end)]);
  const box = fc.record({ rows: interval(8), columns: interval(16) });
  fc.assert(
    fc.property(fc.array(box, { maxLength: 12 }), (boxes) => {
      const counts = new Map<number, number>();
      const change = (id: number, by: number) => counts.set(id, (counts.get(id) ?? 0) + by);
      const cells = new Cells(8, 16, change);
      const bytes = new Int32Array(8 * 16);
      for (const [index, each] of boxes.entries()) {
        cells.visit([each], (cell) => {
          const old = cells.ids[cell] ?? 0;
          if (old !== 0) change(old, -1);
          cells.ids[cell] = index + 1;
          change(index + 1, 1);
        });
        for (const byte of bytesOfBoxes([each], 16)) bytes[byte] = index + 1;
      }
      const held = new Int32Array(8 * 16);
      cells.visit([{ rows: [0, 8], columns: [0, 16] }], (cell) => {
        const { row, column } = cells.cornerOf(cell);
        const [height, width] = cells.sizeOf(cell);
        const area = { rows: [row, row + height], columns: [column, column + width] };
        for (const byte of bytesOfBoxes([area], 16)) held[byte] = cells.ids[cell] ?? 0;
      });
      expect(held).toEqual(bytes);
      for (const [id, count] of counts) expect(cells.ids.filter((each) => each === id)).toHaveLength(count);
    }),
  );
});
