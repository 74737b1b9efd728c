import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import { ds, type Nc } from '../../src/kernel';
import { decodeArray, encodeArray } from '../../src/numerics';
import { instructionsBy, refusalOf, traced, type Body } from './tracing';

const [K, ROWS, COLUMNS] = [32, 64, 12];
const INPUTS = {
  lhsT: { shape: [K, ROWS], dtype: 'bfloat16' },
  rhs: { shape: [K, COLUMNS], dtype: 'bfloat16' },
} as const;

/** Small whole numbers, so that every sum is exact. */
const LEFT = Array.from({ length: K * ROWS }, (_, index) => ((index * 7) % 5) - 2);
const RIGHT = Array.from({ length: K * COLUMNS }, (_, index) => ((index * 11) % 7) - 3);

const dot = (row: number, column: number) => {
  let sum = 0;
  for (let k = 0; k < K; k++) sum += (LEFT[k * ROWS + row] ?? NaN) * (RIGHT[k * COLUMNS + column] ?? NaN);
  return sum;
};

/** Part of PSUM: rows from 0 or 32, and columns with a step. */
interface Part {
  readonly rows: readonly [from: number, to: number];
  readonly from: number;
  readonly count: number;
  readonly step: number;
}

const part: fc.Arbitrary<Part> = fc
  .record({
    rows: fc.constantFrom([0, 32], [32, 64], [0, 64] as const),
    from: fc.nat(5),
    count: fc.integer({ min: 1, max: 3 }),
    step: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ rows: [from = 0, to = 0], ...columns }) => ({ rows: [from, to] as const, ...columns }));

type Act =
  | { readonly act: 'add'; readonly part: Part; readonly source: number }
  | { readonly act: 'read' | 'write' | 'codes'; readonly part: Part };

/** A few parts, and what is done to them, so that they are met again. */
const acts: fc.Arbitrary<readonly Act[]> = fc.array(part, { minLength: 1, maxLength: 3 }).chain((parts) => {
  const one = fc.constantFrom(...parts);
  const act: fc.Arbitrary<Act> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ act: fc.constant('add' as const), part: one, source: fc.nat(4) }) },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constantFrom('read', 'write', 'codes' as const), part: one }),
    },
  );
  return fc.array(act, { maxLength: 12 });
});

/** Elements of PSUM, row-major in the order of the part. */
function cellsOf({ rows, from, count, step }: Part): number[] {
  const cells: number[] = [];
  for (let row = rows[0]; row < rows[1]; row++) {
    for (let at = 0; at < count; at++) cells.push(row * COLUMNS + from + at * step);
  }
  return cells;
}

/** The oracle: PSUM element by element, each open for one group of matmuls or for none. */
class Plain {
  readonly values = new Array<number>(ROWS * COLUMNS).fill(0);
  readonly #groups: number[][] = [];

  /** Whether it can be inferred. */
  add({ part, source }: { readonly part: Part; readonly source: number }): boolean {
    const cells = cellsOf(part);
    const same = this.#groups.find((group) => group.join() === cells.join());
    const met = this.#groups.some((group) => group.some((cell) => cells.includes(cell)));
    if (same === undefined && met) return false;
    if (same === undefined) this.#groups.push(cells);
    cells.forEach((cell, index) => {
      const product = dot(Math.floor(cell / COLUMNS), source + (index % part.count));
      this.values[cell] = (same === undefined ? 0 : (this.values[cell] ?? NaN)) + product;
    });
    return true;
  }

  close(cells: readonly number[]): void {
    for (let index = this.#groups.length - 1; index >= 0; index--) {
      if (this.#groups[index]?.some((cell) => cells.includes(cell)) === true) this.#groups.splice(index, 1);
    }
  }
}

test('what matmuls without accumulate leave in PSUM is the sum since it was last read or written', () => {
  let [sums, refusals] = [0, 0];
  const inputs = { lhsT: encodeArray('bfloat16', Float32Array.from(LEFT)), rhs: encodeArray('bfloat16', Float32Array.from(RIGHT)) }; // prettier-ignore
  fc.assert(
    fc.property(acts, (steps) => {
      const plain = new Plain();
      let refused = false;
      const kernel: Body<void> = (nc, { lhsT, rhs }) => {
        if (lhsT === undefined || rhs === undefined) throw new Error('no inputs');
        const out = nc.hbm('out', [ROWS, COLUMNS], 'float32');
        const left = nc.sbuf([K, ROWS], 'bfloat16');
        const right = nc.sbuf([K, COLUMNS], 'bfloat16');
        nc.dma_copy(left, { src: lhsT });
        nc.dma_copy(right, { src: rhs });
        const psum = nc.psum([ROWS, COLUMNS], 'float32');
        nc.memset(psum, { value: 0 });
        for (const next of steps) {
          const { rows, from, count, step } = next.part;
          const dst = psum.slice(rows, ds(from, count, step));
          const size = rows[1] - rows[0];
          if (next.act === 'add') {
            const { source } = next;
            refused = !plain.add(next);
            nc.nc_matmul(dst, {
              stationary: left.slice('all', rows),
              moving: right.slice('all', ds(source, count)),
            });
            continue;
          }
          // 'codes' reads the bytes of the first column only, as another format.
          const cells = cellsOf(next.act === 'codes' ? { ...next.part, count: 1 } : next.part);
          plain.close(cells);
          if (next.act === 'read') nc.tensor_copy(nc.sbuf([size, count], 'float32'), { src: dst });
          else if (next.act === 'codes') {
            const column = psum.slice(rows, [from, from + 1]).view('uint16');
            nc.tensor_copy(nc.sbuf([size, 2], 'uint16'), { src: column });
          } else {
            nc.memset(dst, { value: 7 });
            for (const cell of cells) plain.values[cell] = 7;
          }
        }
        const all = nc.sbuf([ROWS, COLUMNS], 'float32');
        nc.tensor_copy(all, { src: psum });
        nc.dma_copy(out, { src: all });
      };
      let program;
      try {
        ({ program } = traced(kernel, { inputs: INPUTS }));
      } catch (error) {
        expect((error as Error).message).toMatch(/accumulate can be inferred where dst is all of an open/);
        expect(refused).toBe(true);
        refusals++;
        return;
      }
      expect(refused).toBe(false);
      const { out } = runProgram(program, inputs);
      expect(out === undefined ? [] : [...decodeArray('float32', out)]).toEqual(plain.values.map((value) => value + 0)); // prettier-ignore
      sums++;
    }),
    { numRuns: 400 },
  );
  expect(sums).toBeGreaterThan(50);
  expect(refusals).toBeGreaterThan(20);
});

/** What was inferred for each matmul. */
const inferred = (body: (nc: Nc) => void) =>
  instructionsBy(body).flatMap((one) => (one.opcode === 'nc_matmul' ? [one.attributes.accumulate] : []));

/** A tile to multiply, and PSUM for [32, 16]. */
function tiles(nc: Nc) {
  const [stationary, moving] = [nc.sbuf([32, 32], 'bfloat16'), nc.sbuf([32, 8], 'bfloat16')];
  return {
    operands: { stationary, moving },
    psum: nc.psum([32, 16], 'float32'),
    sbuf: nc.sbuf([32, 8], 'float32'),
  };
}

describe('inferred', () => {
  test('the first overwrites, later ones add, and a read begins anew', () => {
    expect(
      inferred((nc) => {
        const { operands, psum, sbuf } = tiles(nc);
        const [left, right] = [psum.slice('all', [0, 8]), psum.slice('all', [8, 16])];
        nc.nc_matmul(left, operands);
        nc.nc_matmul(left, operands);
        nc.nc_matmul(right, { ...operands, accumulate: 'inferred' });
        nc.tensor_copy(sbuf, { src: left });
        nc.nc_matmul(right, operands);
        nc.nc_matmul(left, operands);
      }),
    ).toEqual([false, true, false, true, false]);
  });

  test('a matmul that is told opens the region for those that follow', () => {
    expect(
      inferred((nc) => {
        const { operands, psum } = tiles(nc);
        const dst = psum.slice('all', [0, 8]);
        nc.nc_matmul(dst, { ...operands, accumulate: true });
        nc.nc_matmul(dst, operands);
        nc.nc_matmul(dst, { ...operands, accumulate: false });
        nc.nc_matmul(dst, operands);
      }),
    ).toEqual([true, true, false, true]);
  });

  test('elements between those that are read stay open', () => {
    expect(
      inferred((nc) => {
        const { operands, psum, sbuf } = tiles(nc);
        const even = psum.slice('all', [0, 16, 2]);
        nc.nc_matmul(even, operands);
        nc.tensor_copy(sbuf, { src: psum.slice('all', [1, 16, 2]) });
        nc.nc_matmul(even, operands);
        nc.tensor_copy(sbuf.view('uint16').slice('all', [0, 2]), {
          src: psum.view('uint16').slice('all', [4, 6]),
        });
        nc.nc_matmul(even, operands);
      }),
    ).toEqual([false, true, false]);
  });

  test('a read of what a register chooses may be of any element', () => {
    expect(
      inferred((nc) => {
        const { operands, psum, sbuf } = tiles(nc);
        const dst = psum.slice('all', [0, 8]);
        nc.nc_matmul(dst, operands);
        nc.tensor_copy(sbuf, { src: psum.slice('all', ds(nc.register(8), 8)) });
        nc.nc_matmul(dst, operands);
      }),
    ).toEqual([false, false]);
  });

  test('a transposition overwrites', () => {
    expect(
      inferred((nc) => {
        const psum = nc.psum([32, 32], 'float32');
        const moving = nc.sbuf([32, 32], 'float32');
        nc.nc_matmul(psum, { stationary: moving, moving, transpose: true });
        nc.nc_matmul(psum, { stationary: moving, moving, transpose: true });
      }),
    ).toEqual([false, false]);
  });
});

describe('refused', () => {
  test.each<[string, (nc: Nc) => void]>([
    [
      'accumulate can be inferred where dst is all of an open accumulation region or none of it, received partitions 0..31, elements 4..11 of "ps" where partitions 0..31, elements 0..7 are open: give accumulate: true or false.',
      (nc) => {
        const { operands, psum } = tiles(nc);
        nc.nc_matmul(psum.slice('all', [0, 8]), operands);
        nc.nc_matmul(psum.slice('all', [4, 12]), operands);
      },
    ],
    [
      'accumulate can be inferred where dst is all of an open accumulation region or none of it, received partitions 0..31, elements 0..7 of "ps" where partitions 0..31, elements that a register chooses are open: give accumulate: true or false.',
      (nc) => {
        const { operands, psum } = tiles(nc);
        nc.nc_matmul(psum.slice('all', ds(nc.register(8), 8)), { ...operands, accumulate: true });
        nc.nc_matmul(psum.slice('all', [0, 8]), operands);
      },
    ],
    [
      'accumulate cannot be inferred where a register moves dst: give accumulate: true or false.',
      (nc) => {
        const { operands, psum } = tiles(nc);
        nc.nc_matmul(psum.slice('all', ds(nc.register(8), 8)), operands);
      },
    ],
    [
      'accumulate cannot be inferred in a loop over a register, which runs it an unknown number of times: give accumulate: true or false.',
      (nc) => {
        const { operands, psum } = tiles(nc);
        nc.fori_loop(0, 2, () => {
          nc.nc_matmul(psum.slice('all', [0, 8]), operands);
        });
      },
    ],
  ])('%s', (rule, body) => {
    expect(refusalOf(body)).toMatchObject({ call: 'nc_matmul', rule });
  });
});
