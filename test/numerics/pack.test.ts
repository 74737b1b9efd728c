/** Packed words: the layout by hand, the padding, and the way back. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bitsOf,
  codeArray,
  DTYPES,
  packMatrix,
  packWords,
  rowWords,
  unpackMatrix,
  unpackWords,
  UserError,
} from '../../src/numerics';

test('the first element is in the low bits, rows are padded with zeros to 16 bytes', () => {
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 0x81, 0x82, 0x83, 0x84, 0x85]);
  expect([...packMatrix('float8_e4m3', 2, 5, bytes)]).toEqual([0x04030201, 5, 0, 0, 0x84838281, 0x85, 0, 0]);
  const halves = new Uint16Array([0x1111, 0x2222, 0x3333]);
  expect([...packMatrix('bfloat16', 1, 3, halves)]).toEqual([0x22221111, 0x3333, 0, 0]);
  const nibbles = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...packMatrix('float4_e2m1fn', 1, 9, nibbles)]).toEqual([0x87654321, 9, 0, 0]);
  expect([...packMatrix('float4_e2m1fn', 3, 3, nibbles)]).toEqual([
    0x321, 0, 0, 0, 0x654, 0, 0, 0, 0x987, 0, 0, 0,
  ]);
  expect([...packWords('float4_e2m1fn', nibbles)]).toEqual([0x87654321, 9]);
  expect([...packWords('float16', halves)]).toEqual([0x22221111, 0x3333]);
});

test('rowWords', () => {
  const words = (['float32', 'bfloat16', 'float8_e5m2', 'float4_e2m1fn'] as const).map((dtype) =>
    [0, 1, 4, 5, 8, 9, 16, 17, 32, 33].map((columns) => rowWords(dtype, columns)),
  );
  expect(words).toEqual([
    [0, 4, 4, 8, 8, 12, 16, 20, 32, 36],
    [0, 4, 4, 4, 4, 8, 8, 12, 16, 20],
    [0, 4, 4, 4, 4, 4, 4, 8, 8, 12],
    [0, 4, 4, 4, 4, 4, 4, 4, 4, 8],
  ]);
});

const matrix = fc.constantFrom(...DTYPES).chain((dtype) =>
  fc.record({
    dtype: fc.constant(dtype),
    rows: fc.integer({ min: 0, max: 5 }),
    columns: fc.integer({ min: 0, max: 40 }),
    seed: fc.nat(),
    offset: fc.integer({ min: 0, max: 3 }),
  }),
);

test('unpacking gives back what was packed, from views too, whatever the padding holds', () => {
  fc.assert(
    fc.property(matrix, ({ dtype, rows, columns, seed, offset }) => {
      const mask = 2 ** bitsOf(dtype) - 1;
      const all = codeArray(dtype, rows * columns + offset).map(
        (_, at) => (Math.imul(at + 1, 0x9e3779b1) ^ seed) & mask,
      );
      const codes = all.subarray(offset);
      const words = packMatrix(dtype, rows, columns, codes);
      expect(words.length).toBe(rows * rowWords(dtype, columns));
      expect(unpackMatrix(dtype, rows, columns, words)).toEqual(codes.slice());
      expect(unpackWords(dtype, codes.length, packWords(dtype, codes))).toEqual(codes.slice());
      const used = packMatrix(
        dtype,
        rows,
        columns,
        codes.map(() => mask),
      );
      const dirty = words.map((word, at) => word | ~(used[at] ?? 0));
      expect(unpackMatrix(dtype, rows, columns, dirty)).toEqual(codes.slice());
    }),
  );
});

test('wrong lengths and wrong arrays are refused', () => {
  expect(() => packMatrix('int8', 2, 3, new Uint8Array(5))).toThrow(/2 x 3 takes 6 elements; received 5/);
  expect(() => packMatrix('int8', 2, 3, new Uint16Array(6))).toThrow(UserError);
  expect(() => unpackMatrix('int8', 2, 3, new Uint32Array(2))).toThrow(UserError);
  expect(() => unpackWords('float4_e2m1fn', 9, new Uint32Array(1))).toThrow(/2 words; received 1/);
  expect(() => packWords('float4_e2m1fn', new Uint8Array([16]))).toThrow(UserError);
});
