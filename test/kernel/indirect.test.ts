/** Views whose place an index in SBUF names, run: what DMA moves is what a plain loop over rows moves. */
import { expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import type { ChipView, HbmView, Nc } from '../../src/kernel';
import { traced } from './tracing';

const [ROWS, COLUMNS] = [20, 3];
const TABLE = Uint32Array.from({ length: ROWS * COLUMNS }, (_, element) => 1000 + element);

/** Part of a row of the table. */
const row = (index: number, first = 0, last = COLUMNS) => [
  ...TABLE.subarray(index * COLUMNS + first, index * COLUMNS + last),
];

interface Setting {
  readonly nc: Nc;
  readonly table: HbmView;
  /** In SBUF, a partition each. */
  readonly index: ChipView;
}

/** Codes of the output "out" of a kernel over the table and an index. */
function outOf(index: readonly number[], body: (setting: Setting) => void): number[] {
  const shape = [index.length, 1];
  const { program } = traced(
    (nc, { table, index: named }) => {
      if (table === undefined || named === undefined) throw new Error('no inputs');
      const inSbuf = nc.sbuf(shape, 'uint32');
      nc.dma_copy(inSbuf, { src: named });
      body({ nc, table, index: inSbuf });
    },
    { inputs: { table: { shape: [ROWS, COLUMNS], dtype: 'uint32' }, index: { shape, dtype: 'uint32' } } },
  );
  return [...(runProgram(program, { table: TABLE, index: Uint32Array.from(index) })['out'] ?? [])];
}

test('rows that an index names are gathered, in its order, repeated ones too', () => {
  const index = [7, 0, 19, 7, 4];
  const gathered = outOf(index, ({ nc, table, index: picked }) => {
    const tile = nc.sbuf([index.length, 2], 'uint32');
    nc.dma_copy(tile, { src: table.slice('all', [1, 3]).indirect(picked) });
    nc.dma_copy(nc.hbm('out', [index.length, 2], 'uint32'), { src: tile });
  });
  expect(gathered).toEqual(index.flatMap((picked) => row(picked, 1)));
});

test('more rows can be gathered than there are', () => {
  const index = Array.from({ length: 3 * ROWS }, (_, at) => (at * 7) % ROWS);
  const gathered = outOf(index, ({ nc, table, index: picked }) => {
    const tile = nc.sbuf([index.length, COLUMNS], 'uint32');
    nc.dma_copy(tile, { src: table.indirect(picked) });
    nc.dma_copy(nc.hbm('out', [index.length, COLUMNS], 'uint32'), { src: tile });
  });
  expect(gathered).toEqual(index.flatMap((picked) => row(picked)));
});

test('rows are scattered to where an index says', () => {
  const index = [2, 0, 3, 1];
  const scattered = outOf(index, ({ nc, table, index: picked }) => {
    const tile = nc.sbuf([index.length, COLUMNS], 'uint32');
    nc.dma_copy(tile, { src: table.slice([0, index.length]) });
    nc.dma_copy(nc.hbm('out', [index.length, COLUMNS], 'uint32').indirect(picked), { src: tile });
  });
  expect(scattered).toEqual([1, 3, 0, 2].flatMap((from) => row(from)));
});

test('one element moves a view along the dimension that is named', () => {
  const along = (axis: number) =>
    outOf([2], ({ nc, table, index }) => {
      const tile = nc.sbuf([4, 1], 'uint32');
      nc.dma_copy(tile, { src: table.slice([3, 7], [0, 1]).offsetBy(axis, index) });
      nc.dma_copy(nc.hbm('out', [4, 1], 'uint32'), { src: tile });
    });
  expect(along(0)).toEqual([5, 6, 7, 8].flatMap((at) => row(at, 0, 1)));
  expect(along(1)).toEqual([3, 4, 5, 6].flatMap((at) => row(at, 2, 3)));
});
