/** Scans, the immunity verdict tried on simulated hardware that flushes, and the error bounds tried on real sums. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bitsOf,
  codeArray,
  decode,
  decodeArray,
  dotErrorBound,
  NUMERIC_DTYPES,
  encode,
  encodeArray,
  FORMATS,
  gamma,
  immunity,
  scanOperand,
  type CodeArray,
  type Dtype,
  type ImmunityOperand,
} from '../../src/numerics';

function scan(dtype: Dtype, values: readonly number[]): ImmunityOperand {
  return { dtype, ...scanOperand(dtype, encodeArray(dtype, new Float32Array(values))) };
}

function codesOf(dtype: Dtype): fc.Arbitrary<CodeArray> {
  const code = fc.integer({ min: 0, max: 2 ** bitsOf(dtype) - 1 });
  return fc.array(code, { maxLength: 12 }).map((codes) => {
    const array = codeArray(dtype, codes.length);
    array.set(codes);
    return array;
  });
}

/** Exponent of the last mantissa bit of a positive value: the distance to the next value above, 0 for integers. */
function lastBit(dtype: Dtype, value: number): number {
  const { kind, signed, mantissaBits, minNormal } = FORMATS[dtype];
  if (kind === 'integer') return 0;
  let exponent = -150;
  while (2 ** (exponent + 1) <= (signed ? Math.max(value, minNormal) : value)) exponent++;
  return exponent - mantissaBits;
}

test.each(NUMERIC_DTYPES)('%s: a scan is what a loop over the values finds', (dtype) => {
  fc.assert(
    fc.property(codesOf(dtype), (codes) => {
      const magnitudes = Array.from(decodeArray(dtype, codes), Math.abs);
      const finite = magnitudes.filter((value) => !Number.isNaN(value));
      const smallest = Math.min(...finite.filter((value) => value > 0));
      const { lowestExponent, ...rest } = scanOperand(dtype, codes);
      expect(rest).toEqual({
        maxAbs: Math.max(0, ...finite),
        hasFloat32Subnormal: smallest < 2 ** -126,
        hasNonFinite: !magnitudes.every(Number.isFinite),
      });
      if (finite.every((value) => value === 0)) expect(lowestExponent).toBe(Infinity);
      else if (smallest < Infinity) expect(lowestExponent).toBe(lastBit(dtype, smallest));
    }),
  );
});

test('q(X) by hand', () => {
  const q = (dtype: Dtype, value: number): number => scan(dtype, [1024, value, 0]).lowestExponent;
  expect(q('float16', 2 ** -24)).toBe(-24);
  expect(q('float16', 1.5)).toBe(-10);
  expect(q('bfloat16', 2 ** -126)).toBe(-133);
  expect(q('bfloat16', 1.9921875)).toBe(-7);
  expect(q('tfloat32', 2 ** -10)).toBe(-20);
  expect(q('float32', 1)).toBe(-23);
  expect(q('float8_e4m3', 2 ** -9)).toBe(-9);
  expect(q('float8_e8m0fnu', 0.25)).toBe(-127);
  expect(q('int8', 3)).toBe(0);
  expect(scan('bfloat16', [0, -0]).lowestExponent).toBe(Infinity);
});

describe('immunity', () => {
  const verdict = (...operands: Parameters<typeof immunity>): string => {
    const result = immunity(...operands);
    return result.immune ? 'immune' : result.reason;
  };

  test('float16 and fp8 always qualify, up to their extremes', () => {
    for (const dtype of [
      'float16',
      'float8_e4m3',
      'float8_e4m3fn',
      'float8_e5m2',
      'float8_e3m4',
      'float4_e2m1fn',
    ] as const) {
      const { maxFinite, minSubnormal } = FORMATS[dtype];
      const extremes = scan(dtype, [maxFinite, minSubnormal ?? 0]);
      expect(verdict(extremes, extremes, 2 ** 23), dtype).toBe('immune');
    }
  });

  test('float32 pairs never are, whatever the values', () => {
    expect(verdict(scan('float32', [1]), scan('float32', [1]), 1)).toMatch(/48 significant bits.*fusing/);
    expect(verdict(scan('int16', [1]), scan('int16', [1]), 1)).toMatch(/30 significant bits/);
    expect(verdict(scan('float32', [3]), scan('float8_e8m0fnu', [1]), 1)).toMatch(/25 significant bits/);
  });

  test('each condition, on either side of its limit', () => {
    const one = scan('bfloat16', [1]);
    expect(verdict(scan('bfloat16', [2 ** -112]), one, 8)).toBe('immune'); // q = -119 and -7
    expect(verdict(scan('bfloat16', [2 ** -113]), one, 8)).toMatch(/2\^-127, below 2\^-126/);
    const large = scan('bfloat16', [2 ** 63]);
    expect(verdict(large, scan('bfloat16', [2 ** 60]), 15)).toBe('immune');
    expect(verdict(large, scan('bfloat16', [2 ** 60]), 16)).toMatch(/not below 2\^127/);
    expect(verdict(scan('bfloat16', [2 ** -127]), one, 8)).toMatch(/float32 subnormal/);
    expect(verdict(one, scan('bfloat16', [Infinity]), 8)).toMatch(/infinity or NaN/);
    expect(verdict(one, scan('bfloat16', [NaN]), 8)).toMatch(/infinity or NaN/);
    expect(verdict(one, one, 2 ** 23 + 1)).toMatch(/2\^23/);
    expect(verdict(one, one, 8, scan('float32', [2 ** -103]))).toBe('immune');
    expect(verdict(one, one, 8, scan('float32', [2 ** -104]))).toMatch(/2\^-127/);
    expect(verdict(one, one, 8, scan('float32', [2 ** 127]))).toMatch(/not below 2\^127/);
    expect(verdict(scan('bfloat16', [0]), scan('bfloat16', [0]), 8)).toBe('immune');
  });

  /** A dot product in the systolic order on hardware that flushes subnormal inputs and results, or does not. */
  function dot(a: Float32Array, b: Float32Array, flush: boolean): number {
    const keep = (value: number): number => (flush && Math.abs(value) < 2 ** -126 ? value * 0 : value);
    return a.reduce((sum, value, index) => {
      const product = keep(Math.fround(keep(value) * keep(b[index] ?? 0)));
      return keep(Math.fround(sum + product));
    }, 0);
  }

  // float32 elements have full mantissas, so that products are rounded.
  test.each([
    ['bfloat16', 1, -76, -58],
    ['float32', 1 + 2 ** -16, -80, -40],
  ] as const)(
    '%s: what may not be flushed has the same bits with and without flushing',
    (dtype, wide, least, most) => {
      let immune = 0;
      let changed = 0;
      // Products about 2^-126, the smallest normal: within a case the elements are of like size.
      const element = fc.tuple(
        fc.integer({ min: 100, max: 255 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
      );
      const base = fc.integer({ min: least, max: most });
      fc.assert(
        fc.property(
          base,
          fc.array(fc.tuple(element, element), { minLength: 1, maxLength: 6 }),
          (smallest, pairs) => {
            const values = [0, 1].map((side) =>
              Float32Array.from(pairs, (pair) => {
                const [mantissa, exponent, negative] = pair[side === 0 ? 0 : 1];
                return (negative ? -1 : 1) * mantissa * wide * 2 ** (smallest + exponent);
              }),
            );
            const [a, b] = values.map((side) => decodeArray(dtype, encodeArray(dtype, side)));
            if (a === undefined || b === undefined) throw new Error('two sides');
            const same = Object.is(dot(a, b, true), dot(a, b, false));
            const result = immunity(scan(dtype, [...a]), scan(dtype, [...b]), pairs.length);
            if (!result.mayFlush) immune++;
            if (!same) changed++;
            return same || result.mayFlush;
          },
        ),
        { numRuns: 1000, seed: 1 },
      );
      expect(Math.min(immune, changed)).toBeGreaterThan(100); // both kinds were tried
    },
  );
});

describe('error bounds', () => {
  test('gamma', () => {
    expect(gamma(0)).toBe(0);
    expect(gamma(1)).toBe(1 / (2 ** 24 - 1));
    expect(gamma(2 ** 23)).toBe(1);
    expect(gamma(2 ** 24)).toBe(Infinity);
  });

  /** Exact sum of products of float32 values that are multiples of 2^-60, as an integer count of 2^-120. */
  function exactDot(a: Float32Array, b: Float32Array): bigint {
    const integer = (value: number): bigint => BigInt(value * 2 ** 60);
    return a.reduce((sum, value, index) => sum + integer(value) * integer(b[index] ?? 0), 0n);
  }

  test('float32 dot products, forward, backward and by halves, are within the bound of the exact one', () => {
    const entry = fc
      .float({ min: -1, max: 1, noNaN: true })
      .map((value) => Math.fround(Math.round(value * 2 ** 36) / 2 ** 36));
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, entry), { minLength: 1, maxLength: 64 }), (pairs) => {
        const [a, b] = [Float32Array.from(pairs, ([x]) => x), Float32Array.from(pairs, ([, y]) => y)];
        const products = Array.from(a, (value, index) => Math.fround(value * (b[index] ?? 0)));
        const add = (terms: number[]): number => terms.reduce((sum, term) => Math.fround(sum + term), 0);
        const middle = products.length >> 1;
        const sums = [
          add(products),
          add([...products].reverse()),
          add([add(products.slice(0, middle)), add(products.slice(middle))]),
        ];
        const absolute = a.reduce((sum, value, index) => sum + Math.abs(value * (b[index] ?? 0)), 0);
        const bound = dotErrorBound(pairs.length, absolute);
        const exact = exactDot(a, b);
        for (const sum of sums) {
          const difference = BigInt(sum * 2 ** 120) - exact;
          expect(Math.abs(Number(difference)) / 2 ** 120).toBeLessThanOrEqual(bound);
        }
      }),
    );
  });

  test('a sum whose every rounding goes the same way comes near the bound', () => {
    const k = 1000;
    // 1 and k - 1 terms of nearly half a unit, each lost: the error is about (k - 1) u of a sum of about 1.
    const term = 2 ** -24;
    const sum = Array.from({ length: k - 1 }).reduce((total: number) => Math.fround(total + term), 1);
    const absolute = 1 + (k - 1) * term;
    const error = absolute - sum;
    expect(error).toBe((k - 1) * term);
    expect(error).toBeLessThanOrEqual(dotErrorBound(k, absolute));
    expect(error).toBeGreaterThan(0.99 * dotErrorBound(k, absolute));
  });

  test('underflow of products is counted', () => {
    const tiny = decode('float32', encode('float32', Math.fround(1.5 * 2 ** -75)));
    expect(Math.abs(Math.fround(tiny * tiny) - tiny * tiny)).toBeLessThanOrEqual(
      dotErrorBound(1, tiny * tiny),
    );
  });
});
