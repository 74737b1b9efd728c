/** The arrays that hold codes: which kind a format takes, and whether a given one is it. */
import type { CodeArray, Dtype } from './dtypes';
import { UserError } from './errors';
import { bitsOf } from './formats';

/** An array of `length` zero codes: bytes for formats of 8 and 4 bits, else 16- or 32-bit elements. */
export function codeArray(dtype: Dtype, length: number): CodeArray {
  const bits = bitsOf(dtype);
  return bits <= 8 ? new Uint8Array(length) : bits === 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** Throws UserError unless `codes` is the kind of array that holds this format and, for 4-bit formats, has only its codes. */
export function requireCodes(dtype: Dtype, codes: CodeArray): void {
  const bits = bitsOf(dtype);
  if (codes.BYTES_PER_ELEMENT !== Math.ceil(bits / 8)) {
    throw new UserError(
      `Codes of ${dtype} are held in ${codeArray(dtype, 0).constructor.name}; received ${codes.constructor.name}. Make them with codeArray() or encodeArray().`,
    );
  }
  if (bits === 4 && codes.some((code) => code > 15)) {
    throw new UserError(
      `Codes of ${dtype} are 0 to 15, one to a byte; received a larger one. Unpack with unpackWords().`,
    );
  }
}
