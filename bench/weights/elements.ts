/**
 * How the elements of matrix files become values. Formats narrower than float32 are exact; float64 and 32-bit integers are
 * rounded to float32 once, here, and given in float64 too. Elements are little-endian, as both file formats have them.
 */
import { bitsOf, decodeArray, type CodeArray, type Dtype } from '../../src/numerics';

/** What a file may hold: the formats of the contract, and float64. */
export type StoredDtype = Dtype | 'float64';

export interface ElementType {
  readonly dtype: StoredDtype;
  /** Of one element in the file; 4-bit formats take a byte each. */
  readonly bytes: 1 | 2 | 4 | 8;
  /** `raw` starts at a multiple of `bytes` of its own buffer and holds whole elements. */
  toFloat32(raw: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
  /** Exact, where float32 may not be. */
  readonly toFloat64?: (raw: Uint8Array<ArrayBuffer>) => Float64Array<ArrayBuffer>;
}

type View<T> = new (buffer: ArrayBuffer, offset: number, length: number) => T;

export function elementType(dtype: StoredDtype): ElementType {
  if (dtype === 'float64') return wide(dtype, Float64Array, 8);
  if (dtype === 'int32') return wide(dtype, Int32Array, 4);
  if (dtype === 'uint32') return wide(dtype, Uint32Array, 4);
  const bits = bitsOf(dtype);
  if (bits === 32) return codes(dtype, Uint32Array, 4);
  return bits === 16 ? codes(dtype, Uint16Array, 2) : codes(dtype, Uint8Array, 1);
}

function codes(dtype: Dtype, view: View<CodeArray>, bytes: ElementType['bytes']): ElementType {
  return { dtype, bytes, toFloat32: (raw) => decodeArray(dtype, viewed(raw, view, bytes)) };
}

function wide(dtype: StoredDtype, view: View<ArrayLike<number>>, bytes: ElementType['bytes']): ElementType {
  return {
    dtype,
    bytes,
    toFloat32: (raw) => Float32Array.from(viewed(raw, view, bytes)),
    toFloat64: (raw) => Float64Array.from(viewed(raw, view, bytes)),
  };
}

function viewed<T>(raw: Uint8Array<ArrayBuffer>, view: View<T>, bytes: number): T {
  return new view(raw.buffer, raw.byteOffset, raw.length / bytes);
}
