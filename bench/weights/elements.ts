/**
 * How the elements of weight files become float32 values. Formats narrower than float32 are exact; float64 is rounded
 * to float32 once, here. Elements are little-endian, as both file formats have them.
 */
import { decodeArray, type Dtype } from '../../src/numerics';

export interface ElementType {
  readonly bytes: 1 | 2 | 4 | 8;
  /** `raw` starts at a multiple of `bytes` of its own buffer and holds whole elements. */
  toFloat32(raw: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
}

export const FLOAT64: ElementType = {
  bytes: 8,
  toFloat32: (raw) => Float32Array.from(new Float64Array(raw.buffer, raw.byteOffset, raw.length / 8)),
};

export const FLOAT32: ElementType = {
  bytes: 4,
  toFloat32: (raw) => new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4),
};

export const FLOAT16 = halfWords('float16');
export const BFLOAT16 = halfWords('bfloat16');
export const FLOAT8_E4M3FN = singleBytes('float8_e4m3fn');
export const FLOAT8_E5M2 = singleBytes('float8_e5m2');

function halfWords(dtype: Dtype): ElementType {
  return {
    bytes: 2,
    toFloat32: (raw) => decodeArray(dtype, new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2)),
  };
}

function singleBytes(dtype: Dtype): ElementType {
  return { bytes: 1, toFloat32: (raw) => decodeArray(dtype, raw) };
}
