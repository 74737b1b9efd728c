/** Codes of numbers, and float32 bits of codes, on the host. */
import { decodeArray, codeArray, encodeArray, type Dtype } from '../../numerics';

const LIMITS = { int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1] } as const;

/** The code of one number: of 32-bit integers exactly, else of the nearest float32. */
export function codeOf(dtype: Dtype, value: number): number {
  if (dtype !== 'int32' && dtype !== 'uint32') return encodeArray(dtype, Float32Array.of(value))[0] ?? 0;
  const [low, high] = LIMITS[dtype];
  return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, low), high)) >>> 0;
}

/** The float32 bits of a code. */
export function bitsOfCode(dtype: Dtype, code: number): number {
  const codes = codeArray(dtype, 1).fill(code);
  return new Uint32Array(decodeArray(dtype, codes).buffer)[0] ?? 0;
}

export const hex = (word: number): string => `0x${(word >>> 0).toString(16)}u`;
