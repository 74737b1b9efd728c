import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as np from '../../../src/tensor/array';
import { build, count, placesOf, plain, shapes, valueAt, type Plain } from './loops';
import { plainOf, sharedArrays } from './open';

const shared = sharedArrays();

/** Joins what lies along axes, in row-major order. */
function reduced(
  x: Plain,
  axes: readonly number[],
  keepdims: boolean,
  join: (values: number[]) => number,
): Plain {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const along = x.shape.map((extent, axis) => (axes.includes(axis) ? extent : 1));
  const whole = build(kept, (place) =>
    join(
      [...placesOf(along)].map((inner) =>
        valueAt(
          x,
          place.map((each, axis) => each + (inner[axis] ?? 0)),
        ),
      ),
    ),
  );
  return keepdims ? whole : { ...whole, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
}

const functions = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  prod: (values) => values.reduce((a, b) => a * b, 1),
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  any: (values) => Number(values.some((value) => value !== 0)),
  all: (values) => Number(values.every((value) => value !== 0)),
  countNonzero: (values) => values.filter((value) => value !== 0).length,
} as const satisfies Partial<Record<keyof typeof np, (values: number[]) => number>>;

const small = (shape: readonly number[]): fc.Arbitrary<Plain> =>
  plain(shape).map(({ values }) => ({ shape, values: values.map((value) => value % 3) }));

/** An array, some of its axes, which may be negative, and whether they stay. */
const cases = shapes(1, 3).chain((shape) =>
  fc.tuple(
    small(shape),
    fc.option(fc.subarray([...shape.keys()], { minLength: 1 }), { nil: undefined }),
    fc.boolean(),
    fc.boolean(),
  ),
);

describe('along axes', () => {
  test.each(Object.keys(functions) as (keyof typeof functions)[])('%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(cases, async ([x, axes, keepdims, fromEnd]) => {
        const axis = fromEnd ? axes?.map((each) => each - x.shape.length) : axes;
        const expected = reduced(x, axes ?? [...x.shape.keys()], keepdims, functions[name]);
        const result = await plainOf(np[name](shared.given(x), { axis, keepdims }));
        expect(result.shape).toEqual(expected.shape);
        expect(result.values.map((value) => value + 0)).toEqual(expected.values.map((value) => value + 0));
      }),
      { numRuns: 30 },
    );
  });

  test.each(['argmax', 'argmin'] as const)('%s takes the first of equal ones', async (name) => {
    const best = name === 'argmax' ? Math.max : Math.min;
    const single = shapes(1, 3).chain((shape) =>
      fc.tuple(small(shape), fc.option(fc.nat(shape.length - 1), { nil: undefined })),
    );
    await fc.assert(
      fc.asyncProperty(single, async ([x, axis]) => {
        const row = axis === undefined ? { shape: [count(x.shape)], values: x.values } : x;
        const expected = reduced(row, [axis ?? 0], false, (values) => values.indexOf(best(...values)));
        const result = np[name](shared.given(x), { axis });
        expect(result.dtype).toBe('int32');
        expect(await plainOf(result)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test.each(['cumsum', 'cumprod', 'cummax', 'cummin'] as const)('%s', async (name) => {
    const join = {
      cumsum: functions.sum,
      cumprod: functions.prod,
      cummax: functions.max,
      cummin: functions.min,
    }[name];
    const single = shapes(1, 3).chain((shape) => fc.tuple(small(shape), fc.nat(shape.length - 1)));
    await fc.assert(
      fc.asyncProperty(single, async ([x, axis]) => {
        const expected = build(x.shape, (place) => {
          const upTo = Array.from({ length: (place[axis] ?? 0) + 1 }, (_, i) =>
            valueAt(x, place.with(axis, i)),
          );
          return join(upTo) + 0;
        });
        const { shape, values } = await plainOf(np[name](shared.given(x), { axis: axis - x.shape.length }));
        expect({ shape, values: values.map((value) => value + 0) }).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});

describe('formats', () => {
  test('narrow integers add up in 32 bits', async () => {
    const x = shared.arrays.full([1000], 200, 'uint8');
    const total = np.sum(x);
    expect([total.dtype, await total.item()]).toEqual(['uint32', 200_000]);
    expect(np.sum(shared.arrays.ones([2], 'int16')).dtype).toBe('int32');
    expect(np.max(x).dtype).toBe('uint8');
  });

  test('sums of bfloat16 are rounded once, at the end', async () => {
    const x = shared.arrays.ones([300], 'bfloat16');
    expect(await np.sum(x).item()).toBe(300); // one after the other in bfloat16 it would stay at 256
    expect(np.sum(x, { dtype: 'float32' }).dtype).toBe('float32');
  });
});

describe('what cannot be reduced', () => {
  test('axes that are not there, or given twice', () => {
    const x = shared.arrays.zeros([2, 3]);
    expect(() => np.sum(x, { axis: 2 })).toThrow(
      'sum: axis 2 lies outside of float32[2, 3]: axes are -2 to 1.',
    );
    expect(() => np.sum(x, { axis: [0, -2] })).toThrow(
      'sum: an axis of float32[2, 3] is given twice: 0, -2.',
    );
    expect(() => np.sum(shared.arrays.array(1), { axis: 0 })).toThrow(
      'sum: float32[] has no axes; received axis 0.',
    );
  });

  test('of nothing there is a sum and a truth, but no largest element', async () => {
    const none = shared.arrays.zeros([0, 2]);
    expect(await np.sum(none, { axis: 0 }).tolist()).toEqual([0, 0]);
    expect(await np.prod(none).item()).toBe(1);
    expect(await np.all(none).item()).toBe(1);
    expect(await np.any(none).item()).toBe(0);
    expect(() => np.max(none, { axis: 0 })).toThrow('max: float32[0, 2] has no elements along axes 0.');
    expect(await np.max(none, { axis: 1 }).tolist()).toEqual([]);
  });
});
