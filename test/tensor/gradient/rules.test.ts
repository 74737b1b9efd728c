/** What every primitive hands back, against differences of the same graph in float64. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeArray } from '../../../src/numerics';
import { ACTIVATION_OPS, ARITHMETIC_OPS, UNARY_OPS } from '../../../src/program';
import { arityOf, COMPOSED, make, type MapFunction, type Node } from '../../../src/tensor/graph';
import {
  add,
  addAt,
  at,
  maximumAt,
  minimumAt,
  openArrays,
  setAt,
  sum,
  type NDArray,
} from '../../../src/tensor/array';
import { backward, grad, Tape } from '../../../src/tensor/gradient';
import { evaluate } from '../../../src/tensor/reference';
import { check, floats, numbers, places } from './differences';

/** Functions with a derivative that is not 0 everywhere; those of bits have no float64 twin. */
const FUNCTIONS: readonly MapFunction[] = [
  ...new Set<MapFunction | 'copy'>([...ARITHMETIC_OPS, ...UNARY_OPS, ...ACTIVATION_OPS, ...COMPOSED]),
].filter((fn) => fn !== 'copy' && fn !== 'select');
const positive: readonly MapFunction[] = ['power', 'rsqrt', 'sqrt', 'log', 'reciprocal'];

describe('functions of elements', () => {
  test.each(FUNCTIONS)('%s', (fn) => {
    const shapes = Array.from({ length: arityOf(fn) }, () => [12]);
    const values = shapes.map((_, i) =>
      numbers(12, i).map((x) => (positive.includes(fn) ? Math.fround(Math.abs(x) + 0.25) : x)),
    );
    check(shapes, (inputs) => make.map(fn, inputs, 'float32'), { values });
  });

  test('select', () => {
    const condition = places([6], [0, 1, 0, 1, 1, 0]);
    check([[6], [6]], ([x, y]) => make.map('select', [condition, ...pair(x, y)], 'float32'));
  });

  test('halves where sides are equal', () => {
    const x = floats([1], [2]);
    const y = floats([1], [2]);
    const tape = new Tape();
    const most = tape.record(() => make.map('maximum', [x, y], 'float32'));
    const found = backward(tape.entries, new Map([[most, floats([1], [1])]]), [x, y]);
    expect(found.map((node) => node && decodeArray('float32', evaluate(node))[0])).toEqual([0.5, 0.5]);
  });
});

/** Inputs by name: a graph of two is given two. */
function pair(x: Node | undefined, y: Node | undefined): [Node, Node] {
  if (x === undefined || y === undefined) throw new Error('two inputs');
  return [x, y];
}
const one = ([x]: readonly Node[]): Node => pair(x, x)[0];

describe('views', () => {
  test('reshape, permute, broadcast', () => {
    check([[2, 3]], (inputs) => make.reshape(one(inputs), [3, 2]));
    check([[2, 3, 2]], (inputs) => make.permute(one(inputs), [2, 0, 1]));
    check([[2, 1, 3]], (inputs) => make.broadcast(one(inputs), [2, 4, 3]));
  });

  test('slice, by steps of either sign', () => {
    check([[7, 3]], (inputs) => make.slice(one(inputs), [1, 2], [2, -1], [3, 2]));
    check([[7, 3]], (inputs) => make.slice(one(inputs), [6, 0], [-3, 1], [3, 3]));
    check([[7]], (inputs) => make.slice(one(inputs), [3], [1], [0]));
  });

  test('pad, window, concat', () => {
    check([[2, 3]], (inputs) => make.pad(one(inputs), { low: [1, 0], high: [0, 2], interior: [2, 1] }, 5));
    check([[7, 2]], (inputs) => make.window(one(inputs), 0, 3, 2, 1));
    check([[8]], (inputs) => make.window(one(inputs), 0, 3, 1, 2));
    check(
      [
        [2, 1],
        [2, 3],
      ],
      ([x, y]) => make.concat(pair(x, y), 1),
    );
    check(
      [
        [2, 1],
        [2, 3],
      ],
      ([x, y]) => make.concat([...pair(x, y), ...pair(x, y)], 1),
    );
  });
});

describe('along axes', () => {
  test.each(['add', 'multiply', 'maximum', 'minimum'] as const)('reduce by %s', (how) => {
    check([[2, 3, 2]], (inputs) => make.reduce(one(inputs), how, 2, 'float32'));
  });

  test('a product with zeros, and a maximum of equal ones', () => {
    check([[2, 3]], (inputs) => make.reduce(one(inputs), 'multiply', 1, 'float32'), {
      values: [[0, 2, 3, 0, 0, 5]],
    });
  });

  test.each(
    (['add', 'multiply', 'maximum', 'minimum'] as const).flatMap((how) =>
      [false, true].flatMap((exclusive) => [false, true].map((reverse) => ({ how, exclusive, reverse }))),
    ),
  )('scan by $how, exclusive $exclusive, reverse $reverse', ({ how, exclusive, reverse }) => {
    // The neutral element of a maximum is infinite: times a weight, and summed, it has no difference.
    check([[2, 5]], (inputs) => {
      const scanned = make.scan(one(inputs), how, 'float32', { exclusive, reverse });
      return exclusive ? make.slice(scanned, [0, reverse ? 0 : 1], [1, 1], [2, 4]) : scanned;
    });
    if (how === 'multiply') {
      const zeros = [[1, 0, 2, 3, 0, 4, 5, 0, 6, 7]];
      check([[2, 5]], (inputs) => make.scan(one(inputs), how, 'float32', { exclusive, reverse }), {
        values: zeros,
      });
    }
  });
});

describe('products', () => {
  test.each(
    (['row-major', 'k-major'] as const).flatMap((aLayout) =>
      (['row-major', 'transposed'] as const).map((bLayout) => ({ aLayout, bLayout })),
    ),
  )('A $aLayout, B $bLayout', ({ aLayout, bLayout }) => {
    const a = aLayout === 'k-major' ? [2, 3, 4] : [2, 4, 3];
    const b = bLayout === 'transposed' ? [2, 5, 3] : [2, 3, 5];
    check([a, b], ([x, y]) => make.matmul(...pair(x, y), 'float32', { aLayout, bLayout }));
  });
});

describe('indices', () => {
  const index = places([1, 4], [2, 0, 2, 7]);
  test.each(['clamp', 'zero'] as const)('gather, %s outside', (outside) => {
    check([[2, 3, 2]], (inputs) => make.gather(one(inputs), index, { outside, what: 'take' }));
  });

  test('what faults forwards faults backwards', async () => {
    const arrays = await openArrays({ executor: 'reference' });
    const far = () => add(arrays.array([5], { dtype: 'int32' }), 0);
    const taken = grad((x: NDArray) => sum(at(x, far())))(arrays.array([1, 2]));
    await expect(taken.data()).rejects.toThrow(/^at of float32\[2\].*an index lies outside/);
    for (const put of [setAt, addAt, maximumAt, minimumAt]) {
      const updates = grad((x: NDArray) => sum(put(arrays.array([1, 2]), [far()], x)))(arrays.array([3]));
      await expect(updates.data()).rejects.toThrow(`${put.name} of float32[2]`);
    }
    arrays.close();
  });

  test.each(['set', 'add', 'maximum', 'minimum'] as const)('scatter by %s', (combine) => {
    const how = { combine, outside: 'zero', what: 'put' } as const;
    check(
      [
        [2, 3, 2],
        [2, 4, 2],
      ],
      ([x, y]) => {
        const [base, updates] = pair(x, y);
        return make.scatter(base, index, updates, how);
      },
    );
  });
});

test('formats: a gradient has that of what it is of, and bfloat16 of 8 bits', () => {
  const x = make.cast(floats([4], [1, 2, 3, 4]), 'float8_e4m3');
  const tape = new Tape();
  const y = tape.record(() => make.cast(make.map('square', [x], 'bfloat16'), 'float32'));
  const [g] = backward(tape.entries, new Map([[y, floats([4], [1, 1, 1, 1])]]), [x]);
  expect(g?.dtype).toBe('bfloat16');
  expect(g && [...decodeArray('bfloat16', evaluate(g))]).toEqual([2, 4, 6, 8]);
});

test('several uses of a node add up, whatever the graph', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('add', 'multiply', 'subtract'), { minLength: 1, maxLength: 6 }),
      (functions) => {
        check([[3], [3]], ([a, b]) => {
          const [x, y] = pair(a, b);
          return functions.reduce((node, fn, i) => make.map(fn, [node, i % 2 === 0 ? x : y], 'float32'), y);
        });
      },
    ),
    { numRuns: 40 },
  );
});
