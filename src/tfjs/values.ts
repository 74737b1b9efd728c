/** Values as tfjs has them, and the codes of nodes: float32 in the mode's format, int32 exactly, bool as bytes of 1 and 0. */
import type { BackendValues, DataType } from '@tensorflow/tfjs-core';
import { decodeArray, encodeArray, type CodeArray, type Dtype } from '../numerics';

/** The formats of one tensor's elements that a node holds; complex64 is two nodes of float32, and string none. */
export type RealType = 'float32' | 'int32' | 'bool';

/** What float32 tensors may be stored as. */
export const FLOAT_FORMATS = ['float32', 'bfloat16'] as const;
export type FloatFormat = (typeof FLOAT_FORMATS)[number];

export type HostValues = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

export const isReal = (dtype: DataType): dtype is RealType =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

export const formatOf = (dtype: RealType, float: FloatFormat): Dtype =>
  dtype === 'float32' ? float : dtype === 'int32' ? 'int32' : 'uint8';

export type NumericValues = Exclude<BackendValues, Uint8Array[]>;

export const isStrings = (values: BackendValues): values is Uint8Array[] => Array.isArray(values);

/** A copy: whoever gave the values may change them. */
export function toCodes(values: ArrayLike<number>, dtype: RealType, float: FloatFormat): CodeArray {
  if (dtype === 'bool') return Uint8Array.from(values, Number);
  if (dtype === 'int32') return new Uint32Array(new Int32Array(values).buffer);
  const floats = new Float32Array(values);
  return float === 'float32' ? new Uint32Array(floats.buffer) : encodeArray(float, floats);
}

/** A copy, too: codes may not change. */
export function fromCodes(codes: CodeArray, dtype: RealType, float: FloatFormat): HostValues {
  if (dtype === 'bool') return Uint8Array.from(codes);
  if (dtype === 'int32') return new Int32Array(codes.slice().buffer);
  return float === 'float32' ? new Float32Array(codes.slice().buffer) : decodeArray(float, codes);
}
