import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instruction } from '../../src/program';
import { testMachine, type TestMachine } from './machine';

const named = { id: 'i', engine: 'vector', attributes: {} } as const;

const stats = (m: TestMachine): Instruction => ({
  opcode: 'bn_stats',
  ...named,
  dst: m.on('s'),
  sources: { data: m.on('x') },
});
const aggregate = (m: TestMachine): Instruction => ({
  opcode: 'bn_aggr',
  ...named,
  dst: m.on('r'),
  sources: { data: m.on('s') },
});

function machine(rows: readonly (readonly number[])[]): TestMachine {
  const partitions = rows.length;
  return testMachine({
    x: { partitions, elements: rows[0]?.length ?? 0, dtype: 'float32', values: rows.flat() },
    s: { partitions, elements: 6, dtype: 'float32' },
    r: { partitions, elements: 2, dtype: 'float32' },
  });
}

describe('bn_stats', () => {
  test('is count, mean and variance x count of even, then of odd elements', () => {
    const m = machine([
      [1, 10, 3, 20, 5, 60],
      [2, 0, 2, 0, 2, 3],
    ]);
    m.run(stats(m));
    expect(m.values('s')).toEqual([3, 3, 8, 3, 30, 1400, 3, 2, 0, 3, 1, 6]);
  });

  test('takes odd counts, and none of the odd elements', () => {
    const three = machine([[1, 7, 2]]);
    three.run(stats(three));
    expect(three.values('s')).toEqual([2, 1.5, 0.5, 1, 7, 0]);
    const one = machine([[4]]);
    one.run(stats(one));
    expect(one.values('s')).toEqual([1, 4, 0, 0, 0, 0]);
  });

  test('sums in order, and multiplies by the rounded reciprocal', () => {
    const m = machine([[2 ** 24, 0, 1, 0, 1, 0]]); // 2^24 + 1 is a tie, twice
    m.run(stats(m));
    expect(m.values('s')[1]).toBe(Math.fround(2 ** 24 * Math.fround(1 / 3)));
  });
});

describe('bn_aggr', () => {
  const triples = (values: readonly number[]) =>
    testMachine({
      s: { partitions: 1, elements: values.length, dtype: 'float32', values },
      r: { partitions: 1, elements: 2, dtype: 'float32' },
    });

  test('joins triples to the mean and variance of all elements', () => {
    const m = triples([2, 1, 2, 2, 5, 10, 4, 7, 0]); // means 1, 5 and 7 of 2, 2 and 4 elements
    m.run(aggregate(m));
    expect(m.values('r')).toEqual([5, (2 + 10 + 2 * 16 + 0 + 4 * 4) / 8]);
  });

  test('takes one triple as it is, passes over those that count nothing, and is NaN of none', () => {
    const values = [
      [0, NaN, NaN, 49, 0.1, 98],
      [49, 0.1, 98, 0, 5, 5],
      [0, 0, 0],
    ];
    const results = values.map((given) => {
      const m = triples(given);
      m.run(aggregate(m));
      return m.values('r');
    });
    const variance = Math.fround(98 * Math.fround(1 / 49));
    expect(results).toEqual([
      [Math.fround(0.1), variance],
      [Math.fround(0.1), variance],
      [NaN, NaN],
    ]);
  });

  test('after bn_stats gives the moments of small integers exactly, where the counts are powers of two', () => {
    const small = fc.integer({ min: -8, max: 8 });
    fc.assert(
      fc.property(fc.constantFrom(2, 4, 16, 64), fc.infiniteStream(small), (width, stream) => {
        const values = [...stream.take(width)];
        const m = machine([values]);
        m.run(stats(m));
        m.run(aggregate(m));
        const mean = values.reduce((sum, x) => sum + x, 0) / width;
        const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / width;
        expect(m.values('r')).toEqual([mean, variance]);
      }),
    );
  });
});

describe('legality', () => {
  const m = testMachine({
    x: { partitions: 4, elements: 512, dtype: 'bfloat16' },
    s: { partitions: 4, elements: 6, dtype: 'float32' },
    r: { partitions: 4, elements: 2, dtype: 'float32' },
    wide: { partitions: 4, elements: 513, dtype: 'float32' },
  });

  test('both are legal on every chip', () => {
    for (const chip of ['trn1', 'trn2', 'trn3'] as const) {
      expect(m.problem(stats(m), chip)).toBeUndefined();
      expect(m.problem(aggregate(m), chip)).toBeUndefined();
    }
  });

  test.each<[string, Instruction]>([
    ['it is issued to vector, received gpsimd.', { ...stats(m), engine: 'gpsimd' }],
    [
      'data has at most 512 elements of each partition, received 513.',
      { opcode: 'bn_stats', ...named, dst: m.on('s'), sources: { data: m.on('wide') } },
    ],
    [
      'dst must be 4 x 6, received 4 x 2.',
      { opcode: 'bn_stats', ...named, dst: m.on('r'), sources: { data: m.on('x') } },
    ],
    [
      'dst must be 4 x 2, received 4 x 6.',
      { opcode: 'bn_aggr', ...named, dst: m.on('s'), sources: { data: m.on('s') } },
    ],
    [
      'data must have a multiple of 3 elements of each partition, received 512.',
      { opcode: 'bn_aggr', ...named, dst: m.on('r'), sources: { data: m.on('x') } },
    ],
  ])('%s', (message, instruction) => {
    expect(m.problem(instruction)).toBe(message);
  });
});
