import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bitsOf,
  codeArray,
  decode,
  decodeArray,
  decodeElements,
  elementOf,
  encode,
  encodeArray,
  isPacked,
  NUMERIC_DTYPES,
  PACKED_DTYPES,
  packLanes,
  packWords,
  parseDtype,
  scanOperand,
  ulpDistance,
  unpackLanes,
  UserError,
  type Dtype,
} from '../../src/numerics';

test('the first element lies in the low byte, of 4 bits in the low nibble', () => {
  expect([...packLanes('float8_e4m3fn_x4', Uint8Array.of(0x11, 0x22, 0x33, 0xf4))]).toEqual([0xf4332211]);
  expect([...packLanes('float8_e5m2_x4', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))]).toEqual([
    0x04030201, 0x08070605,
  ]);
  expect([...packLanes('float4_e2m1fn_x4', Uint8Array.of(1, 2, 3, 15))]).toEqual([0xf321]);
  expect([...unpackLanes('float4_e2m1fn_x4', Uint16Array.of(0xf321))]).toEqual([1, 2, 3, 15]);
});

describe.each(PACKED_DTYPES)('%s', (dtype) => {
  test('takes the bits of four elements', () => {
    expect(bitsOf(dtype)).toBe(4 * bitsOf(elementOf(dtype)));
    expect(dtype).toBe(`${elementOf(dtype)}_x4`);
    expect(parseDtype(dtype)).toBe(dtype);
  });

  test('codes are in memory what codes of elements are, packed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** bitsOf(elementOf(dtype)) - 1), { maxLength: 40 }), (drawn) => {
        const lanes = codeArray(elementOf(dtype), drawn.length - (drawn.length % 4));
        lanes.set(drawn.slice(0, lanes.length));
        const codes = packLanes(dtype, lanes);
        expect(packWords(dtype, codes)).toEqual(packWords(elementOf(dtype), lanes));
        expect(unpackLanes(dtype, codes)).toEqual(lanes);
        expect(decodeElements(dtype, codes)).toEqual(decodeArray(elementOf(dtype), lanes));
      }),
    );
  });

  test('no code of it is a number', () => {
    const codes = codeArray(dtype, 1);
    for (const use of [
      () => decode(dtype, 0),
      () => decodeArray(dtype, codes),
      () => encode(dtype, 0),
      () => encodeArray(dtype, Float32Array.of(0)),
      () => encodeArray(dtype, new Float32Array(0)),
      () => scanOperand(dtype, codes),
      () => ulpDistance(dtype, 0, 0),
    ]) {
      expect(use).toThrow(UserError);
      expect(use).toThrow(`A code of ${dtype} is four elements and no number`);
    }
  });

  test('lanes come in fours', () => {
    expect(() => packLanes(dtype, new Uint8Array(6))).toThrow('received 6, no multiple of that');
  });
});

test('formats of numbers are not packed', () => {
  for (const dtype of NUMERIC_DTYPES as readonly Dtype[]) {
    expect(isPacked(dtype)).toBe(false);
    expect(() => elementOf(dtype)).toThrow(`${dtype} is not packed`);
  }
});
