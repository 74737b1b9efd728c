/** Regions against sets of bytes: what is joined is at least both, what is left at least all that was not taken away. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetsOf, type ChipPattern, type SbufTensor } from '../../src/program';
import {
  isEmpty,
  joined,
  regionRead,
  regionWritten,
  wholeOf,
  without,
  type Region,
} from '../../src/time/schedule/regions';

const TENSOR: SbufTensor = {
  space: 'sbuf',
  name: 't',
  dtype: 'bfloat16',
  partition: 2,
  partitions: 5,
  elements: 24,
  address: 64,
};

const patterns: fc.Arbitrary<ChipPattern> = fc
  .record({
    partition: fc.integer({ min: 2, max: 6 }),
    partitions: fc.integer({ min: 1, max: 5 }),
    offset: fc.integer({ min: 0, max: 23 }),
    dims: fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 })), {
      maxLength: 2,
    }),
  })
  .filter(({ partition, partitions, offset, dims }) => {
    const last = dims.reduce((sum, [stride, count]) => sum + stride * (count - 1), offset);
    return last < 24 && partition + partitions <= 7;
  })
  .map((where) => ({ space: 'sbuf', tensor: 't', dtype: 'bfloat16', ...where }));

const key = (partition: number, byte: number) => `${partition}.${byte}`;

function bytesOfPattern(pattern: ChipPattern): ReadonlySet<string> {
  const bytes = new Set<string>();
  for (let row = pattern.partition; row < pattern.partition + pattern.partitions; row++) {
    for (const offset of offsetsOf(pattern)) {
      bytes.add(key(row, 2 * offset));
      bytes.add(key(row, 2 * offset + 1));
    }
  }
  return bytes;
}

function bytesOfRegion(region: Region | undefined): ReadonlySet<string> {
  const bytes = new Set<string>();
  if (region === undefined) return bytes;
  for (let row = region.first; row < region.end; row++) {
    for (let at = 0; at < region.bytes.length; at += 2) {
      for (let byte = region.bytes[at] ?? 0; byte < (region.bytes[at + 1] ?? 0); byte++)
        bytes.add(key(row, byte));
    }
  }
  return bytes;
}

const RUNS = { numRuns: 500, seed: 5 };

test('regions of plain patterns are their bytes', () => {
  fc.assert(
    fc.property(patterns, (pattern) => {
      expect(bytesOfRegion(regionRead(pattern, TENSOR))).toEqual(bytesOfPattern(pattern));
      expect(bytesOfRegion(regionWritten(pattern))).toEqual(bytesOfPattern(pattern));
    }),
    RUNS,
  );
});

test('joined regions hold both, and no partition or byte that neither has', () => {
  fc.assert(
    fc.property(patterns, patterns, (a, b) => {
      const both = bytesOfRegion(joined(regionRead(a, TENSOR), regionRead(b, TENSOR)));
      for (const byte of [...bytesOfPattern(a), ...bytesOfPattern(b)]) expect(both.has(byte)).toBe(true);
      if (a.partition === b.partition && a.partitions === b.partitions) {
        expect(both).toEqual(new Set([...bytesOfPattern(a), ...bytesOfPattern(b)]));
      }
    }),
    RUNS,
  );
});

test('what is left is all that was not taken away, and nothing besides what was there', () => {
  fc.assert(
    fc.property(patterns, patterns, (a, b) => {
      const written = regionWritten(b);
      if (written === undefined) throw new Error('too many pieces');
      const [before, taken] = [bytesOfPattern(a), bytesOfPattern(b)];
      const rest = bytesOfRegion(without(regionRead(a, TENSOR), written));
      for (const byte of before) if (!taken.has(byte)) expect(rest.has(byte)).toBe(true);
      for (const byte of rest) expect(before.has(byte)).toBe(true);
      if ([...before].every((byte) => taken.has(byte))) expect(rest.size).toBe(0);
    }),
    RUNS,
  );
});

test('registers and indices read the whole tensor, and nothing is left of a tensor that is written all over', () => {
  const pattern: ChipPattern = {
    space: 'sbuf',
    tensor: 't',
    dtype: 'bfloat16',
    partition: 2,
    partitions: 1,
    offset: 0,
    dims: [[1, 2]],
  };
  expect(regionRead({ ...pattern, registers: [['i', 1]] }, TENSOR)).toEqual(wholeOf(TENSOR));
  expect(regionRead({ ...pattern, index: pattern }, TENSOR)).toEqual(wholeOf(TENSOR));
  expect(without(wholeOf(TENSOR), wholeOf(TENSOR))).toBeUndefined();
  expect(isEmpty({ first: 0, end: 1, bytes: [] })).toBe(true);
});
