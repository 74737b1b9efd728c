/** Codes as numbers to compute with, and back: float32 values, or the integers of 32-bit formats, which float32 does not hold. */
import { codeArray, decodeArray, encodeArray, type CodeArray, type Dtype } from '../../numerics';

/** What a primitive is given: codes, row-major. */
export interface Values {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly codes: CodeArray;
}

export type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export type WideInteger = 'int32' | 'uint32';

export const isWide = (dtype: Dtype): dtype is WideInteger => dtype === 'int32' || dtype === 'uint32';

export const floatsOf = ({ dtype, codes }: Values): Float32Array<ArrayBuffer> => decodeArray(dtype, codes);

/** The same words, as integers of their sign. */
export function integersOf(
  dtype: WideInteger,
  codes: CodeArray,
): Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const words = [codes.buffer, codes.byteOffset, codes.length] as const;
  return dtype === 'int32' ? new Int32Array(...words) : new Uint32Array(...words);
}

const LIMITS = { int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1] } as const;

/** The nearest integer that the format holds. */
export const clamped = (dtype: WideInteger, value: number): number =>
  Math.min(Math.max(value, LIMITS[dtype][0]), LIMITS[dtype][1]);

/** The code of one number: of 32-bit integers exactly, else of the nearest float32. */
export function codeOf(dtype: Dtype, value: number): number {
  if (isWide(dtype)) return Number.isNaN(value) ? 0 : Math.trunc(clamped(dtype, value)) >>> 0;
  return encodeArray(dtype, Float32Array.of(value))[0] ?? 0;
}

/** What begins a total: of a format's numbers, the one that changes nothing. */
export function neutral(kind: 'add' | 'multiply' | 'maximum' | 'minimum', dtype: Dtype | 'float'): number {
  if (kind === 'add') return 0;
  if (kind === 'multiply') return 1;
  const [low, high] = dtype !== 'float' && isWide(dtype) ? LIMITS[dtype] : [-Infinity, Infinity];
  return kind === 'maximum' ? low : high;
}

export const zeros = (dtype: Dtype, length: number): CodeArray => codeArray(dtype, length);
