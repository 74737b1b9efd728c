import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as np from '../../../src/tensor/array';
import { build, count, placesOf, plain, shapes, valueAt, type Plain } from './loops';
import { plainOf, sharedArrays } from './open';

const shared = sharedArrays();

/** Which elements a range takes, by Python's words: from start by step, until stop is passed. */
function taken(extent: number, { start, stop, step = 1 }: np.Range): number[] {
  const wrapped = (value: number): number => (value < 0 ? value + extent : value);
  const places: number[] = [];
  const [from, to] = [
    start === undefined ? (step > 0 ? 0 : extent - 1) : wrapped(start),
    stop === undefined ? (step > 0 ? Infinity : -Infinity) : wrapped(stop),
  ];
  // A start beyond an end counts from that end.
  const first = step > 0 ? Math.max(from, 0) : Math.min(from, extent - 1);
  const end = step > 0 ? Math.min(to, extent) : Math.max(to, -1);
  for (let i = first; step > 0 ? i < end : i > end; i += step) places.push(i);
  return places;
}

const limit = fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined });
const range: fc.Arbitrary<np.Range> = fc.record({
  start: limit,
  stop: limit,
  step: fc.option(
    fc.integer({ min: -3, max: 3 }).filter((step) => step !== 0),
    { nil: undefined },
  ),
});
const whole = (extent: number): fc.Arbitrary<number> => fc.integer({ min: -extent, max: extent - 1 });

/** A basic part for each axis, and for some none. */
const basic = shapes(1, 3).chain((shape) =>
  fc.tuple(plain(shape), fc.tuple(...shape.map((extent) => fc.oneof(range, whole(extent))))),
);

/** What is left of each axis; undefined where a whole number drops it. */
function chosenPlaces(x: Plain, parts: readonly (number | np.Range)[]): (number[] | undefined)[] {
  return x.shape.map((extent, axis) => {
    const part = parts[axis] ?? {};
    return typeof part === 'number' ? undefined : taken(extent, part);
  });
}

/** The place in x of a place of the result. */
function placeIn(x: Plain, parts: readonly (number | np.Range)[], place: readonly number[]): number[] {
  const rest = [...place];
  return chosenPlaces(x, parts).map((places, axis) => {
    const part = parts[axis];
    if (places === undefined)
      return typeof part === 'number' && part < 0 ? part + (x.shape[axis] ?? 0) : Number(part);
    return places[rest.shift() ?? 0] ?? -1;
  });
}

const shapeOfChoice = (x: Plain, parts: readonly (number | np.Range)[]): number[] =>
  chosenPlaces(x, parts).flatMap((places) => (places === undefined ? [] : [places.length]));

describe('whole numbers and ranges', () => {
  test('choose as Python does', async () => {
    await fc.assert(
      fc.asyncProperty(basic, async ([x, parts]) => {
        const expected = build(shapeOfChoice(x, parts), (place) => valueAt(x, placeIn(x, parts, place)));
        expect(await plainOf(np.at(shared.given(x), ...parts))).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test('are set, and leave the rest', async () => {
    await fc.assert(
      fc.asyncProperty(basic, fc.boolean(), async ([x, parts], adding) => {
        const chosen = shapeOfChoice(x, parts);
        const values = { shape: chosen, values: Array.from({ length: count(chosen) }, (_, i) => 100 + i) };
        const expected = [...x.values];
        for (const place of placesOf(chosen)) {
          const inner = placeIn(x, parts, place);
          const offset = inner.reduce((sum, each, axis) => sum * (x.shape[axis] ?? 1) + each, 0);
          expected[offset] = valueAt(values, place) + (adding ? (expected[offset] ?? 0) : 0);
        }
        const write = adding ? np.addAt : np.setAt;
        const result = await plainOf(write(shared.given(x), parts, shared.given(values)));
        expect(result).toEqual({ shape: x.shape, values: expected });
      }),
      { numRuns: 100 },
    );
  });

  test('strings, new axes and the axes that are not named', async () => {
    const x = np.reshape(shared.arrays.arange(24), [2, 3, 4]);
    expect(np.at(x, '...', null, 0).shape).toEqual([2, 3, 1]);
    expect(np.at(x, null, ':', '...', '1:3').shape).toEqual([1, 2, 3, 2]);
    expect(await np.at(x, 1, '::-1', 0).tolist()).toEqual([20, 16, 12]);
    expect(await np.at(x, -1, -1, '-3::2').tolist()).toEqual([21, 23]);
  });
});

describe('index arrays', () => {
  /** Some axes get index arrays of one shape, the others ranges. */
  const advanced = fc
    .tuple(
      shapes(2, 3),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    )
    .chain(([shape, indexShape, which]) =>
      fc.tuple(
        plain(shape),
        fc.constant(indexShape),
        fc.tuple(
          ...shape.map((extent, axis) =>
            which[axis] === true
              ? fc.array(whole(extent), { minLength: count(indexShape), maxLength: count(indexShape) })
              : fc.constant<np.Range>({}),
          ),
        ),
      ),
    );

  test.each([true, false])('together choose element by element; the host knows them: %s', async (known) => {
    await fc.assert(
      fc.asyncProperty(advanced, async ([x, indexShape, parts]) => {
        const arrayAxes = parts.flatMap((part, axis) => (Array.isArray(part) ? [axis] : []));
        if (arrayAxes.length === 0) return;
        const adjacent = arrayAxes.every((axis, i) => axis === (arrayAxes[0] ?? 0) + i);
        const others = x.shape.flatMap((_, axis) => (arrayAxes.includes(axis) ? [] : [axis]));
        const before = adjacent ? others.filter((axis) => axis < (arrayAxes[0] ?? 0)) : [];
        const after = others.filter((axis) => !before.includes(axis));
        const extents = (axes: readonly number[]): number[] => axes.map((axis) => x.shape[axis] ?? 1);
        const expected = build([...extents(before), ...indexShape, ...extents(after)], (place) => {
          const head = place.slice(0, before.length);
          const inner = place.slice(before.length, before.length + indexShape.length);
          const tail = place.slice(before.length + indexShape.length);
          return valueAt(
            x,
            x.shape.map((extent, axis) => {
              const part = parts[axis];
              if (Array.isArray(part))
                return (valueAt({ shape: indexShape, values: part }, inner) + extent) % extent;
              return before.includes(axis)
                ? (head[before.indexOf(axis)] ?? 0)
                : (tail[after.indexOf(axis)] ?? 0);
            }),
          );
        });
        const given = parts.map((part) => {
          if (!Array.isArray(part)) return part;
          const index = shared.arrays.array(Int32Array.from(part), { shape: indexShape });
          return known ? index : np.add(index, 0);
        });
        expect(await plainOf(np.at(shared.given(x), ...given))).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });

  test('that broadcast, with whole numbers between', async () => {
    const x = np.reshape(shared.arrays.arange(24), [2, 3, 4]);
    expect(await np.at(x, [[0], [1]], [0, 2]).tolist()).toEqual([
      [
        [0, 1, 2, 3],
        [8, 9, 10, 11],
      ],
      [
        [12, 13, 14, 15],
        [20, 21, 22, 23],
      ],
    ]);
    expect(np.at(x, 0, ':', [0, 1, 1]).shape).toEqual([3, 3]); // apart: the index arrays' axis comes first
    expect(await np.at(x, 0, ':', [0, 1, 1]).tolist()).toEqual([
      [0, 4, 8],
      [1, 5, 9],
      [1, 5, 9],
    ]);
    expect(await np.at(x, 1, [true, false, true], 0).tolist()).toEqual([12, 20]);
  });

  test('write: the last of equal places stays, sums add up', async () => {
    const { arrays } = shared;
    const x = arrays.zeros([3, 2]);
    const index = np.add(arrays.array(Int32Array.of(0, 2, 0)), 0);
    const values = arrays.array([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(await np.setAt(x, [index], values).tolist()).toEqual([
      [5, 6],
      [0, 0],
      [3, 4],
    ]);
    expect(await np.addAt(x, [index], values).tolist()).toEqual([
      [6, 8],
      [0, 0],
      [3, 4],
    ]);
    expect(await np.maximumAt(x, [':', [1, 1]], arrays.array([1, -1])).tolist()).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(await np.setAt(x, ['1:', [1]], 7).tolist()).toEqual([
      [0, 0],
      [0, 7],
      [0, 7],
    ]);
  });
});

describe('what is no index', () => {
  const x = () => shared.arrays.zeros([2, 3]);
  test('outside, where the host knows it: at once', () => {
    expect(() => np.at(x(), 2)).toThrow(
      'at: index 2 lies outside of axis 0 of float32[2, 3], which has 2 elements.',
    );
    expect(() => np.at(x(), 0, [0, -4])).toThrow('at: index -4 lies outside of axis 1 of float32[2, 3]');
    expect(() => np.take(x(), shared.arrays.array(Int32Array.of(3)), 1)).toThrow(
      'take: index 3 lies outside',
    );
  });

  test('outside, where only values show it: when it is read, and the next call works', async () => {
    const computed = () => np.add(shared.arrays.array(Int32Array.of(0, 2)), 0);
    const index = computed();
    await expect(np.at(x(), index).data()).rejects.toThrow(
      'at of float32[2, 3] along axis 0 of 2 elements: an index lies outside.',
    );
    await expect(np.at(x(), index, index).data()).rejects.toThrow('an index lies outside');
    await expect(np.setAt(x(), [computed()], 1).data()).rejects.toThrow(
      'setAt of float32[2, 3] along axis 0 of 2 elements: an index lies outside.',
    );
    expect(await np.at(x(), 0).tolist()).toEqual([0, 0, 0]);
  });

  test('NaN, fractions, floats, masks on the device, too many, nonsense', () => {
    const { arrays } = shared;
    expect(() => np.at(x(), NaN)).toThrow('at: an index is a whole number; received NaN for axis 0');
    expect(() => np.at(x(), [0.5])).toThrow('at: an index is a whole number; received 0.5');
    expect(() => np.at(x(), arrays.zeros([2]))).toThrow(
      'at: indices are integers; received float32[2] for axis 0',
    );
    expect(() => np.at(x(), np.equal(x(), 0))).toThrow('A mask, which comparisons give as uint8');
    expect(() => np.at(x(), 0, 0, 0)).toThrow('at: float32[2, 3] has 2 axes; received 3 indices');
    expect(() => np.at(x(), '1')).toThrow('at: "1" is no index');
    expect(() => np.at(x(), '::0')).toThrow("at: a range's step is not 0");
    expect(() => np.at(x(), [true])).toThrow(
      'at: a mask of axis 0 of float32[2, 3] has 2 elements; received 1.',
    );
    expect(() => np.setAt(x(), [0], arrays.zeros([2]))).toThrow('setAt: shapes [2] and [3] do not broadcast');
  });
});

test('takeAlongAxis takes element by element', async () => {
  const cases = shapes(1, 3).chain((shape) =>
    fc.nat(shape.length - 1).chain((axis) => {
      const indexShape = shape.with(axis, 2);
      const places = fc.array(whole(shape[axis] ?? 1), {
        minLength: count(indexShape),
        maxLength: count(indexShape),
      });
      return fc.tuple(
        plain(shape),
        fc.constant(axis),
        places.map((values) => ({ shape: indexShape, values })),
      );
    }),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([x, axis, index]) => {
      const extent = x.shape[axis] ?? 1;
      const expected = build(index.shape, (place) =>
        valueAt(x, place.with(axis, (valueAt(index, place) + extent) % extent)),
      );
      const given = shared.arrays.array(Int32Array.from(index.values), { shape: index.shape });
      expect(await plainOf(np.takeAlongAxis(shared.given(x), given, axis))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});
