/**
 * float32 arithmetic as the functions of this folder are made of it: sums and products that round once, and operations on the
 * bits of a number. No division and nothing of Math but fround, abs, floor, min and max, all of which are exact: WGSL can do the
 * same, bit for bit (docs/numerics.md, "Adapters" says with which care).
 */

export const add = (x: number, y: number): number => Math.fround(x + y);
export const subtract = (x: number, y: number): number => Math.fround(x - y);
export const multiply = (x: number, y: number): number => Math.fround(x * y);

/** Coefficients of 1, t, t^2, ... by Horner's rule: a rounded multiply and a rounded add for each. */
export function polynomial(coefficients: readonly number[], t: number): number {
  let sum = 0;
  for (let power = coefficients.length - 1; power >= 0; power--) {
    sum = add(multiply(sum, t), coefficients[power] ?? NaN);
  }
  return sum;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function bitsOfFloat(x: number): number {
  float[0] = x;
  return bits[0] ?? NaN;
}

function floatOfBits(code: number): number {
  bits[0] = code;
  return float[0] ?? NaN;
}

export interface Split {
  /** Of the sign of x and a magnitude in [1, 2). */
  readonly mantissa: number;
  readonly exponent: number;
}

/** x = mantissa x 2^exponent, for x finite and not zero. The leading bit of a subnormal's fraction is sought, no float touched. */
export function split(x: number): Split {
  const code = bitsOfFloat(x);
  const sign = code & 0x80000000;
  const biased = (code >>> 23) & 0xff;
  const fraction = code & 0x7fffff;
  const shift = biased === 0 ? Math.clz32(fraction) - 8 : 0;
  const mantissa = floatOfBits((sign | 0x3f800000 | ((fraction << shift) & 0x7fffff)) >>> 0);
  return { mantissa, exponent: (biased === 0 ? 1 - shift : biased) - 127 };
}

/** x 2^exponent, rounded once where it becomes subnormal: an addition to the exponent field, or a shift of the fraction. */
export const scale = (x: number, exponent: number): number => Math.fround(x * 2 ** exponent);

/** The magnitude with the sign bit of x. */
export const withSign = (magnitude: number, x: number): number =>
  x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
