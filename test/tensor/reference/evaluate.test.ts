/** The definition against plain loops that know nothing of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeArray, encodeArray, UserError, type CodeArray, type Dtype } from '../../../src/numerics';
import type { Node } from '../../../src/tensor/graph';
import { make, sizeOf, type Shape } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';

const stored = (codes: CodeArray) => ({ codes, release: () => undefined });

/** A leaf of float values in a format. */
const leaf = (shape: Shape, values: ArrayLike<number>, dtype: Dtype = 'float32'): Node =>
  make.leaf(shape, dtype, stored(encodeArray(dtype, Float32Array.from(values))));
const integers = (shape: Shape, values: ArrayLike<number>): Node =>
  make.leaf(shape, 'int32', stored(Uint32Array.from(values, (value) => value >>> 0)));
const rising = (shape: Shape): Node =>
  leaf(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
  );
const values = (node: Node): number[] => [...decodeArray(node.dtype, evaluate(node))];
const signed = (node: Node): number[] => [...new Int32Array(evaluate(node).buffer)];

/** The place along each axis of element i. */
function placeOf(i: number, shape: Shape): number[] {
  let rest = i;
  return shape
    .toReversed()
    .map((extent) => {
      const at = rest % extent;
      rest = (rest - at) / extent;
      return at;
    })
    .toReversed();
}
const indexOf = (place: readonly number[], shape: Shape): number =>
  place.reduce((index, at, axis) => index * (shape[axis] ?? 1) + at, 0);

/** What stands at each place of the result, by a function from its place to that of the input. */
const expected = (
  shape: Shape,
  from: Shape,
  source: (place: readonly number[]) => readonly number[],
): number[] => Array.from({ length: sizeOf(shape) }, (_, i) => indexOf(source(placeOf(i, shape)), from));

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

describe('views', () => {
  test('permute', () => {
    const permutation = shapes.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
    );
    fc.assert(
      fc.property(permutation, ([shape, axes]) => {
        const node = make.permute(rising(shape), axes);
        const back = (place: readonly number[]) => shape.map((_, axis) => place[axes.indexOf(axis)] ?? 0);
        expect(values(node)).toEqual(expected(node.shape, shape, back));
      }),
    );
  });

  test('slice, with steps of either sign', () => {
    const slices = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.tuple(...shape.map((extent) => fc.tuple(fc.nat(extent - 1), fc.nat(extent - 1)))),
        fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 }))),
      ),
    );
    fc.assert(
      fc.property(slices, ([shape, ends, strides]) => {
        const start = ends.map(([first]) => first);
        const step = ends.map(([first, last], axis) => (last < first ? -1 : 1) * (strides[axis] ?? 1));
        const counts = ends.map(
          ([first, last], axis) => Math.floor(Math.abs(last - first) / (strides[axis] ?? 1)) + 1,
        );
        const node = make.slice(rising(shape), start, step, counts);
        const from = (place: readonly number[]) =>
          place.map((at, axis) => (start[axis] ?? 0) + at * (step[axis] ?? 1));
        expect(values(node)).toEqual(expected(counts, shape, from));
      }),
    );
  });

  test('broadcast, reshape, windows, pads, joins', () => {
    expect(values(make.broadcast(rising([2, 1]), [2, 3]))).toEqual([0, 0, 0, 1, 1, 1]);
    expect(make.reshape(rising([2, 3]), [3, 2]).shape).toEqual([3, 2]);
    expect(values(make.window(rising([7]), 0, 3, 2, 1))).toEqual([0, 1, 2, 2, 3, 4, 4, 5, 6]);
    expect(values(make.window(rising([7]), 0, 2, 1, 3))).toEqual([0, 3, 1, 4, 2, 5, 3, 6]);
    const padded = make.pad(leaf([2, 2], [1, 2, 3, 4]), { low: [0, 1], high: [1, 0], interior: [0, 1] }, 9);
    expect(padded.shape).toEqual([3, 4]);
    expect(values(padded)).toEqual([9, 1, 9, 2, 9, 3, 9, 4, 9, 9, 9, 9]);
    expect(values(make.concat([leaf([2, 1], [1, 2]), leaf([2, 2], [3, 4, 5, 6])], 1))).toEqual([
      1, 3, 4, 2, 5, 6,
    ]);
    expect(signed(make.iota([2, 3], 1))).toEqual([0, 1, 2, 0, 1, 2]);
  });
});

describe('elements', () => {
  test('one rounding to the format of each node', () => {
    const third = leaf([1], [1 / 3], 'bfloat16');
    const sum = make.map('add', [third, leaf([1], [1])], 'float8_e4m3');
    expect(values(sum)).toEqual([1.375]);
  });

  test('int32 is exact, and other formats go by way of float32', () => {
    const [x, y] = [integers([2], [2 ** 24 + 1, -(2 ** 31)]), integers([2], [1, -1])];
    expect(signed(make.map('add', [x, y], 'int32'))).toEqual([2 ** 24 + 2, 2 ** 31 - 1]);
    expect(signed(make.map('multiply', [x, x], 'int32'))).toEqual([Math.imul(2 ** 24 + 1, 2 ** 24 + 1), 0]);
    expect(values(make.map('greater', [x, integers([2], [2 ** 24, 0])], 'uint8'))).toEqual([1, 0]);
    expect(values(make.map('add', [x, leaf([2], [0, 0])], 'float32'))).toEqual([2 ** 24, -(2 ** 31)]);
    expect(signed(make.map('negate', [x], 'int32'))).toEqual([-(2 ** 24) - 1, -(2 ** 31)]);
  });

  test('power of 32-bit integers goes by way of float32, and is clamped', () => {
    const [x, y] = [integers([4], [3, -3, 2, 16777217]), integers([4], [40, 41, 5, 1])];
    expect(signed(make.map('power', [x, y], 'int32'))).toEqual([2 ** 31 - 1, -(2 ** 31), 32, 2 ** 24]);
    const [u, v] = [x, y].map((each) => make.bitcast(each, 'uint32')) as [Node, Node];
    expect([...evaluate(make.map('power', [u, v], 'uint32'))]).toEqual([
      2 ** 32 - 1,
      2 ** 32 - 1,
      32,
      2 ** 24,
    ]);
  });

  test('floor and its like', () => {
    const x = [-1.5, -0.5, 0.5, 1.5, 2.5, 8388609, -0.25];
    const of = (fn: 'floor' | 'ceil' | 'trunc' | 'rint') => values(make.map(fn, [leaf([7], x)], 'float32'));
    expect(of('floor')).toEqual([-2, -1, 0, 1, 2, 8388609, -1]);
    expect(of('ceil')).toEqual([-1, -0, 1, 2, 3, 8388609, -0]);
    expect(of('trunc')).toEqual([-1, -0, 0, 1, 2, 8388609, -0]);
    expect(of('rint')).toEqual([-2, -0, 0, 2, 2, 8388609, -0]);
  });

  test('select asks whether the first is not 0', () => {
    const condition = leaf([4], [0, -0, NaN, 2]);
    expect(values(make.map('select', [condition, rising([4]), leaf([4], [9, 9, 9, 9])], 'float32'))).toEqual([
      9, 9, 2, 3,
    ]);
  });

  test('casts: nearest, toward zero, clamped, and drawn', () => {
    const x = leaf([4], [1.75, -1.75, 300, NaN]);
    expect(signed(make.cast(x, 'int32'))).toEqual([2, -2, 300, 0]);
    expect(signed(make.cast(x, 'int32', { rounding: 'toward-zero' }))).toEqual([1, -1, 300, 0]);
    expect(values(make.cast(x, 'uint8'))).toEqual([2, 0, 255, 0]);
    expect([...evaluate(make.cast(integers([2], [-1, 5]), 'uint32'))]).toEqual([0, 5]);
    const key = make.leaf([4], 'uint32', stored(Uint32Array.of(7, 0, 0, 0)));
    const many = leaf([4096], new Float32Array(4096).fill(1 + 2 ** -9));
    const drawn = values(make.cast(many, 'bfloat16', { rounding: 'stochastic', key }));
    expect(new Set(drawn)).toEqual(new Set([1, 1 + 2 ** -7]));
    const up = drawn.filter((value) => value > 1).length;
    expect(Math.abs(up - 1024)).toBeLessThan(5 * Math.sqrt(4096 * 0.25 * 0.75));
  });
});

describe('along axes', () => {
  test('sums go in blocks of 256', () => {
    const x = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i) * 2 ** (i % 20));
    const block = (from: number, to: number) =>
      x.subarray(from, to).reduce((sum, value) => Math.fround(sum + value));
    const [a, b, c] = [block(0, 256), block(256, 512), block(512, 600)];
    const total = Math.fround(Math.fround(a + b) + c);
    expect(values(make.reduce(leaf([600], x), 'add', 1, 'float32'))).toEqual([total]);
  });

  test('of nothing, of one, of 32-bit integers', () => {
    expect(values(make.reduce(rising([2, 0]), 'add', 1, 'float32'))).toEqual([0, 0]);
    expect(Object.is(values(make.reduce(leaf([1], [-0]), 'add', 1, 'float32'))[0], -0)).toBe(true);
    expect(signed(make.reduce(integers([3], [2 ** 31 - 1, 1, 5]), 'add', 1, 'int32'))).toEqual([
      -(2 ** 31) + 5,
    ]);
    expect(signed(make.reduce(leaf([2, 3], [1, 5, 5, NaN, 9, NaN]), 'argmaximum', 1, 'int32'))).toEqual([
      1, 0,
    ]);
  });

  test('scans', () => {
    const x = leaf([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(values(make.scan(x, 'add', 'float32'))).toEqual([1, 3, 6, 4, 9, 15]);
    expect(values(make.scan(x, 'multiply', 'float32', { exclusive: true }))).toEqual([1, 1, 2, 1, 4, 20]);
    expect(values(make.scan(x, 'add', 'float32', { reverse: true }))).toEqual([6, 5, 3, 15, 11, 6]);
  });

  test('argsort is stable, NaN last', () => {
    const x = leaf([6], [3, NaN, -0, 0, Infinity, 3]);
    expect(signed(make.argsort(x))).toEqual([2, 3, 0, 5, 4, 1]);
    expect(signed(make.argsort(x, true))).toEqual([4, 0, 5, 2, 3, 1]);
  });
});

describe('indices', () => {
  const data = leaf([1, 3, 2], [1, 2, 3, 4, 5, 6]);

  test('gather, and what lies outside', () => {
    const of = (outside: 'zero' | 'clamp' | 'fault') =>
      make.gather(data, integers([1, 3], [2, -1, 3]), { outside, what: 'take of rows 2, -1, 3 of 3' });
    expect(values(of('zero'))).toEqual([5, 6, 0, 0, 0, 0]);
    expect(values(of('clamp'))).toEqual([5, 6, 1, 2, 5, 6]);
    expect(() => values(of('fault'))).toThrow(
      new UserError('take of rows 2, -1, 3 of 3: an index lies outside.'),
    );
    const later = make.map('add', [of('fault'), of('zero')], 'float32');
    expect(() => values(later)).toThrow('take of rows');
  });

  test('scatter goes in order, and rounds once', () => {
    const index = integers([1, 3], [1, 1, 0]);
    const updates = leaf([1, 3, 2], [7, 8, 9, 10, 11, 12]);
    const how = { outside: 'fault', what: 'put' } as const;
    expect(values(make.scatter(data, index, updates, { combine: 'set', ...how }))).toEqual([
      11, 12, 9, 10, 5, 6,
    ]);
    expect(values(make.scatter(data, index, updates, { combine: 'add', ...how }))).toEqual([
      12, 14, 19, 22, 5, 6,
    ]);
    const small = leaf([1, 1, 1], [256], 'bfloat16');
    const ones = leaf([1, 2, 1], [1, 1], 'bfloat16');
    const joined = make.scatter(small, integers([1, 2], [0, 0]), ones, { combine: 'add', ...how });
    expect(values(joined)).toEqual([258]);
  });
});

test('matmul of a batch, of layouts, of no depth', () => {
  const a = rising([2, 3, 4]);
  const b = rising([2, 4, 2]);
  const expectedProduct = [0, 1].flatMap((i) =>
    [0, 1, 2].flatMap((m) =>
      [0, 1].map((n) => [0, 1, 2, 3].reduce((sum, k) => sum + (i * 12 + m * 4 + k) * (i * 8 + k * 2 + n), 0)),
    ),
  );
  expect(values(make.matmul(a, b, 'float32'))).toEqual(expectedProduct);
  const turned = make.matmul(make.permute(a, [0, 2, 1]), make.permute(b, [0, 2, 1]), 'float32', {
    aLayout: 'k-major',
    bLayout: 'transposed',
  });
  expect(values(turned)).toEqual(expectedProduct);
  expect(values(make.matmul(rising([2, 0]), rising([0, 2]), 'bfloat16'))).toEqual([0, 0, 0, 0]);
});
