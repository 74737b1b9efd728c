import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundsProblem, countOf, elementsOf, offsetsOf } from '../../src/program';
import type { ChipPattern, SbufTensor } from '../../src/program';
import { anyDims } from './arbitrary';

const tile: SbufTensor = {
  space: 'sbuf',
  name: 't',
  dtype: 'bfloat16',
  partition: 32,
  partitions: 4,
  elements: 24,
  address: 0,
};
const over: ChipPattern = {
  space: 'sbuf',
  tensor: 't',
  dtype: 'bfloat16',
  partition: 32,
  partitions: 4,
  offset: 0,
  dims: [[1, 24]],
};

test('offsets are those of nested loops, outermost first', () => {
  const dims = [[6, 2], [0, 2], [-1, 3]] as const; // prettier-ignore
  expect([...offsetsOf({ ...over, offset: 5, dims })]).toEqual([5, 4, 3, 5, 4, 3, 11, 10, 9, 11, 10, 9]);
  expect(countOf(dims)).toBe(12);
  expect(elementsOf({ ...over, dims })).toBe(48);
});

test('bounds are those of the offsets', () => {
  fc.assert(
    fc.property(
      anyDims,
      fc.nat(30),
      fc.constantFrom('uint8', 'bfloat16', 'float32' as const),
      (dims, offset, dtype) => {
        const pattern = { ...over, dims, offset, dtype };
        const elements = { uint8: 48, bfloat16: 24, float32: 12 }[dtype];
        const inside = offsetsOf(pattern).every((at) => at >= 0 && at < elements);
        expect(boundsProblem(pattern, tile) === undefined).toBe(inside);
      },
    ),
    { numRuns: 1000 },
  );
});

test('bounds name what is there and what was asked', () => {
  expect(boundsProblem({ ...over, partitions: 5 }, tile)).toBe(
    'tensor "t" has partitions 32..35, received 32..36.',
  );
  expect(boundsProblem({ ...over, offset: 1 }, tile)).toBe(
    'tensor "t" has 24 elements of bfloat16, received elements 1..24.',
  );
  expect(boundsProblem({ ...over, space: 'psum' }, tile)).toBe(
    'tensor "t" is in sbuf, the pattern says psum.',
  );
  expect(boundsProblem(over, undefined)).toBe('no tensor is named "t".');
});
