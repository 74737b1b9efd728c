import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChipPattern } from '../../src/program';
import { testMachine } from './machine';

const entry = fc.oneof(fc.nat(31), fc.constant(255));
const mask = fc.array(entry, { minLength: 32, maxLength: 32 });

const shuffle = (dst: ChipPattern, src: ChipPattern, shuffle_mask: readonly number[]) =>
  ({
    opcode: 'nc_stream_shuffle',
    id: 'i',
    engine: 'vector',
    dst,
    sources: { src },
    attributes: { shuffle_mask },
  }) as const;

const halves = (partitions: number, first = 0) =>
  Array.from({ length: partitions * 2 }, (_, at) => first + at);

/** Tensors of `partitions` partitions of two elements each, which count up from 0 and from 5000. */
const machine = (partitions: number, partition = 0) =>
  testMachine({
    x: { dtype: 'uint16', partition, partitions, elements: 2, codes: halves(partitions) },
    d: { dtype: 'uint16', partitions, elements: 2, codes: halves(partitions, 5000) },
  });

test('moves partitions within each quadrant, and leaves those of 255', () => {
  fc.assert(
    fc.property(mask, fc.constantFrom(32, 64, 96, 128), (entries, partitions) => {
      const m = machine(partitions);
      m.run(shuffle(m.on('d'), m.on('x'), entries));
      const wanted = Array.from({ length: partitions }, (_, p) => {
        const taken = entries[p & 31] ?? NaN;
        const from = taken === 255 ? 5000 + 2 * p : 2 * ((p & ~31) | taken);
        return [from, from + 1];
      });
      expect(m.codes('d')).toEqual(wanted.flat());
    }),
  );
});

test('in place, all is read before anything is written', () => {
  const m = machine(64);
  const turned = Array.from({ length: 32 }, (_, i) => (i + 1) % 32);
  m.run(shuffle(m.on('x'), m.on('x'), turned));
  const firsts = m.codes('x').filter((_, at) => at % 2 === 0);
  expect(firsts.slice(0, 3)).toEqual([2, 4, 6]);
  expect(firsts.slice(31, 34)).toEqual([0, 66, 68]);
});

test('spreads one partition over a quadrant elsewhere, and writes no more than dst', () => {
  const m = machine(128);
  m.run(
    shuffle(
      m.on('d', { partition: 96, partitions: 5 }),
      m.on('x', { partition: 64, partitions: 1 }),
      new Array<number>(32).fill(0),
    ),
  );
  const firsts = m.codes('d').filter((_, at) => at % 2 === 0);
  expect(firsts.slice(95, 102)).toEqual([5190, 128, 128, 128, 128, 128, 5202]);
});

test('reads only what the mask names', () => {
  const m = testMachine({
    x: { dtype: 'int8', partitions: 32, elements: 1 },
    one: { dtype: 'int8', partitions: 1, elements: 1, values: [7] },
  });
  const left = new Array<number>(32).fill(255);
  m.run(shuffle(m.on('x'), m.on('one'), [255, 0, ...left.slice(2)]));
  expect(m.values('x').slice(0, 3)).toEqual([undefined, 7, undefined]);
  expect(() => {
    m.run(shuffle(m.on('x'), m.on('x'), [0, ...left.slice(1)]));
  }).toThrow('never written');
});

test('what is illegal', () => {
  const m = machine(128);
  const zeros = new Array<number>(32).fill(0);
  const problem = (
    dst: Partial<ChipPattern>,
    src: Partial<ChipPattern>,
    entries: readonly number[] = zeros,
  ) => m.problem(shuffle({ ...m.on('d'), ...dst }, { ...m.on('x'), ...src }, entries));
  expect(problem({}, {})).toBeUndefined();
  expect(problem({}, {}, [0])).toBe('shuffle_mask has 32 entries, received 1.');
  expect(problem({}, {}, [...zeros.slice(1), 32])).toBe(
    'an entry of shuffle_mask is 0 to 31, or 255, received 32.',
  );
  expect(problem({}, { dtype: 'int16' })).toBe(
    'dst and src must be of one format, received uint16 and int16.',
  );
  expect(problem({}, { dims: [[1, 1]] })).toBe(
    'dst and src must have as many elements of each partition, received 2 and 1.',
  );
  expect(problem({ partition: 96, partitions: 32 }, { partition: 0, partitions: 33 })).toBe(
    'dst: 64 partitions must start at partition 0 or 64, received 96.',
  );
  expect(problem({ partitions: 64 }, { partitions: 32 })).toBe(
    'partition 32 of dst takes partition 32 of src, which has 32: widen src, or leave it with 255.',
  );
});
