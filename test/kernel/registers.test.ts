import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import { ds, type HbmView, type Nc, type Register } from '../../src/kernel';
import { codeArray } from '../../src/numerics';
import { ruleOf, traced } from './tracing';

const [ROWS, COLUMNS] = [12, 8];
const DATA = Uint32Array.from({ length: ROWS * COLUMNS }, (_, index) => 1000 + index);
const INPUTS = {
  x: { shape: [ROWS, COLUMNS], dtype: 'int32' },
  bounds: { shape: [4], dtype: 'int32' },
} as const;

interface Setting {
  readonly nc: Nc;
  readonly x: HbmView;
  readonly out: HbmView;
  /** A register that holds bounds[index]. */
  readonly bound: (index: number) => Register;
}

/** What a kernel leaves in an output of x's shape, which is all zeros before it. */
function leftBy(body: (setting: Setting) => void, bounds: readonly number[] = [0, 0, 0, 0]): number[] {
  const { program } = traced(
    (nc, { x, bounds: held }) => {
      if (x === undefined || held === undefined) throw new Error('no inputs');
      const out = nc.hbm('out', [ROWS, COLUMNS], 'int32');
      const zeros = nc.sbuf([ROWS, COLUMNS], 'int32');
      nc.memset(zeros, { value: 0 });
      nc.dma_copy(out, { src: zeros });
      const bound = (index: number) => {
        const register = nc.register(0, 'bound');
        nc.register_load(register, { src: held.slice([index, index + 1]) });
        return register;
      };
      body({ nc, x, out, bound });
    },
    { inputs: INPUTS },
  );
  const codes = codeArray('int32', 4);
  codes.set(bounds);
  const { out } = runProgram(program, { x: DATA, bounds: codes });
  return Array.from(out ?? []);
}

/** The oracle's output. */
const plain = (body: (out: number[], x: Uint32Array) => void): number[] => {
  const out = new Array<number>(ROWS * COLUMNS).fill(0);
  body(out, DATA);
  return out;
};

const copyRow = (out: number[], to: number, x: Uint32Array, from: number) => {
  for (let column = 0; column < COLUMNS; column++)
    out[to * COLUMNS + column] = x[from * COLUMNS + column] ?? NaN;
};

test('a loop runs its body for lower, lower + step, ... below upper, by numbers and by registers', () => {
  const extent = fc.integer({ min: 0, max: ROWS });
  fc.assert(
    fc.property(extent, extent, fc.integer({ min: 1, max: 5 }), fc.boolean(), (lower, upper, step, held) => {
      const left = leftBy(({ nc, x, out, bound }) => {
        const [from, to] = held ? [bound(0), bound(1)] : [lower, upper];
        nc.fori_loop(from, to, (i) => { nc.dma_copy(out.slice(i), { src: x.slice(i) }); }, step); // prettier-ignore
      }, [lower, upper, 0, 0]); // prettier-ignore
      expect(left).toEqual(plain((out, x) => { for (let i = lower; i < upper; i += step) copyRow(out, i, x, i); })); // prettier-ignore
    }),
    { numRuns: 50 },
  );
});

test('slices move by registers, times a factor and plus a constant, in loops within loops', () => {
  const left = leftBy(({ nc, x, out }) => {
    nc.fori_loop(0, 3, (i) => {
      nc.fori_loop(1, 3, (j) => {
        const part = out.slice(ds(i.times(2).plus(5), 2), ds(j.times(3).plus(-1), 2, 2));
        nc.dma_copy(part, { src: x.slice(ds(j, 2), ds(i.plus(1).times(2), 2)) });
      });
    });
  });
  const wanted = plain((out, x) => {
    for (let i = 0; i < 3; i++) {
      for (let j = 1; j < 3; j++) {
        for (let row = 0; row < 2; row++) {
          for (let column = 0; column < 2; column++) {
            const to = (i * 2 + 5 + row) * COLUMNS + (j * 3 - 1) + 2 * column;
            out[to] = x[(j + row) * COLUMNS + (i + 1) * 2 + column] ?? NaN;
          }
        }
      }
    }
  });
  expect(left).toEqual(wanted);
});

test('on chip a register moves free dimensions, of a view as another format too', () => {
  const left = leftBy(({ nc, x, out }) => {
    const [all, turned] = [nc.sbuf([ROWS, COLUMNS], 'int32'), nc.sbuf([ROWS, COLUMNS], 'int32')];
    nc.dma_copy(all, { src: x });
    nc.fori_loop(0, COLUMNS, (i) => {
      nc.tensor_copy(turned.slice('all', ds(i.times(-1).plus(COLUMNS - 1), 1)).view('uint16'), {
        src: all.select(1, i).view('uint16'),
      });
    });
    nc.dma_copy(out, { src: turned });
  });
  const wanted = plain((out, x) => {
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        out[row * COLUMNS + COLUMNS - 1 - column] = x[row * COLUMNS + column] ?? NaN;
      }
    }
  });
  expect(left).toEqual(wanted);
});

test.each([0, 1, 5])('while_loop goes on as long as the register is not 0: %i turns', (turns) => {
  const left = leftBy(({ nc, out, bound }) => {
    const [count, sum, minusOne, three] = [1, 2, 3, 4].map(() => nc.sbuf([1, 1], 'int32'));
    if (count === undefined || sum === undefined || minusOne === undefined || three === undefined) return;
    const register = bound(0);
    nc.register_store(count, { register });
    nc.memset(sum, { value: 100 });
    nc.memset(minusOne, { value: -1 });
    nc.memset(three, { value: 3 });
    nc.while_loop(register, () => {
      nc.tensor_tensor(count, { data1: count, data2: minusOne, op: 'add' });
      nc.tensor_tensor(sum, { data1: sum, data2: three, op: 'add' });
      nc.register_load(register, { src: count });
    });
    nc.dma_copy(out.slice(0, [0, 1]), { src: sum });
  }, [turns, 0, 0, 0]); // prettier-ignore
  expect(left[0]).toBe(100 + 3 * turns);
});

test('registers are moved, loaded and stored', () => {
  const left = leftBy(({ nc, out, bound }) => {
    const [first, second] = [bound(2), nc.register(-7)];
    nc.register_store(out.slice(0, [0, 1]), { register: first });
    nc.register_store(out.slice(0, [1, 2]), { register: second });
    nc.register_move(second, { from: first });
    nc.register_store(out.slice(0, [2, 3]), { register: second });
    nc.register_move(first, { value: 9 });
    nc.register_store(out.slice(0, [3, 4]), { register: first });
    nc.register_store(out.slice(0, [4, 5]), { register: second });
  }, [0, 0, 42, 0]); // prettier-ignore
  expect(left.slice(0, 5)).toEqual([42, 2 ** 32 - 7, 42, 9, 42]);
});

test('the body of a loop is traced once, with names of its own', () => {
  let times = 0;
  const { program } = traced((nc) => {
    for (let index = 0; index < 2; index++) {
      nc.fori_loop(0, 100, () => {
        times++;
        nc.register(index, 'r');
      });
    }
  });
  expect(times).toBe(2);
  expect(program.instructions).toMatchObject([
    { loop: 'fori', id: 'loop', register: 'i', lower: 0, upper: 100, step: 1, body: [{ attributes: { register: 'r' } }] }, // prettier-ignore
    { loop: 'fori', id: 'loop.1', register: 'i.1', body: [{ attributes: { register: 'r.1', value: 1 } }] },
  ]);
});

describe('refused', () => {
  const nothing = () => undefined;
  test.each<[string, (nc: Nc) => unknown]>([
    [
      'lower must be a whole number of -2147483648..2147483647, received 0.5.',
      (nc) => {
        nc.fori_loop(0.5, 1, nothing);
      },
    ],
    [
      'upper must be a whole number of -2147483648..2147483647, received 2147483648.',
      (nc) => {
        nc.fori_loop(0, 2 ** 31, nothing);
      },
    ],
    [
      'step must be a whole number of 1..2147483647, received 0.',
      (nc) => {
        nc.fori_loop(0, 1, nothing, 0);
      },
    ],
    [
      'upper must be a whole number or a register (nc.register).',
      (nc) => {
        nc.fori_loop(0, nc.register().plus(1) as unknown as Register, nothing);
      },
    ],
    [
      'while_loop takes a register first.',
      (nc) => {
        nc.while_loop(5 as unknown as Register, nothing);
      },
    ],
    ['value must be a whole number of -2147483648..2147483647, received NaN.', (nc) => nc.register(NaN)],
    [
      'on chip dimension 0 takes contiguous partitions that are known now: no register and no step.',
      (nc) => nc.sbuf([8, 8], 'int32').slice(ds(nc.register(), 2)),
    ],
    [
      'steps of registers must be multiples of 2 elements.',
      (nc) => nc.sbuf([8, 8], 'bfloat16').slice('all', ds(nc.register(), 4)).view('float32'),
    ],
  ])('%s', (rule, body) => {
    // prettier-ignore
    expect(ruleOf(body)).toBe(rule);
  });
});
