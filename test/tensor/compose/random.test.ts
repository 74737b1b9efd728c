/** Random arrays: the words of the generator, what is made of them, and that its shares are those of the distribution. */
import { describe, expect, it } from 'vitest';
import { philox4x32 } from '../../../src/numerics';
import * as compose from '../../../src/tensor/compose';
import type { Node } from '../../../src/tensor/graph';
import { nodeOf, valuesOf } from './values';

const key = (seed: number): Node => nodeOf([seed, 1, 2, 3], [4], 'uint32');
const words = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => philox4x32([Math.floor(i / 4), 0, 2, 3], [seed, 1])[i % 4] ?? 0);

const COUNT = 20_000;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]): number =>
  mean(values.map((value) => (value - mean(values)) ** 2));
/** Five deviations of a mean of so many numbers of this variance. */
const within = (variance: number): number => 5 * Math.sqrt(variance / COUNT);

describe('uniform numbers', () => {
  it('are the high 24 bits of the words', () => {
    const wanted = words(7, 8).map((word) => Math.floor(word / 256) * 2 ** -24);
    expect(valuesOf(compose.uniform(key(7), [8]))).toEqual(wanted);
    const scaled = wanted.map((u) => Math.fround(Math.fround(u * 5) - 2));
    expect(valuesOf(compose.uniform(key(7), [8], -2, 3))).toEqual(scaled);
  });

  it('stay below the end, also where float32 has few numbers between', () => {
    const values = valuesOf(compose.uniform(key(1), [1000], 2 ** 24, 2 ** 24 + 4));
    expect(new Set(values)).toEqual(new Set([2 ** 24, 2 ** 24 + 2]));
    const low = valuesOf(compose.uniform(key(1), [COUNT], -1, 0));
    expect(Math.max(...low)).toBeLessThan(0);
  });

  it('are spread evenly', () => {
    const values = valuesOf(compose.uniform(key(2), [COUNT]));
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(within(1 / 12));
    expect(Math.abs(spread(values) - 1 / 12)).toBeLessThan(within(1 / 180));
  });
});

describe('normal numbers', () => {
  it('are those of Box and Muller', () => {
    const all = words(3, 8);
    const wanted = all.slice(0, 4).map((first, i) => {
      const u = (Math.floor(first / 256) + 1) * 2 ** -24;
      const v = Math.floor((all[i + 4] ?? 0) / 256) * 2 ** -23 - 1;
      return Math.sqrt(-2 * Math.log(u)) * Math.sin(Math.PI * v);
    });
    valuesOf(compose.normal(key(3), [4])).forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? NaN, 5);
    });
  });

  it('have their mean, variance and fourth moment', () => {
    const values = valuesOf(compose.normal(key(4), [COUNT], 3, 2)).map((value) => (value - 3) / 2);
    expect(Math.abs(mean(values))).toBeLessThan(within(1));
    expect(Math.abs(spread(values) - 1)).toBeLessThan(within(2));
    expect(Math.abs(mean(values.map((value) => value ** 4)) - 3)).toBeLessThan(within(96));
  });

  it('truncated ones stay within two deviations, and have the variance that is left', () => {
    const values = valuesOf(compose.truncatedNormal(key(5), [COUNT]));
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(2);
    expect(Math.max(...values)).toBeGreaterThan(1.98);
    expect(Math.abs(mean(values))).toBeLessThan(within(0.774));
    expect(Math.abs(spread(values) - 0.77374)).toBeLessThan(within(0.9));
    // Half of them are within the quartile of the truncated distribution: the inverse of (0.25 (erf sqrt 2)) times two.
    const inner = values.filter((value) => Math.abs(value) < 0.6395).length / COUNT;
    expect(Math.abs(inner - 0.5)).toBeLessThan(within(0.25));
  });
});

describe('choices', () => {
  it('of 1 or 0 have the probability, for each element where it is an array', () => {
    const rate = mean(valuesOf(compose.bernoulli(key(6), [COUNT], 0.3)));
    expect(Math.abs(rate - 0.3)).toBeLessThan(within(0.21));
    expect(valuesOf(compose.bernoulli(key(6), [2, 50], nodeOf([0, 1], [2, 1])))).toEqual([
      ...Array<number>(50).fill(0),
      ...Array<number>(50).fill(1),
    ]);
  });

  it('of whole numbers are the high word of 64 bits times the count', () => {
    const all = words(8, 12).map(BigInt);
    for (const [start, end] of [
      [0, 10],
      [-5, 1000],
      [-(2 ** 31), 2 ** 31 - 1],
      [7, 8],
    ] as const) {
      const wanted = all.slice(0, 6).map((first, i) => {
        const product = ((first << 32n) + (all[i + 6] ?? 0n)) * BigInt(end - start);
        return start + Number(product >> 64n);
      });
      expect(valuesOf(compose.randint(key(8), [6], start, end))).toEqual(wanted);
    }
  });

  it('of an order have every place once', () => {
    const order = valuesOf(compose.permutation(key(9), 100));
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });

  it('dropout keeps the mean', () => {
    const values = valuesOf(compose.dropout(key(10), nodeOf(Array<number>(COUNT).fill(1)), 0.25));
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(Math.abs(mean(values) - 1)).toBeLessThan(within(0.25 / 0.75));
  });

  it('of categories have the shares of softmax', () => {
    const logits = nodeOf([0, Math.log(2), Math.log(5), -Infinity]);
    const chosen = valuesOf(compose.categorical(key(11), logits, COUNT));
    [1 / 8, 2 / 8, 5 / 8, 0].forEach((share, k) => {
      const got = chosen.filter((value) => value === k).length / COUNT;
      expect(Math.abs(got - share)).toBeLessThanOrEqual(within(share * (1 - share)));
    });
  });
});
