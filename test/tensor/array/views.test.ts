import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as np from '../../../src/tensor/array';
import { build, plain, shapes, valueAt } from './loops';
import { plainOf, sharedArrays } from './open';

const shared = sharedArrays();
const withAxis = shapes(1, 3).chain((shape) => fc.tuple(plain(shape), fc.nat(shape.length - 1)));

describe('rearranged', () => {
  test('transpose, by any order', async () => {
    const cases = shapes(0, 4).chain((shape) =>
      fc.tuple(plain(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([x, axes]) => {
        const expected = build(
          axes.map((axis) => x.shape[axis] ?? 1),
          (place) =>
            valueAt(
              x,
              [...x.shape.keys()].map((axis) => place[axes.indexOf(axis)] ?? 0),
            ),
        );
        expect(await plainOf(np.transpose(shared.given(x), axes))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('flip and roll', async () => {
    await fc.assert(
      fc.asyncProperty(withAxis, fc.integer({ min: -9, max: 9 }), async ([x, axis], shift) => {
        const extent = x.shape[axis] ?? 1;
        const flipped = build(x.shape, (place) =>
          valueAt(x, place.with(axis, extent - 1 - (place[axis] ?? 0))),
        );
        expect(await plainOf(np.flip(shared.given(x), axis))).toEqual(flipped);
        const rolled = build(x.shape, (place) =>
          valueAt(x, place.with(axis, ((((place[axis] ?? 0) - shift) % extent) + extent) % extent)),
        );
        expect(await plainOf(np.roll(shared.given(x), shift, axis))).toEqual(rolled);
      }),
      { numRuns: 50 },
    );
  });

  test('repeat and tile', async () => {
    await fc.assert(
      fc.asyncProperty(withAxis, fc.integer({ min: 0, max: 3 }), async ([x, axis], times) => {
        const extent = x.shape[axis] ?? 1;
        const longer = x.shape.with(axis, extent * times);
        const repeated = build(longer, (place) =>
          valueAt(x, place.with(axis, Math.floor((place[axis] ?? 0) / times))),
        );
        expect(await plainOf(np.repeat(shared.given(x), times, axis))).toEqual(repeated);
        const tiled = build(longer, (place) => valueAt(x, place.with(axis, (place[axis] ?? 0) % extent)));
        const counts = x.shape.map((_, i) => (i === axis ? times : 1));
        expect(await plainOf(np.tile(shared.given(x), counts))).toEqual(tiled);
      }),
      { numRuns: 50 },
    );
  });

  test('diagonals', async () => {
    const cases = shapes(2, 3).chain((shape) => fc.tuple(plain(shape), fc.integer({ min: -5, max: 5 })));
    await fc.assert(
      fc.asyncProperty(cases, async ([x, k]) => {
        const [rows = 0, columns = 0] = x.shape.slice(-2);
        const length = [...Array(Math.max(rows, columns)).keys()].filter(
          (i) => i + Math.max(-k, 0) < rows && i + Math.max(k, 0) < columns,
        ).length;
        const expected = build([...x.shape.slice(0, -2), length], (place) => {
          const i = place.at(-1) ?? 0;
          return valueAt(x, [...place.slice(0, -1), i + Math.max(-k, 0), i + Math.max(k, 0)]);
        });
        expect(await plainOf(np.diagonal(shared.given(x), k))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

test('shapes: what is left for -1, axes of extent 1, axes moved', () => {
  const x = shared.arrays.zeros([2, 1, 6]);
  expect(np.reshape(x, [-1, 4]).shape).toEqual([3, 4]);
  expect(np.ravel(x).shape).toEqual([12]);
  expect(np.squeeze(x).shape).toEqual([2, 6]);
  expect(np.squeeze(x, -2).shape).toEqual([2, 6]);
  expect(np.expandDims(x, [0, -1]).shape).toEqual([1, 2, 1, 6, 1]);
  expect(np.moveaxis(x, 0, -1).shape).toEqual([1, 6, 2]);
  expect(np.swapaxes(x, 0, 2).shape).toEqual([6, 1, 2]);
  expect(np.broadcastTo(x, [3, 2, 5, 6]).shape).toEqual([3, 2, 5, 6]);
  expect(() => np.reshape(x, [5, -1])).toThrow(
    'reshape: float32[2, 1, 6] of 12 elements does not fit shape [5, -1].',
  );
  expect(() => np.reshape(x, [-1, -1])).toThrow('does not fit');
  expect(() => np.squeeze(x, 0)).toThrow('squeeze: axis 0 of float32[2, 1, 6] has extent 2, not 1.');
  expect(() => np.transpose(x, [0, 0, 1])).toThrow(
    'transpose: axes of float32[2, 1, 6] must each be given once',
  );
  expect(() => np.broadcastTo(x, [2, 5])).toThrow('broadcastTo: ');
});

describe('joined and taken apart', () => {
  test('concatenate and split are each other backwards', async () => {
    await fc.assert(
      fc.asyncProperty(withAxis, async ([x, axis]) => {
        const given = shared.given(x);
        const extent = x.shape[axis] ?? 1;
        const parts = np.split(given, extent, axis - x.shape.length);
        expect(parts.map(({ shape }) => shape[axis])).toEqual(Array(extent).fill(1));
        expect(await plainOf(np.concatenate(parts, axis))).toEqual(x);
        const pieces = np.split(given, [1], axis);
        expect(pieces.map(({ shape }) => shape[axis])).toEqual([1, extent - 1]);
        expect(await plainOf(np.concatenate(pieces, axis))).toEqual(x);
      }),
      { numRuns: 30 },
    );
  });

  test('stack gives a new axis; formats meet', async () => {
    const { arrays } = shared;
    const [a, b] = [arrays.array([1, 2]), arrays.array(Int8Array.of(3, 4))];
    expect(np.stack([a, b]).dtype).toBe('float32');
    expect(await np.stack([a, b], -1).tolist()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(await np.vstack([a, b]).tolist()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await np.hstack([a, b]).tolist()).toEqual([1, 2, 3, 4]);
    expect(() => np.concatenate([])).toThrow('concatenate: needs at least one array.');
    expect(() => np.concatenate([a, arrays.zeros([2, 2])])).toThrow(
      'concatenate: float32[2] and float32[2, 2]',
    );
    expect(() => np.stack([a, arrays.zeros([3])])).toThrow(
      'stack: float32[2] and float32[3] must have one shape.',
    );
    expect(() => np.split(arrays.zeros([5]), 2)).toThrow('does not divide into 2 equal parts');
  });

  test('pad in every mode', async () => {
    const modes = {
      constant: () => undefined,
      edge: (i: number, extent: number) => Math.min(Math.max(i, 0), extent - 1),
      reflect: (i: number, extent: number) => (i < 0 ? -i : i >= extent ? 2 * extent - 2 - i : i),
      symmetric: (i: number, extent: number) => (i < 0 ? -1 - i : i >= extent ? 2 * extent - 1 - i : i),
    } as const;
    const cases = shapes(1, 2).chain((shape) => {
      const widths = shape.map((extent) => {
        const most = fc.nat(Math.max(extent - 1, 0));
        return fc.tuple(most, most);
      });
      return fc.tuple(
        plain(shape),
        fc.tuple(...widths),
        fc.constantFrom(...(Object.keys(modes) as (keyof typeof modes)[])),
      );
    });
    await fc.assert(
      fc.asyncProperty(cases, async ([x, widths, mode]) => {
        const shape = x.shape.map(
          (extent, axis) => extent + (widths[axis]?.[0] ?? 0) + (widths[axis]?.[1] ?? 0),
        );
        const expected = build(shape, (place) => {
          const inner = place.map((each, axis) => each - (widths[axis]?.[0] ?? 0));
          const outside = inner.some((each, axis) => each < 0 || each >= (x.shape[axis] ?? 1));
          if (mode === 'constant' && outside) return 7;
          return valueAt(
            x,
            inner.map((each, axis) => modes[mode](each, x.shape[axis] ?? 1) ?? each),
          );
        });
        expect(await plainOf(np.pad(shared.given(x), widths, { mode, value: 7 }))).toEqual(expected);
      }),
      { numRuns: 80 },
    );
    expect(() => np.pad(shared.arrays.zeros([2]), [[2, 0]], { mode: 'reflect' })).toThrow('too few elements');
  });
});
