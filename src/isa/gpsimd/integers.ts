/**
 * 32-bit signed integers that GpSimd computes and writes (nki.isa.iota, sequence_bounds). Named choice: 32-bit integer formats take
 * the bits as they are; every other format takes the float32 of the integer, rounded once more.
 */
import { encodeArray } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import type { Problem } from '../entry';

export function integerCodes(dtype: Dtype, values: Int32Array<ArrayBuffer>): CodeArray {
  const exact = dtype === 'int32' || dtype === 'uint32';
  return exact ? new Uint32Array(values.buffer) : encodeArray(dtype, new Float32Array(values));
}

export function wordProblem(name: string, value: number): Problem {
  return value === (value | 0) ? undefined : `${name} is a 32-bit signed integer, received ${value}.`;
}
