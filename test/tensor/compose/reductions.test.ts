/** Reductions, running totals and softmax against plain loops. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as compose from '../../../src/tensor/compose';
import { make, type Node, type Shape } from '../../../src/tensor/graph';
import { at, mixed, nodeOf, numbersOf, places, tabulate, valuesOf } from './values';

/** A shape of up to three axes, and some of them. */
const cases = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.record({ shape: fc.constant(shape), axes: fc.subarray([...shape.keys()]) }));

/** The elements that are joined into each one of the result. */
function joined(values: readonly number[], shape: Shape, axes: readonly number[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const place of places(shape)) {
    const key = place.filter((_, axis) => !axes.includes(axis)).join();
    groups.set(key, [...(groups.get(key) ?? []), at(values, shape, place) ?? NaN]);
  }
  return [...groups.values()];
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe('a reduction along any axes', () => {
  it('joins what plain loops join, and keeps axes where it is told', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ shape, axes }, keepDims) => {
        const values = mixed(shape);
        const x = nodeOf(values, shape);
        const groups = joined(values, shape, axes);
        const expected = shape.flatMap((extent, axis) =>
          !axes.includes(axis) ? [extent] : keepDims ? [1] : [],
        );
        const check = (node: Node, of: (group: readonly number[]) => number): void => {
          expect(node.shape).toEqual(expected);
          expect(numbersOf(node)).toEqual(groups.map((group) => of(group) + 0));
        };
        const options = { axes, keepDims };
        check(compose.sum(x, options), total);
        check(compose.max(x, options), (group) => Math.max(...group));
        check(compose.min(x, options), (group) => Math.min(...group));
        check(compose.any(x, options), (group) => Number(group.some((value) => value !== 0)));
        check(compose.all(x, options), (group) => Number(group.every((value) => value !== 0)));
        check(compose.countNonzero(x, options), (group) => group.filter((value) => value !== 0).length);
        check(compose.norm(x, 1, options), (group) => total(group.map(Math.abs)));
        check(compose.norm(x, Infinity, options), (group) => Math.max(...group.map(Math.abs)));
        check(compose.mean(x, options), (group) => Math.fround(total(group) * Math.fround(1 / group.length)));
        const near = (node: Node, of: (group: readonly number[]) => number): void => {
          expect(node.shape).toEqual(expected);
          valuesOf(node).forEach((value, i) => {
            const wanted = of(groups[i] ?? []);
            expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(wanted)));
          });
        };
        const spread = (group: readonly number[]): number => {
          const middle = total(group) / group.length;
          return total(group.map((value) => (value - middle) ** 2)) / group.length;
        };
        near(compose.variance(x, options), spread);
        near(compose.std(x, options), (group) => Math.sqrt(spread(group)));
        near(compose.norm(x, 2, options), (group) => Math.hypot(...group));
        near(compose.norm(x, 3, options), (group) =>
          Math.cbrt(total(group.map((value) => Math.abs(value) ** 3))),
        );
        near(compose.logsumexp(x, options), (group) => Math.log(total(group.map(Math.exp))));
        near(compose.prod(compose.clip(x, 0.5, 2), options), (group) =>
          group.reduce((product, value) => product * Math.min(Math.max(value, 0.5), 2), 1),
        );
      }),
      { numRuns: 80 },
    );
  });

  it('tells the first place of the largest, of an axis or of all', () => {
    const x = nodeOf([3, 7, 7, 1, 0, 2], [2, 3]);
    expect(valuesOf(compose.argmax(x, { axis: 1 }))).toEqual([1, 2]);
    expect(valuesOf(compose.argmin(x, { axis: 0 }))).toEqual([1, 1, 1]);
    expect(compose.argmax(x, { axis: 0, keepDims: true }).shape).toEqual([1, 3]);
    expect(valuesOf(compose.argmax(x))).toEqual([1]);
    expect(valuesOf(compose.argmax(nodeOf([1, NaN, 5])))).toEqual([1]);
  });

  it('of nothing gives what joins nothing', () => {
    const x = nodeOf([], [2, 0]);
    const options = { axes: [1] };
    expect(valuesOf(compose.sum(x, options))).toEqual([0, 0]);
    expect(valuesOf(compose.prod(x, options))).toEqual([1, 1]);
    expect(valuesOf(compose.any(x, options))).toEqual([0, 0]);
    expect(valuesOf(compose.all(x, options))).toEqual([1, 1]);
    expect(valuesOf(compose.logsumexp(x, options))).toEqual([-Infinity, -Infinity]);
    expect(valuesOf(compose.mean(x, options))).toEqual([NaN, NaN]);
  });

  it('of infinities and large numbers does not overflow on the way', () => {
    expect(valuesOf(compose.logsumexp(nodeOf([-Infinity, -Infinity])))).toEqual([-Infinity]);
    expect(valuesOf(compose.logsumexp(nodeOf([Infinity, 0])))).toEqual([Infinity]);
    expect(valuesOf(compose.logsumexp(nodeOf([1000, 1000])))[0]).toBeCloseTo(1000 + Math.LN2, 4);
  });

  it('of a narrow format adds in float32 and rounds once', () => {
    const values = Array.from({ length: 300 }, (_, i) => 1 + (i % 7) / 8);
    const wide = compose.sum(nodeOf(values, [300], 'bfloat16'), { dtype: 'float32' });
    expect(valuesOf(wide)).toEqual([total(values)]);
    expect(valuesOf(compose.sum(nodeOf(values, [300], 'bfloat16')))).toEqual(
      valuesOf(make.cast(wide, 'bfloat16')),
    );
  });

  it('of int32 is exact beyond 2^24', () => {
    expect(valuesOf(compose.sum(nodeOf([2 ** 24, 1, 1], [3], 'int32')))).toEqual([2 ** 24 + 2]);
  });
});

describe('running totals', () => {
  it('go along any axis, either way, with or without the element itself', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), fc.boolean(), fc.nat(), ({ shape }, exclusive, reverse, pick) => {
        const axis = pick % shape.length;
        const values = mixed(shape);
        const before = (place: readonly number[]): number[] => {
          const [own = 0, extent = 0] = [place[axis], shape[axis]];
          const all = Array.from({ length: extent }, (_, i) => i).filter(
            (i) => (reverse ? i > own : i < own) || (!exclusive && i === own),
          );
          return all.map((i) => at(values, shape, place.toSpliced(axis, 1, i)) ?? NaN);
        };
        const x = nodeOf(values, shape);
        const options = { exclusive, reverse };
        expect(numbersOf(compose.cumsum(x, axis, options))).toEqual(
          tabulate(shape, (place) => total(before(place)) + 0),
        );
        expect(numbersOf(compose.cummax(x, axis, options))).toEqual(
          tabulate(shape, (place) => Math.max(...before(place))),
        );
        expect(numbersOf(compose.cummin(x, axis, options))).toEqual(
          tabulate(shape, (place) => Math.min(...before(place))),
        );
      }),
      { numRuns: 60 },
    );
    expect(valuesOf(compose.cumprod(nodeOf([1, 2, 3, 4]), 0))).toEqual([1, 2, 6, 24]);
  });
});

describe('softmax and norms', () => {
  const close = (node: Node, wanted: readonly number[], within = 4e-7): void => {
    valuesOf(node).forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] ?? NaN))).toBeLessThanOrEqual(
        within * Math.max(1, Math.abs(wanted[i] ?? 0)),
      );
    });
  };
  const shape = [2, 3, 4];
  const values = mixed(shape);
  const x = nodeOf(values, shape);
  const row = (place: readonly number[], axis: number): number[] =>
    Array.from({ length: shape[axis] ?? 0 }, (_, i) => at(values, shape, place.toSpliced(axis, 1, i)) ?? NaN);

  it.each([0, 1, 2])('softmax along axis %d', (axis) => {
    const share = (place: readonly number[]): number =>
      Math.exp(at(values, shape, place) ?? NaN) / total(row(place, axis).map(Math.exp));
    close(compose.softmax(x, axis), tabulate(shape, share));
    close(
      compose.logSoftmax(x, axis),
      tabulate(shape, (place) => Math.log(share(place))),
      1e-6,
    );
    expect(valuesOf(compose.softmax(nodeOf([1000, -Infinity, 1000])))).toEqual([0.5, 0, 0.5]);
  });

  it('layer, rms and batch norms', () => {
    const [scale, offset] = [nodeOf([1, 2, 3, 4]), nodeOf([0, 1, 0, -1])];
    const parts = (place: readonly number[]) => {
      const all = row(place, 2);
      const middle = total(all) / 4;
      const variance = total(all.map((value) => (value - middle) ** 2)) / 4;
      const squares = total(all.map((value) => value ** 2)) / 4;
      const last = place[2] ?? 0;
      return {
        value: at(values, shape, place) ?? NaN,
        middle,
        variance,
        squares,
        gain: last + 1,
        shift: last === 1 ? 1 : last === 3 ? -1 : 0,
      };
    };
    close(
      compose.layerNorm(x, { scale, offset }),
      tabulate(shape, (place) => {
        const { value, middle, variance, gain, shift } = parts(place);
        return ((value - middle) / Math.sqrt(variance + 1e-5)) * gain + shift;
      }),
      2e-6,
    );
    close(
      compose.rmsNorm(x, { scale }),
      tabulate(shape, (place) => {
        const { value, squares, gain } = parts(place);
        return (value / Math.sqrt(squares + 1e-5)) * gain;
      }),
      1e-6,
    );
    const [middle, variance] = [nodeOf([1, 0, -1, 2]), nodeOf([1, 4, 9, 0.25])];
    close(
      compose.batchNorm(x, middle, variance, { offset, scale }),
      tabulate(shape, (place) => {
        const { value, gain, shift } = parts(place);
        const last = place[2] ?? 0;
        return (
          ((value - ([1, 0, -1, 2][last] ?? 0)) / Math.sqrt(([1, 4, 9, 0.25][last] ?? 0) + 1e-3)) * gain +
          shift
        );
      }),
      2e-6,
    );
  });

  it('response norm and its gradient', () => {
    const options = { radius: 1, bias: 1.5, alpha: 0.5, beta: 0.75 };
    const forward = (all: readonly number[]): number[] =>
      all.map((value, i) => {
        const near = all.filter((_, j) => Math.abs(i - j) <= 1);
        return value * (1.5 + 0.5 * total(near.map((other) => other ** 2))) ** -0.75;
      });
    const line = [1, -2, 0.5, 3, -1];
    close(compose.responseNorm(nodeOf(line), options), forward(line), 1e-6);
    const slopes = line.map((_, j) => {
      const moved = (by: number): number =>
        total(forward(line.with(j, (line[j] ?? 0) + by)).map((value, i) => value * (i + 1)));
      return (moved(1e-5) - moved(-1e-5)) / 2e-5;
    });
    close(compose.responseNormGradient(nodeOf([1, 2, 3, 4, 5]), nodeOf(line), options), slopes, 3e-6);
  });
});
