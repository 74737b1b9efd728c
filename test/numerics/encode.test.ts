/** Encoding against the search of oracle.ts: every value, every midpoint, and one float32 step to either side. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bitsOf,
  decode,
  NUMERIC_DTYPES,
  encode,
  encodeArray,
  FORMATS,
  stochasticDraws,
  UserError,
} from '../../src/numerics';
import type { Dtype, EncodeOptions, Rounding } from '../../src/numerics';
import {
  FLOAT_NAMES,
  float32,
  float32Step,
  LAYOUTS,
  oracleEncode,
  positiveValue,
  roundsUp,
  split,
} from './oracle';
import type { FloatName } from './oracle';

const ROUNDINGS: readonly Rounding[] = ['nearest-even', 'toward-zero', 'stochastic'];
const OPTIONS = ROUNDINGS.flatMap((rounding) => [false, true].map((saturate) => ({ rounding, saturate })));
/** The largest mantissa at every float32 exponent, and the values at which something ends. */
const EDGES = [
  ...Array.from({ length: 255 }, (_, exponent) => float32((exponent << 23) | 0x7fffff)),
  ...[0, 2 ** -149, 2 ** -127, 2 ** -126, 1, Infinity, NaN],
];

/** Values, midpoints and one float32 step around both, from zero to beyond the largest; every stride-th but at the ends. */
function interestingValues(name: FloatName, stride: number): number[] {
  const { max } = LAYOUTS[name];
  const values = [...EDGES];
  for (let code = 0; code <= max; code += code > 64 && code < max - 64 ? stride : 1) {
    const value = positiveValue(name, code);
    const middle = (value + positiveValue(name, code + 1)) / 2;
    for (const centre of [value, middle]) {
      for (const steps of [-1, 0, 1]) if (centre > 0) values.push(float32Step(centre, steps));
    }
  }
  return values.filter((value) => Object.is(Math.fround(value), value) || Number.isNaN(value));
}

/** Draws at the threshold of rounding up, and beside it. */
function drawsFor(name: FloatName, value: number, rounding: Rounding): number[] {
  if (rounding !== 'stochastic') return [0];
  const threshold = Math.ceil(split(name, Math.abs(value)).fraction * 2 ** 32);
  return [0, threshold - 1, threshold, 0xffffffff].filter((draw) => draw >= 0 && draw < 2 ** 32);
}

describe.each(FLOAT_NAMES)('%s', (name) => {
  test.each(OPTIONS)('$rounding, saturate $saturate', (options) => {
    const values: number[] = [];
    const draws: number[] = [];
    // Saturation shows at the largest values only, and tfloat32 has too many codes.
    const stride = name === 'tfloat32' ? 61 : options.saturate && bitsOf(name) === 16 ? 13 : 1;
    for (const magnitude of interestingValues(name, stride)) {
      for (const draw of drawsFor(name, magnitude, options.rounding)) {
        values.push(magnitude, -magnitude);
        draws.push(draw, draw);
      }
    }
    const codes = encodeArray(name, new Float32Array(values), { ...options, draws: new Uint32Array(draws) });
    const wrong = values.findIndex(
      (value, at) => codes[at] !== oracleEncode(name, value, { ...options, draw: draws[at] ?? 0 }),
    );
    expect(wrong < 0 ? null : { value: values[wrong], draw: draws[wrong], code: codes[wrong] }).toBeNull();
  });
});

test('a fraction narrower than 2^-32 still rounds up, at draw 0 alone', () => {
  const options = { rounding: 'stochastic' } as const;
  expect(encode('float8_e4m3', 2 ** -149, { ...options, draw: 0 })).toBe(1);
  expect(encode('float8_e4m3', 2 ** -149, { ...options, draw: 1 })).toBe(0);
  expect(encode('float8_e4m3', -(2 ** -60), { ...options, draw: 0 })).toBe(0x81);
  expect(encode('float8_e4m3', 0, { ...options, draw: 0 })).toBe(0);
  expect(encode('int8', 2 ** -149, { ...options, draw: 0 })).toBe(1);
});

test('overflow, NaN and infinity by the words of the contract', () => {
  const codes = (dtype: Dtype, options: EncodeOptions = {}): number[] =>
    [1e30, -1e30, Infinity, -Infinity, NaN].map((value) => encode(dtype, Math.fround(value), options));
  expect(codes('float16')).toEqual([0x7c00, 0xfc00, 0x7c00, 0xfc00, 0x7e00]);
  expect(codes('float16', { saturate: true })).toEqual([0x7bff, 0xfbff, 0x7bff, 0xfbff, 0x7e00]);
  expect(codes('float16', { rounding: 'toward-zero' })).toEqual([0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00]);
  expect(codes('float8_e4m3')).toEqual([0x78, 0xf8, 0x78, 0xf8, 0x7f]);
  expect(codes('float8_e4m3fn')).toEqual([0x7f, 0x7f, 0x7f, 0x7f, 0x7f]);
  expect(codes('float8_e4m3fn', { saturate: true })).toEqual([0x7e, 0xfe, 0x7e, 0xfe, 0x7f]);
  expect(codes('float8_e4m3fn', { rounding: 'toward-zero' })).toEqual([0x7e, 0xfe, 0x7f, 0x7f, 0x7f]);
  expect(codes('float8_e5m2')).toEqual([0x7c, 0xfc, 0x7c, 0xfc, 0x7f]);
  expect(codes('float8_e3m4')).toEqual([0x70, 0xf0, 0x70, 0xf0, 0x7f]);
  expect(codes('float4_e2m1fn')).toEqual([0x7, 0xf, 0x7, 0xf, 0x7]);
  expect(codes('float8_e8m0fnu')).toEqual([0xe3, 0xff, 0xff, 0xff, 0xff]);
  expect(codes('float8_e8m0fnu', { saturate: true })).toEqual([0xe3, 0xff, 0xfe, 0xff, 0xff]);
  expect(codes('int8')).toEqual([0x7f, 0x80, 0x7f, 0x80, 0]);
  expect(codes('uint16')).toEqual([0xffff, 0, 0xffff, 0, 0]);
  expect(codes('int32')).toEqual([0x7fffffff, 0x80000000, 0x7fffffff, 0x80000000, 0]);
  expect(codes('bfloat16').slice(2)).toEqual([0x7f80, 0xff80, 0x7fc0]);
  expect(codes('tfloat32').slice(2)).toEqual([0x7f800000, 0xff800000, 0x7fc00000]);
  expect(codes('float32', { saturate: true }).slice(2)).toEqual([0x7f7fffff, 0xff7fffff, 0x7fc00000]);
});

test('a NaN of any sign and payload is written as the canonical one', () => {
  const values = new Float32Array(new Uint32Array([0x7f800001, 0xff800001, 0xffffffff, 0xffc00000]).buffer);
  for (const dtype of NUMERIC_DTYPES) {
    const { kind, nanCode, maxFiniteCode } = FORMATS[dtype];
    const wanted = kind === 'integer' ? 0 : (nanCode ?? maxFiniteCode);
    expect(new Set(encodeArray(dtype, values)), dtype).toEqual(new Set([wanted]));
  }
});

test('float32 is written as it is', () => {
  const bits = stochasticDraws({ seed: 1, launch: 0, instance: 0, element: 0 }, 100_000);
  const codes = encodeArray('float32', new Float32Array(bits.buffer));
  expect(
    bits.findIndex((word, at) => codes[at] !== ((word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word)),
  ).toBe(-1);
});

describe('float8_e8m0fnu', () => {
  test.each(OPTIONS)('$rounding, saturate $saturate', (options) => {
    for (let exponent = -130; exponent < 128; exponent++) {
      for (const mantissa of [1, 1 + 2 ** -16, 1.5 - 2 ** -16, 1.5, 1.5 + 2 ** -16, 2 - 2 ** -16]) {
        const value = Math.fround(mantissa * 2 ** exponent);
        const draw = 0x80000000;
        const below = Math.max(exponent + 127, 0);
        const fraction = Math.max(value / 2 ** (below - 127) - 1, 0);
        const code = below + (roundsUp(fraction, below % 2 === 1, options.rounding, draw) ? 1 : 0);
        const limit = options.saturate ? 0xfe : 0xff;
        expect(encode('float8_e8m0fnu', value, { ...options, draw }), `${value}`).toBe(Math.min(code, limit));
      }
    }
    expect(encode('float8_e8m0fnu', 0, { ...options, draw: 0 })).toBe(0);
    expect(encode('float8_e8m0fnu', -0, { ...options, draw: 0 })).toBe(0);
    expect(encode('float8_e8m0fnu', -(2 ** -149), { ...options, draw: 0 })).toBe(0xff);
  });
});

describe.each(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'] as const)('%s', (dtype) => {
  const { maxFinite, signed } = FORMATS[dtype];
  const lowest = signed ? -maxFinite - 1 : 0;

  test.each(ROUNDINGS)('%s', (rounding) => {
    const step = bitsOf(dtype) === 32 ? 2 ** 22 + 1 : bitsOf(dtype) === 16 ? 7 : 1;
    for (let centre = lowest - 3 * step; centre <= maxFinite + 3 * step; centre += step) {
      for (const offset of [-0.5, -0.25, 0, 0.25, 0.5]) {
        const value = Math.fround(centre + offset);
        const draw = 0x40000000;
        const below = Math.floor(Math.abs(value));
        const up = roundsUp(Math.abs(value) - below, below % 2 === 1, rounding, draw);
        const rounded = Math.sign(value) * (below + (up ? 1 : 0));
        const wanted = Math.max(lowest, Math.min(maxFinite, rounded));
        const code = encode(dtype, value, { rounding, draw });
        if (decode(dtype, code) !== wanted + 0)
          expect.fail(`${value}: ${decode(dtype, code)}, expected ${wanted}`);
      }
    }
  });
});

test('encodeArray equals encode, for every format and rounding', () => {
  const count = 20_000;
  const bits = stochasticDraws({ seed: 2, launch: 0, instance: 0, element: 0 }, count);
  for (let at = 0; at < count; at += 2) bits[at] = (((bits[at] ?? 0) & 0x8fffffff) | 0x30000000) >>> 0; // near one
  const values = new Float32Array(bits.buffer).map((value) => value);
  const draws = stochasticDraws({ seed: 3, launch: 0, instance: 0, element: 0 }, count);
  for (const dtype of NUMERIC_DTYPES) {
    for (const options of OPTIONS) {
      const codes = encodeArray(dtype, values, { ...options, draws });
      const wrong = values.findIndex(
        (value, at) => codes[at] !== encode(dtype, value, { ...options, draw: draws[at] ?? 0 }),
      );
      expect(wrong, `${dtype} ${options.rounding}`).toBe(-1);
    }
  }
});

const anyFloat32 = fc.float();
const anyDtype = fc.constantFrom(...NUMERIC_DTYPES);

test('rounding never changes the order of values', () => {
  const rounding = fc.constantFrom('nearest-even' as const, 'toward-zero' as const);
  fc.assert(
    fc.property(
      anyDtype,
      rounding,
      fc.float({ noNaN: true }),
      fc.float({ noNaN: true }),
      (dtype, how, x, y) => {
        const options = { rounding: how, saturate: true };
        const [low, high] = [Math.min(x, y), Math.max(x, y)].map((value) =>
          decode(dtype, encode(dtype, value, options)),
        );
        // A negative scale is NaN, which no order holds.
        return Number.isNaN(low) || Number.isNaN(high) || (low ?? NaN) <= (high ?? NaN);
      },
    ),
  );
});

test('toward zero never grows, and encoding twice is encoding once', () => {
  const scaleless = fc.constantFrom(
    ...NUMERIC_DTYPES.filter((dtype) => dtype !== 'float8_e8m0fnu' && bitsOf(dtype) < 32),
  );
  fc.assert(
    fc.property(scaleless, anyFloat32, (dtype, value) => {
      const once = decode(dtype, encode(dtype, value, { rounding: 'toward-zero' }));
      expect(Math.abs(once) > Math.abs(value)).toBe(false);
      for (const rounding of ROUNDINGS) {
        const code = encode(dtype, value, { rounding, draw: 7 });
        expect(encode(dtype, decode(dtype, code), { rounding, draw: 0 })).toBe(code);
      }
    }),
  );
});

test('a double that is no float32 is refused, with the way out', () => {
  expect(() => encode('bfloat16', 0.1)).toThrow(/Math\.fround/);
  expect(() => encode('int32', 2147483647)).toThrow(UserError);
  expect(encode('bfloat16', Math.fround(0.1))).toBe(0x3dcd);
});

test('stochastic rounding without its draws is refused', () => {
  expect(() => encode('bfloat16', 1, { rounding: 'stochastic' })).toThrow(/stochasticDraw\(\)/);
  expect(() => encode('bfloat16', 1, { rounding: 'stochastic', draw: -1 })).toThrow(UserError);
  expect(() => encode('bfloat16', 1, { rounding: 'stochastic', draw: 2 ** 32 })).toThrow(UserError);
  expect(() => encodeArray('bfloat16', new Float32Array(2), { rounding: 'stochastic' })).toThrow(
    /stochasticDraws\(\)/,
  );
});
