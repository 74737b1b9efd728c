/**
 * MX arithmetic a second time, from the words of docs/numerics.md: exact integers instead of floating point, groups found element by element. It
 * shares nothing with src but the names of formats.
 */
import { LAYOUTS, oracleEncode, positiveValue } from '../numerics/oracle';

export type Element = 'float8_e5m2' | 'float8_e4m3fn' | 'float4_e2m1fn';

/** The value of an element's code. */
export function elementValue(element: Element, code: number): number {
  const { exponentBits, mantissaBits, max, infinity }: { exponentBits: number; mantissaBits: number; max: number; infinity?: number } = LAYOUTS[element]; // prettier-ignore
  const magnitude = code % 2 ** (exponentBits + mantissaBits);
  const sign = magnitude === code ? 1 : -1;
  if (magnitude === infinity) return sign * Infinity;
  return magnitude > max ? NaN : sign * positiveValue(element, magnitude);
}

/** |product| x 2^exponent rounded once to float32, by whole numbers. Elements are multiples of 2^-16. */
function roundedMagnitude(product: number, exponent: number): number {
  const integer = BigInt(product * 2 ** 32);
  if (integer === 0n) return 0;
  const leading = integer.toString(2).length - 1 + exponent - 32;
  const unit = Math.max(leading - 23, -149);
  const shift = exponent - 32 - unit;
  let quotient = shift >= 0 ? integer << BigInt(shift) : integer >> BigInt(-shift);
  const rest = shift >= 0 ? 0n : integer - (quotient << BigInt(-shift));
  const half = shift >= 0 ? 1n : 1n << BigInt(-shift - 1);
  if (rest > half || (rest === half && quotient % 2n === 1n)) quotient += 1n;
  return Number(quotient) >= 2 ** (128 - unit) ? Infinity : Number(quotient) * 2 ** unit;
}

/** The product of two elements under two scale codes, as it is added. */
export function scaledProduct(x: number, y: number, scaleX: number, scaleY: number): number {
  if (scaleX === 255 || scaleY === 255 || !Number.isFinite(x * y)) {
    return scaleX === 255 || scaleY === 255 ? NaN : x * y;
  }
  const sign = Object.is(Math.sign(x) * Math.sign(y), -0) || x * y < 0 ? -1 : 1;
  return sign * roundedMagnitude(Math.abs(x * y), scaleX - 127 + scaleY - 127);
}

/** 2^e <= magnitude < 2^(e + 1), by trying. */
function exponentBelow(magnitude: number): number {
  let exponent = -150;
  while (2 ** (exponent + 1) <= magnitude) exponent++;
  return exponent;
}

export interface QuantizedGroup {
  readonly scale: number;
  /** Codes of the elements, in the order of the values. */
  readonly codes: readonly number[];
}

/** A group of values under one scale: of 2^(floor(log2 of the largest) - largestExponent). */
export function quantizedGroup(
  element: Element,
  largestExponent: number,
  values: readonly number[],
): QuantizedGroup {
  if (!values.every(Number.isFinite)) return { scale: 255, codes: values.map(() => 0x7f) };
  const most = Math.max(...values.map(Math.abs));
  const exponent = most === 0 ? -127 : Math.max(exponentBelow(most) - largestExponent, -127);
  const how = { rounding: 'nearest-even', saturate: true, draw: 0 } as const;
  return {
    scale: exponent + 127,
    codes: values.map((value) => oracleEncode(element, value / 2 ** exponent, how)),
  };
}
