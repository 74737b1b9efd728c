/** What every primitive hands back, against differences of the same graph in float64. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeArray, encodeArray, type CodeArray } from '../../../src/numerics';
import { ACTIVATION_OPS, ARITHMETIC_OPS, UNARY_OPS } from '../../../src/program';
import {
  arityOf,
  COMPOSED,
  make,
  sizeOf,
  type MapFunction,
  type Node,
  type Shape,
} from '../../../src/tensor/graph';
import { backward, Tape } from '../../../src/tensor/gradient';
import { evaluate } from '../../../src/tensor/reference';
import { float64 } from './float64';

const held = (codes: CodeArray) => ({ codes, release: () => undefined });
const floats = (shape: Shape, values: ArrayLike<number>): Node =>
  make.leaf(shape, 'float32', held(encodeArray('float32', Float32Array.from(values))));
const places = (shape: Shape, values: readonly number[]): Node =>
  make.leaf(shape, 'int32', held(Uint32Array.from(values, (value) => value >>> 0)));

/** Numbers that look random, from -1 to 1, none of them twice. */
const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround((Math.sin((i + 1) * 12.9898 + seed) * 43758.5453) % 1));

const STEP = 2 ** -20;

/**
 * The gradient of a weighted sum of what `build` gives, against central differences. Bound: fewer than 64 roundings to float32, each within 2^-24 of
 * numbers at most 2 times as large as the largest gradient (or 1); the differences are exact to STEP^2 and 2^-52 / STEP.
 */
function check(
  shapes: readonly Shape[],
  build: (inputs: readonly Node[]) => Node,
  values?: readonly number[][],
): void {
  const given = shapes.map((shape, i) => values?.[i] ?? numbers(sizeOf(shape), i));
  const inputs = shapes.map((shape, i) => floats(shape, given[i] ?? []));
  const tape = new Tape();
  const result = tape.record(() => build(inputs));
  const weights = numbers(result.size, 99);
  const found = backward(tape.entries, new Map([[result, floats(result.shape, weights)]]), inputs);
  const sum = (at: ReadonlyMap<Node, Float64Array>): number =>
    float64(result, at).reduce((total, value, i) => total + value * (weights[i] ?? 0), 0);
  for (const [i, input] of inputs.entries()) {
    const node = found[i];
    const gradient =
      node === undefined ? new Float32Array(input.size) : decodeArray(node.dtype, evaluate(node));
    const differences = Array.from(gradient, (_, at) => {
      const moved = (by: number) =>
        sum(
          new Map(
            inputs.map((each, j) => [
              each,
              Float64Array.from(given[j] ?? [], (x, k) => (j === i && k === at ? x + by : x)),
            ]),
          ),
        );
      return (moved(STEP) - moved(-STEP)) / (2 * STEP);
    });
    const bound = 2 ** -17 * Math.max(1, ...differences.map(Math.abs));
    for (const [at, value] of gradient.entries())
      expect(
        Math.abs(value - (differences[at] ?? NaN)),
        `input ${i}, element ${at}: ${value} for ${differences[at]}`,
      ).toBeLessThan(bound);
  }
  tape.end();
}

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
    check(shapes, (inputs) => make.map(fn, inputs, 'float32'), values);
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
    check([[2, 3]], (inputs) => make.reduce(one(inputs), 'multiply', 1, 'float32'), [[0, 2, 3, 0, 0, 5]]);
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
      check([[2, 5]], (inputs) => make.scan(one(inputs), how, 'float32', { exclusive, reverse }), zeros);
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
