/** Every code of every format of 16 bits or fewer, and the limits that the table states. */
import { describe, expect, test } from 'vitest';
import {
  bitsOf,
  codeArray,
  decode,
  decodeArray,
  DTYPES,
  NUMERIC_DTYPES,
  encode,
  encodeArray,
  FORMATS,
  parseDtype,
  shortName,
  ulpDistance,
  UserError,
} from '../../src/numerics';
import { FLOAT_NAMES, LAYOUTS, positiveValue } from './oracle';

const NARROW = NUMERIC_DTYPES.filter((dtype) => bitsOf(dtype) <= 16);

test.each(FLOAT_NAMES)('%s: every code has the value that its layout says', (name) => {
  const layout: { max: number; infinity?: number; padding?: number } = LAYOUTS[name];
  const { exponentBits, mantissaBits } = LAYOUTS[name];
  const scale = 2 ** (layout.padding ?? 0);
  const half = 2 ** (exponentBits + mantissaBits);
  const wrong: number[] = [];
  for (let code = 0; code < half; code++) {
    const value = code <= layout.max ? positiveValue(name, code) : code === layout.infinity ? Infinity : NaN;
    if (!Object.is(decode(name, code * scale), value)) wrong.push(code);
    if (!Object.is(decode(name, (code + half) * scale), -value)) wrong.push(code + half);
  }
  expect(wrong).toEqual([]);
});

test.each(FLOAT_NAMES)('%s: the table states its limits', (name) => {
  const layout: { max: number; infinity?: number; nan?: number; padding?: number } = LAYOUTS[name];
  const { exponentBits, mantissaBits, bias } = LAYOUTS[name];
  const scale = 2 ** (layout.padding ?? 0);
  expect(FORMATS[name]).toMatchObject({
    exponentBits,
    mantissaBits,
    bias,
    maxFiniteCode: layout.max * scale,
    infinityCode: layout.infinity === undefined ? undefined : layout.infinity * scale,
    nanCode: layout.nan === undefined ? undefined : layout.nan * scale,
    maxFinite: positiveValue(name, layout.max),
    minNormal: positiveValue(name, 2 ** mantissaBits),
    minSubnormal: positiveValue(name, 1),
  });
});

test('the largest values are those of the published tables', () => {
  const largest = NUMERIC_DTYPES.map((dtype) => [shortName(dtype), FORMATS[dtype].maxFinite]);
  expect(Object.fromEntries(largest)).toEqual({
    fp32: (2 - 2 ** -23) * 2 ** 127,
    tf32: (2 - 2 ** -10) * 2 ** 127,
    bf16: (2 - 2 ** -7) * 2 ** 127,
    fp16: 65504,
    fp8e4m3: 240,
    fp8e4m3fn: 448,
    fp8e5m2: 57344,
    fp8e3m4: 15.5,
    e8m0: 2 ** 127,
    fp4: 6,
    int8: 127,
    uint8: 255,
    int16: 32767,
    uint16: 65535,
    int32: 2147483647,
    uint32: 4294967295,
  });
});

test.each(NARROW)('%s: codes survive decoding and encoding, one by one and as arrays', (dtype) => {
  const codes = codeArray(dtype, 2 ** bitsOf(dtype)).map((_, code) => code);
  const values = decodeArray(dtype, codes);
  const wanted = codes.map((code) =>
    Number.isNaN(decode(dtype, code)) ? (FORMATS[dtype].nanCode ?? 0) : code,
  );
  expect(values.every((value, code) => Object.is(value, decode(dtype, code)))).toBe(true);
  expect(codes.map((code) => encode(dtype, decode(dtype, code)))).toEqual(wanted);
  expect(encodeArray(dtype, values)).toEqual(wanted);
});

test('scales are powers of two, ff is NaN', () => {
  const values = Array.from({ length: 256 }, (_, code) => decode('float8_e8m0fnu', code));
  expect(values).toEqual([...Array.from({ length: 255 }, (_, code) => 2 ** (code - 127)), NaN]);
});

test('integers are two’s complement; those of 32 bits lose bits only as float32', () => {
  expect([0, 127, 128, 255].map((code) => decode('int8', code))).toEqual([0, 127, -128, -1]);
  expect([0x7fff, 0x8000].map((code) => decode('int16', code))).toEqual([32767, -32768]);
  expect([0x7fffffff, 0x80000000].map((code) => decode('int32', code))).toEqual([2147483647, -2147483648]);
  expect(decode('uint32', 0xffffffff)).toBe(4294967295);
  const codes = new Uint32Array([0x01000001, 0x01000003, 0xffffffff]);
  expect([...decodeArray('uint32', codes)]).toEqual([0x01000000, 0x01000004, 2 ** 32]);
  expect([...decodeArray('int32', codes)]).toEqual([0x01000000, 0x01000004, -1]);
});

test('the low bits of a tfloat32 code are not read', () => {
  expect(decode('tfloat32', 0x3f801fff)).toBe(1);
  expect([...decodeArray('tfloat32', new Uint32Array([0x3f801fff]))]).toEqual([1]);
  expect(ulpDistance('tfloat32', 0x3f800000, 0x3f802000)).toBe(1);
  expect(ulpDistance('tfloat32', 0x3f800000, 0x3f801fff)).toBe(0);
});

test('float32 codes are the bit patterns of float32', () => {
  const codes = new Uint32Array([1, 0x80000000, 0x3f800000, 0x7f7fffff, 0xff800000]);
  expect([...decodeArray('float32', codes)]).toEqual([
    2 ** -149,
    -0,
    1,
    FORMATS.float32.maxFinite,
    -Infinity,
  ]);
  expect(encodeArray('float32', decodeArray('float32', codes))).toEqual(codes);
});

test.each([-1, 0.5, 256, NaN, Infinity])('%s is no 8-bit code', (code) => {
  expect(() => decode('float8_e5m2', code)).toThrow(UserError);
});

test('arrays of the wrong kind, and bytes that are no 4-bit code, are refused', () => {
  expect(() => decodeArray('bfloat16', new Uint8Array(2))).toThrow(/Uint16Array; received Uint8Array/);
  expect(() => decodeArray('float4_e2m1fn', new Uint8Array([16]))).toThrow(/0 to 15/);
});

describe('names', () => {
  test.each(DTYPES)('%s is known by its own and its short name', (dtype) => {
    expect([dtype, shortName(dtype), dtype.toUpperCase()].map(parseDtype)).toEqual([dtype, dtype, dtype]);
  });

  test('aliases', () => {
    const aliases = [
      'f16',
      'half',
      'fp8_e4m3',
      'e4m3fn',
      'f8e5m2',
      'float8e3m4',
      'fp4',
      'tf32',
      'float',
      'i8',
      'u32',
    ];
    expect(aliases.map(parseDtype)).toEqual([
      'float16',
      'float16',
      'float8_e4m3',
      'float8_e4m3fn',
      'float8_e5m2',
      'float8_e3m4',
      'float4_e2m1fn',
      'tfloat32',
      'float32',
      'int8',
      'uint32',
    ]);
  });

  test('an unknown name is answered with the nearest one and the whole list', () => {
    expect(() => parseDtype('bf15')).toThrow(
      /"bf15"\. Did you mean bf16\? Known: fp32, tf32, bf16, .*uint32, .*fp4x4\./,
    );
    expect(() => parseDtype('')).toThrow(UserError);
  });

  test.each([
    ['flaot32', 'fp32'],
    ['bfloat61', 'bf16'],
    ['e4m4', 'fp8e4m3'],
    ['uin8', 'uint8'],
  ])('%s is taken for a slip of %s', (name, meant) => {
    expect(() => parseDtype(name)).toThrow(`"${name}". Did you mean ${meant}?`);
  });

  test.each(['evil', '__proto__', 'constructor', 'float64', 'double', ''])('%j is no slip of any', (name) => {
    expect(() => parseDtype(name)).toThrow(`Unknown number format "${name}". Known: fp32`);
  });

  test('a long name is cut in the message, and control characters are escaped', () => {
    expect(() => parseDtype('x'.repeat(1e6))).toThrow(`"${'x'.repeat(40)}…". Known`);
    expect(() => parseDtype('\x1b[31m')).toThrow(String.raw`"\u001b[31m". Known`);
  });
});

describe('ulpDistance', () => {
  test.each(NARROW)('%s: neighbours are one apart, in the order of values', (dtype) => {
    const places = new Map<number, number>();
    for (let code = 0; code < 2 ** bitsOf(dtype); code++) {
      const value = decode(dtype, code);
      if (!Number.isNaN(value)) places.set(value + 0, code);
    }
    const codes = [...places].sort(([left], [right]) => left - right).map(([, code]) => code);
    const steps = codes.slice(1).map((code, index) => ulpDistance(dtype, codes[index] ?? NaN, code));
    expect(new Set(steps)).toEqual(new Set([1]));
    expect(ulpDistance(dtype, codes.at(-1) ?? NaN, codes[0] ?? NaN)).toBe(codes.length - 1);
  });

  test('zeros are in one place; NaN is equal to NaN and infinitely far from numbers', () => {
    expect(ulpDistance('float32', 0, 0x80000000)).toBe(0);
    expect(ulpDistance('float32', 0x80000001, 1)).toBe(2);
    expect(ulpDistance('float32', 0x7fc00000, 0xff800001)).toBe(0);
    expect(ulpDistance('bfloat16', 0x7fc0, 0x7f80)).toBe(Infinity);
  });
});

test('names, options and arrays from callers without types are checked', () => {
  const untyped = (value: unknown): never => value as never;
  expect(() => decode(untyped('toString'), 1)).toThrow(/dtype is one of float32.*received toString/);
  expect(() => encode(untyped('bf16'), 1)).toThrow(/received bf16/);
  expect(() => encode('bfloat16', 1, { rounding: untyped('up') })).toThrow(/rounding is one of nearest-even/);
  expect(() => encodeArray('bfloat16', untyped([1, 2]))).toThrow(/takes a Float32Array/);
  expect(() => encodeArray('bfloat16', untyped(new Float64Array([1.7])))).toThrow(/takes a Float32Array/);
});
