/**
 * Packed formats: one code is four elements of a narrower format, the first in the low bits. They are NKI's `_x4` dtypes
 * (nki.language, supported data types), the operands of MX instructions, and are moved as they are: no code of them is a number.
 */
import { codeArray, requireCodes } from './arrays';
import { decodeArray } from './decode';
import { PACKED_DTYPES, type CodeArray, type Dtype, type PackedDtype } from './dtypes';
import { UserError } from './errors';
import { bitsOf } from './formats';

/** Elements of a packed code. */
export const PACKED_LANES = 4;

const ELEMENTS = {
  float8_e5m2_x4: 'float8_e5m2',
  float8_e4m3fn_x4: 'float8_e4m3fn',
  float4_e2m1fn_x4: 'float4_e2m1fn',
} as const satisfies Record<PackedDtype, Dtype>;

/** The formats of which four make a packed code. */
export type ElementDtype = (typeof ELEMENTS)[PackedDtype];

export function isPacked(dtype: Dtype): dtype is PackedDtype {
  return Object.hasOwn(ELEMENTS, dtype);
}

/** The format of the four elements of a packed one. @throws UserError for any other format. */
export function elementOf(dtype: Dtype): ElementDtype {
  if (isPacked(dtype)) return ELEMENTS[dtype];
  throw new UserError(`${dtype} is not packed: packed formats are ${PACKED_DTYPES.join(', ')}.`);
}

/** Packed codes to the codes of their elements, four for each, in order. @throws UserError when the array or format is another. */
export function unpackLanes(dtype: Dtype, codes: CodeArray): CodeArray {
  const element = elementOf(dtype);
  requireCodes(dtype, codes);
  const width = bitsOf(element);
  const lanes = codeArray(element, codes.length * PACKED_LANES);
  for (let at = 0; at < lanes.length; at++) {
    lanes[at] = ((codes[at >> 2] ?? NaN) >>> ((at & 3) * width)) & (2 ** width - 1);
  }
  return lanes;
}

/** Codes of elements to packed codes: the inverse of unpackLanes. @throws UserError when they are no multiple of four. */
export function packLanes(dtype: Dtype, lanes: CodeArray): CodeArray {
  const element = elementOf(dtype);
  requireCodes(element, lanes);
  if (lanes.length % PACKED_LANES !== 0) {
    throw new UserError(
      `A code of ${dtype} is ${PACKED_LANES} elements; received ${lanes.length}, no multiple of that.`,
    );
  }
  const width = bitsOf(element);
  const codes = codeArray(dtype, lanes.length / PACKED_LANES);
  for (let at = 0; at < lanes.length; at++) {
    codes[at >> 2] = (codes[at >> 2] ?? NaN) | ((lanes[at] ?? NaN) << ((at & 3) * width));
  }
  return codes;
}

/** Every element's value as decodeArray gives it: one for each code, four for each packed one. */
export function decodeElements(dtype: Dtype, codes: CodeArray): Float32Array<ArrayBuffer> {
  return isPacked(dtype)
    ? decodeArray(elementOf(dtype), unpackLanes(dtype, codes))
    : decodeArray(dtype, codes);
}

/** The same without the rounding of 32-bit integers to float32. */
export function exactElements(dtype: Dtype, codes: CodeArray): Float32Array | Float64Array {
  if (dtype !== 'int32' && dtype !== 'uint32') return decodeElements(dtype, codes);
  requireCodes(dtype, codes);
  return Float64Array.from(dtype === 'int32' ? Int32Array.from(codes) : codes);
}
