/** Gathering, scattering, order, and parts put together, against plain loops. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as compose from '../../../src/tensor/compose';
import { make, type Node, type Shape } from '../../../src/tensor/graph';
import { at, mixed, nodeOf, numbersOf, tabulate, valuesOf } from './values';

const cases = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    pick: fc.nat(),
    count: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(100),
  })
  .map(({ shape, pick, count, seed }) => ({ shape, axis: pick % shape.length, count, seed }));

/** Whole numbers below a limit. */
const below = (limit: number, length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => (i * 7 + seed * 3 + ((i * i) % 5)) % limit);
const size = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);
const int32 = (values: readonly number[], shape: Shape): Node => nodeOf(values, shape, 'int32');

describe('gathering and scattering', () => {
  it('along any axis', () => {
    fc.assert(
      fc.property(cases, ({ shape, axis, count, seed }) => {
        const extent = shape[axis] ?? 1;
        const values = mixed(shape);
        const x = nodeOf(values, shape);
        const rows = below(extent, count, seed);
        const moved = (place: readonly number[], to: number): number =>
          at(values, shape, place.toSpliced(axis, 1, to)) ?? NaN;
        const taken = shape.with(axis, count);
        expect(numbersOf(compose.take(x, int32(rows, [count]), axis))).toEqual(
          tabulate(taken, (place) => moved(place, rows[place[axis] ?? 0] ?? 0)),
        );
        const each = below(extent, size(taken), seed);
        const index = int32(each, taken);
        const chosen = (place: readonly number[]): number => at(each, taken, place) ?? 0;
        expect(numbersOf(compose.takeAlong(x, index, axis))).toEqual(
          tabulate(taken, (place) => moved(place, chosen(place))),
        );
        const updates = mixed(taken, 5);
        const sums = new Map<string, number>();
        const lasts = new Map<string, number>();
        tabulate(taken, (place) => {
          const key = place.toSpliced(axis, 1, chosen(place)).join();
          const value = at(updates, taken, place) ?? NaN;
          sums.set(key, (sums.get(key) ?? 0) + value);
          lasts.set(key, value);
          return 0;
        });
        const put = (combine: 'set' | 'add'): Node =>
          compose.putAlong(x, index, nodeOf(updates, taken), axis, { combine });
        const was = (place: readonly number[]): number => at(values, shape, place) ?? NaN;
        expect(numbersOf(put('set'))).toEqual(
          tabulate(shape, (place) => (lasts.get(place.join()) ?? was(place)) + 0),
        );
        expect(numbersOf(put('add'))).toEqual(
          tabulate(shape, (place) => was(place) + (sums.get(place.join()) ?? 0)),
        );
      }),
      { numRuns: 80 },
    );
  });

  it('take puts the axes of the index in place of the axis, within batches too', () => {
    const x = nodeOf(mixed([2, 3, 4]), [2, 3, 4]);
    const index = int32([2, 0, 1, 1], [2, 2]);
    expect(compose.take(x, index, 1).shape).toEqual([2, 2, 2, 4]);
    const batched = compose.take(x, index, 2, { batchAxes: 1 });
    expect(numbersOf(batched)).toEqual(
      tabulate(
        [2, 3, 2],
        ([b = 0, i = 0, j = 0]) =>
          at(mixed([2, 3, 4]), [2, 3, 4], [b, i, [2, 0, 1, 1][2 * b + j] ?? 0]) ?? NaN,
      ),
    );
  });

  it('an index outside is a fault, the nearest element or zero, as it is told; from the end where it is asked', () => {
    const x = nodeOf([1, 2, 3]);
    const index = int32([-1, 3], [2]);
    expect(() => valuesOf(compose.take(x, index, 0, { what: 'x[index]' }))).toThrow('x[index]');
    expect(valuesOf(compose.take(x, index, 0, { outside: 'clamp' }))).toEqual([1, 3]);
    expect(valuesOf(compose.take(x, index, 0, { outside: 'zero' }))).toEqual([0, 0]);
    expect(valuesOf(compose.take(x, compose.fromEnd(int32([-1, 0], [2]), 3), 0))).toEqual([3, 1]);
  });

  it('by indices of several axes, each of which must lie within its own', () => {
    const x = nodeOf([1, 2, 3, 4, 5, 6], [2, 3]);
    const index = int32([1, 2, 0, 1], [2, 2]);
    expect(valuesOf(compose.gatherNd(x, index))).toEqual([6, 2]);
    expect(valuesOf(compose.gatherNd(x, int32([1], [1, 1])))).toEqual([4, 5, 6]);
    const strayed = int32([0, 4, 1, 0], [2, 2]);
    expect(() => valuesOf(compose.gatherNd(x, strayed))).toThrow('gather_nd');
    expect(valuesOf(compose.gatherNd(x, strayed, { outside: 'zero' }))).toEqual([0, 4]);
    expect(valuesOf(compose.gatherNd(x, strayed, { outside: 'clamp' }))).toEqual([3, 4]);
    const base = make.fill([2, 3], 'float32', 1);
    const updates = nodeOf([10, 20]);
    expect(valuesOf(compose.scatterNd(base, index, updates))).toEqual([1, 21, 1, 1, 1, 11]);
    expect(valuesOf(compose.scatterNd(base, index, updates, { combine: 'set' }))).toEqual([
      1, 20, 1, 1, 1, 10,
    ]);
  });

  it('one-hot rows, segments and counts', () => {
    expect(valuesOf(compose.oneHot(int32([1, 3, -1], [3]), 3, 'float32', 5, -1))).toEqual([
      -1, 5, -1, -1, -1, -1, -1, -1, -1,
    ]);
    const x = nodeOf([1, 2, 3, 4, 5, 6], [3, 2]);
    const ids = int32([2, 0, 2], [3]);
    expect(valuesOf(compose.segments(x, ids, 3))).toEqual([3, 4, 0, 0, 6, 8]);
    expect(valuesOf(compose.segments(x, ids, 3, 'maximum'))).toEqual([3, 4, -Infinity, -Infinity, 5, 6]);
    expect(valuesOf(compose.bincount(int32([0, 2, 2, 7], [4]), 3))).toEqual([1, 0, 2]);
    expect(valuesOf(compose.bincount(int32([0, 1, 1, 0], [2, 2]), 2, nodeOf([1, 2, 3, 4], [2, 2])))).toEqual([
      1, 2, 4, 3,
    ]);
  });
});

describe('order', () => {
  it('sorts along any axis, equal elements as they stand', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ shape, axis, seed }, descending) => {
        const values = below(4, size(shape), seed);
        const x = nodeOf(values, shape);
        const extent = shape[axis] ?? 0;
        const row = (place: readonly number[]): number[] =>
          Array.from({ length: extent }, (_, i) => at(values, shape, place.toSpliced(axis, 1, i)) ?? NaN);
        const order = (all: readonly number[]): number[] =>
          [...all.keys()].sort((i, j) => ((all[i] ?? 0) - (all[j] ?? 0)) * (descending ? -1 : 1) || i - j);
        const places = tabulate(shape, (place) => order(row(place))[place[axis] ?? 0] ?? NaN);
        expect(valuesOf(compose.argsort(x, axis, descending))).toEqual(places);
        expect(numbersOf(compose.sort(x, axis, descending))).toEqual(
          tabulate(shape, (place) => row(place)[at(places, shape, place) ?? 0] ?? NaN),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('top k, with ties to the lower index', () => {
    const { values, indices } = compose.topK(nodeOf([1, 3, 3, 2, 5, 5, NaN, 0], [2, 4]), 2);
    expect(valuesOf(values)).toEqual([3, 3, 5, 5]);
    expect(valuesOf(indices)).toEqual([1, 2, 0, 1]);
    expect(valuesOf(compose.topK(nodeOf([4, 1, 2]), 1, 0, false).indices)).toEqual([1]);
  });

  it('where values go into what is sorted', () => {
    const sorted = nodeOf([1, 2, 2, 4]);
    const values = nodeOf([0, 2, 3, 9]);
    expect(valuesOf(compose.searchSorted(sorted, values))).toEqual([0, 1, 3, 4]);
    expect(valuesOf(compose.searchSorted(sorted, values, 'right'))).toEqual([0, 3, 3, 4]);
    const nan = nodeOf([NaN, 9]);
    const ending = nodeOf([1, 2, NaN]);
    expect(valuesOf(compose.searchSorted(ending, nan))).toEqual([2, 2]);
    expect(valuesOf(compose.searchSorted(ending, nan, 'right'))).toEqual([3, 2]);
    expect(valuesOf(compose.searchSorted(nodeOf([1, 2, 3]), nan))).toEqual([3, 3]);
    expect(valuesOf(compose.searchSorted(nodeOf([1, 2, 3]), nan, 'right'))).toEqual([3, 3]);
    const rows = compose.searchSorted(nodeOf([1, 2, 3, 4], [2, 2]), nodeOf([2, 2], [2, 1]));
    expect(valuesOf(rows)).toEqual([1, 0]);
  });
});

describe('parts', () => {
  it('stack, split, repeat, tile, roll and flip place elements as plain loops do', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: -9, max: 9 }), ({ shape, axis, count }, shift) => {
        const values = mixed(shape);
        const x = nodeOf(values, shape);
        const extent = shape[axis] ?? 1;
        const moved = (place: readonly number[], to: number): number =>
          at(values, shape, place.toSpliced(axis, 1, to)) ?? NaN;
        const own = (place: readonly number[]): number => place[axis] ?? 0;
        const wrapped = (i: number): number => ((i % extent) + extent) % extent;
        const longer = shape.with(axis, extent * count);
        expect(numbersOf(compose.repeat(x, count, axis))).toEqual(
          tabulate(longer, (place) => moved(place, Math.floor(own(place) / count))),
        );
        const times = shape.map((_, i) => (i === axis ? count : 1));
        expect(numbersOf(compose.tile(x, times))).toEqual(
          tabulate(longer, (place) => moved(place, own(place) % extent)),
        );
        expect(numbersOf(compose.roll(x, shift, axis))).toEqual(
          tabulate(shape, (place) => moved(place, wrapped(own(place) - shift))),
        );
        expect(numbersOf(compose.flip(x, [axis]))).toEqual(
          tabulate(shape, (place) => moved(place, extent - 1 - own(place))),
        );
        const both = compose.stack([x, compose.flip(x, [axis])], axis);
        expect(both.shape).toEqual(shape.toSpliced(axis, 0, 2));
        const [a, b] = compose.split(make.concat([x, x], axis), [1, 2 * extent - 1], axis);
        expect(a === undefined ? [] : numbersOf(a)).toEqual(
          tabulate(shape.with(axis, 1), (place) => moved(place, 0)),
        );
        expect(b?.shape[axis]).toBe(2 * extent - 1);
      }),
      { numRuns: 60 },
    );
    expect(compose.tile(nodeOf([1, 2]), [2, 1, 2]).shape).toEqual([2, 1, 4]);
  });

  it('padding goes on as its mode says, however wide it is', () => {
    const index = { reflect: 0, symmetric: 0, edge: 0, wrap: 0, constant: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(index) as compose.PadMode[])),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(9),
        fc.nat(9),
        (mode, extent, low, high) => {
          const values = mixed([extent]);
          const source = (i: number): number | undefined => {
            const modulo = (period: number): number => ((i % period) + period) % period;
            const folded = (period: number, last: number): number =>
              modulo(period) < extent ? modulo(period) : last - modulo(period);
            switch (mode) {
              case 'constant':
                return i >= 0 && i < extent ? i : undefined;
              case 'edge':
                return Math.min(Math.max(i, 0), extent - 1);
              case 'wrap':
                return modulo(extent);
              case 'symmetric':
                return folded(2 * extent, 2 * extent - 1);
              case 'reflect':
                return extent === 1 ? 0 : folded(2 * extent - 2, 2 * extent - 2);
            }
          };
          const wanted = Array.from({ length: low + extent + high }, (_, i) => {
            const from = source(i - low);
            return from === undefined ? 7 : (values[from] ?? NaN);
          });
          expect(numbersOf(compose.pad(nodeOf(values), [[low, high]], mode, 7))).toEqual(wanted);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('blocks of space become batches and depth, and come back', () => {
    const x = nodeOf(mixed([2, 4, 6, 3]), [2, 4, 6, 3]);
    const batches = compose.spaceToBatch(
      x,
      [2, 3],
      [
        [0, 0],
        [1, 2],
      ],
    );
    expect(batches.shape).toEqual([12, 2, 3, 3]);
    expect(
      numbersOf(
        compose.batchToSpace(
          batches,
          [2, 3],
          [
            [0, 0],
            [1, 2],
          ],
        ),
      ),
    ).toEqual(mixed([2, 4, 6, 3]));
    // Batch b of block place (i, j) has the pixels i, j and every second, every third after them.
    const value = (place: readonly number[]): number => at(mixed([2, 4, 6, 3]), [2, 4, 6, 3], place) ?? 0;
    expect(numbersOf(batches)).toEqual(
      tabulate(batches.shape, ([n = 0, h = 0, w = 0, c = 0]) => {
        const [i, j, b] = [Math.floor(n / 6), Math.floor(n / 2) % 3, n % 2];
        return value([b, 2 * h + i, 3 * w + j - 1, c]);
      }),
    );
    const deep = nodeOf(mixed([1, 2, 2, 8]), [1, 2, 2, 8]);
    expect(numbersOf(compose.depthToSpace(deep, 2))).toEqual(
      tabulate([1, 4, 4, 2], ([n = 0, h = 0, w = 0, c = 0]) => {
        const place = [n, Math.floor(h / 2), Math.floor(w / 2), ((h % 2) * 2 + (w % 2)) * 2 + c];
        return at(mixed([1, 2, 2, 8]), [1, 2, 2, 8], place) ?? NaN;
      }),
    );
  });
});
