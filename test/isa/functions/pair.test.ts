import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scale, split } from '../../../src/isa/functions/float32';
import { exactProduct, exactSum } from '../../../src/isa/functions/pair';

// Moderate exponents, as the functions have them: nothing over- or underflows.
const mantissa = fc.integer({ min: 2 ** 23, max: 2 ** 24 - 1 });
const exponent = fc.integer({ min: -40, max: 40 });
const near = fc.integer({ min: -30, max: 30 });
const sign = fc.constantFrom(1, -1);
const number = fc.tuple(sign, mantissa, exponent).map(([s, m, e]) => s * m * 2 ** (e - 23));

test('a product is exactly its two parts, the first of which is rounded', () => {
  fc.assert(
    fc.property(number, number, (x, y) => {
      const { hi, lo } = exactProduct(x, y);
      expect(hi).toBe(Math.fround(x * y)); // 48 bits: the double product is exact
      expect(hi + lo).toBe(x * y);
      expect(Math.fround(lo)).toBe(lo);
    }),
  );
});

test('a sum is exactly its two parts', () => {
  fc.assert(
    fc.property(number, mantissa, near, sign, (x, m, e, s) => {
      const y = s * m * 2 ** (Math.floor(Math.log2(Math.abs(x))) + e - 23);
      const { hi, lo } = exactSum(x, y);
      expect(hi).toBe(Math.fround(x + y));
      // In units of the smaller number's last place all are whole.
      const unit = Math.min(...[x, y].map((value) => 2 ** (Math.floor(Math.log2(Math.abs(value))) - 24)));
      const whole = (value: number) => BigInt(value / unit);
      expect(whole(hi) + whole(lo)).toBe(whole(x) + whole(y));
    }),
  );
});

test('a number is its mantissa and exponent, subnormal ones too', () => {
  for (const x of [1, -1.5, 2 ** -126, 2 ** -149, -3 * 2 ** -149, 3.4028234663852886e38, 2 ** -127]) {
    const parts = split(x);
    expect(Math.abs(parts.mantissa)).toBeGreaterThanOrEqual(1);
    expect(Math.abs(parts.mantissa)).toBeLessThan(2);
    expect(parts.mantissa * 2 ** parts.exponent).toBe(x);
    expect(scale(parts.mantissa, parts.exponent)).toBe(x);
  }
});

test('scaling rounds once, to nearest even, and overflows to infinity', () => {
  expect(scale(1.5, -149)).toBe(2 ** -148);
  expect(scale(1.25, -149)).toBe(2 ** -149);
  expect(scale(1, -150)).toBe(0);
  expect(scale(-1, -151)).toBe(-0);
  expect(scale(1, 128)).toBe(Infinity);
});
