/** Views whose place an index in SBUF names, run: what DMA and the engines of trn3 move is what a plain loop moves. */
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import type { ChipView, HbmView, Nc } from '../../src/kernel';
import { verifyProgram } from '../../src/verify';
import { onlyBy, ruleOf, traced, type Body } from './tracing';

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

describe('on chip', () => {
  const [P, WIDTH, N] = [48, 30, 32];
  const X = Uint32Array.from({ length: P * WIDTH }, (_, element) => 1000 + element);
  /** Element of row p that the i-th offset of its group of 16 names; every group has other ones. */
  const named = (p: number, i: number) => (7 * i + Math.floor(p / 16)) % WIDTH;
  /** The index tile: the offsets of a group go down its 16 partitions, then on in the next column. */
  const INDEX = Uint16Array.from({ length: P * 2 }, (_, at) =>
    named(at >> 1, ((at >> 1) % 16) + 16 * (at & 1)),
  );
  const inputs = {
    x: { shape: [P, WIDTH], dtype: 'uint32' },
    index: { shape: [P, 2], dtype: 'uint16' },
  } as const;

  function run(body: (nc: Nc, x: ChipView, index: ChipView) => void): number[] {
    const { program } = traced(
      (nc, given) => {
        if (given['x'] === undefined || given['index'] === undefined) throw new Error('no inputs');
        const x = nc.sbuf([P, WIDTH], 'uint32');
        const index = nc.sbuf([P, 2], 'uint16');
        nc.dma_copy(x, { src: given['x'] });
        nc.dma_copy(index, { src: given['index'] });
        body(nc, x, index);
      },
      { chip: 'trn3', inputs },
    );
    expect(verifyProgram(program).findings).toEqual([]);
    return [...(runProgram(program, { x: X, index: INDEX })['out'] ?? [])];
  }

  test('elements that an index names are gathered, counted from the view’s first', () => {
    const out = run((nc, x, index) => {
      const y = nc.sbuf([P, 16], 'uint32');
      nc.tensor_copy(y, { src: x.slice('all', [0, WIDTH]).indirect(index.slice('all', [1, 2]), 16) });
      nc.dma_copy(nc.hbm('out', [P, 16], 'uint32'), { src: y });
    });
    const wanted = Array.from(
      { length: P * 16 },
      (_, at) => 1000 + (at >> 4) * WIDTH + named(at >> 4, 16 + (at & 15)),
    );
    expect(out).toEqual(wanted);
  });

  test('elements are scattered to where an index says, others stay', () => {
    const out = run((nc, x, index) => {
      const y = nc.sbuf([P, WIDTH + 2], 'uint32');
      nc.memset(y, { value: 5 });
      nc.tensor_copy(y.slice('all', [2, WIDTH + 2]).indirect(index, 20), { src: x.slice('all', [0, 20]) });
      nc.dma_copy(nc.hbm('out', [P, WIDTH + 2], 'uint32'), { src: y });
    });
    const wanted = new Array<number>(P * (WIDTH + 2)).fill(5);
    for (let p = 0; p < P; p++) {
      for (let i = 0; i < 20; i++) wanted[p * (WIDTH + 2) + 2 + named(p, i)] = 1000 + p * WIDTH + i;
    }
    expect(out).toEqual(wanted);
  });

  test('sixteen partitions take all elements of an index where nothing else is said', () => {
    const copy = onlyBy('tensor_copy', (nc) => {
      const index = nc.sbuf([16, 3], 'uint16');
      nc.tensor_copy(nc.sbuf([16, 48], 'float32'), { src: nc.sbuf([16, 5], 'float32').indirect(index) });
    }, { chip: 'trn3' }); // prettier-ignore
    expect(copy.sources).toMatchObject({
      src: { dims: [[0, 48]], index: { partitions: 16, dims: [[1, 3]] } },
    });
  });

  test('what is not legal is told at the call', () => {
    const copies = (nc: Nc, elements?: number) => {
      const index = nc.sbuf([P, 2], 'uint16');
      nc.tensor_copy(nc.sbuf([P, N], 'float32'), {
        src: nc.sbuf([P, WIDTH], 'float32').indirect(index, elements),
      });
    };
    expect(ruleOf((nc) => { copies(nc); }, { chip: 'trn3' })).toBe(
      'src must have at most 32 elements, which an index of 48 x 2 gives to groups of 16 partitions, received 96.',
    ); // prettier-ignore
    expect(ruleOf((nc) => { copies(nc, N); }, { chip: 'trn2' })).toBe(
      'src: an index chooses elements on trn3 only, received trn2.',
    ); // prettier-ignore
    const others: Body<ChipView> = (nc) => nc.sbuf([P, 2], 'uint16');
    const { given } = traced(others);
    expect(
      ruleOf(
        (nc) => {
          const src = nc.sbuf([P, WIDTH], 'float32').indirect(given, N);
          nc.tensor_copy(nc.sbuf([P, N], 'float32'), { src });
        },
        { chip: 'trn3' },
      ),
    ).toBe('src.index is a view of "sb" of another kernel.');
  });

  test('accumulation is not inferred where an index scatters a sum, and is over in all of its tensor', () => {
    const matmul = (nc: Nc, accumulate?: boolean) => {
      const index = nc.sbuf([32, 1], 'uint16');
      const operand = nc.sbuf([32, 32], 'bfloat16');
      const sum = nc.psum([32, 64], 'float32');
      const operands = { stationary: operand, moving: operand };
      nc.nc_matmul(sum.slice('all', [0, 32]), operands);
      nc.nc_matmul(sum.indirect(index, 32), { ...operands, accumulate });
      nc.nc_matmul(sum.slice('all', [0, 32]), operands);
    };
    const setting = { chip: 'trn3' } as const;
    expect(ruleOf((nc) => { matmul(nc); }, setting)).toBe(
      'accumulate cannot be inferred where an index scatters dst: give accumulate: true or false.',
    ); // prettier-ignore
    expect(ruleOf((nc) => { matmul(nc, false); }, setting)).toBe(
      'accumulate can be inferred where dst is all of an open accumulation region or none of it, received partitions 0..31, elements 0..31 of "ps" where partitions 0..31, elements that an index chooses are open: give accumulate: true or false.',
    ); // prettier-ignore
  });
});
