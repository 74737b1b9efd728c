/**
 * Codes packed into the u32 words of a GPU buffer: little-endian, the first element in the low bits, padding zero.
 * Typed arrays have the byte order of the machine, which is little-endian wherever WebGPU runs.
 */
import { codeArray, requireCodes } from './arrays';
import type { CodeArray, Dtype } from './dtypes';
import { UserError } from './errors';
import { bitsOf } from './formats';

type Bytes = Uint8Array<ArrayBuffer>;

function bytesOf(array: CodeArray): Bytes {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function packRow(dtype: Dtype, codes: CodeArray, bytes: Bytes): void {
  if (bitsOf(dtype) !== 4) bytes.set(bytesOf(codes));
  else
    for (let i = 0; i < codes.length; i++)
      bytes[i >> 1] = (bytes[i >> 1] ?? 0) | ((codes[i] ?? 0) << ((i & 1) * 4));
}

function unpackRow(dtype: Dtype, bytes: Bytes, codes: CodeArray): void {
  if (bitsOf(dtype) !== 4) bytesOf(codes).set(bytes.subarray(0, codes.byteLength));
  else for (let i = 0; i < codes.length; i++) codes[i] = ((bytes[i >> 1] ?? 0) >> ((i & 1) * 4)) & 15;
}

/** u32 words of a row of `columns` elements, padded to 16 bytes. */
export function rowWords(dtype: Dtype, columns: number): number {
  return Math.ceil((columns * bitsOf(dtype)) / 128) * 4;
}

function requireLength(what: string, required: number, received: number): void {
  if (received !== required) throw new UserError(`${what} takes ${required} elements; received ${received}.`);
}

/** Codes of a [rows, columns] matrix to rows * rowWords(dtype, columns) words. Throws UserError on a wrong length. */
export function packMatrix(
  dtype: Dtype,
  rows: number,
  columns: number,
  codes: CodeArray,
): Uint32Array<ArrayBuffer> {
  requireCodes(dtype, codes);
  requireLength(`A ${dtype} matrix of ${rows} x ${columns}`, rows * columns, codes.length);
  const stride = rowWords(dtype, columns) * 4;
  const bytes = new Uint8Array(rows * stride);
  if (columns * bitsOf(dtype) === stride * 8) packRow(dtype, codes, bytes);
  else {
    for (let row = 0; row < rows; row++) {
      packRow(dtype, codes.subarray(row * columns, (row + 1) * columns), bytes.subarray(row * stride));
    }
  }
  return new Uint32Array(bytes.buffer);
}

/** The inverse of packMatrix; padding is not read. Throws UserError on a wrong length. */
export function unpackMatrix(
  dtype: Dtype,
  rows: number,
  columns: number,
  words: Uint32Array<ArrayBuffer>,
): CodeArray {
  requireLength(
    `A packed ${dtype} matrix of ${rows} x ${columns}`,
    rows * rowWords(dtype, columns),
    words.length,
  );
  const stride = rowWords(dtype, columns) * 4;
  const bytes = bytesOf(words);
  const codes = codeArray(dtype, rows * columns);
  if (columns * bitsOf(dtype) === stride * 8) unpackRow(dtype, bytes, codes);
  else {
    for (let row = 0; row < rows; row++) {
      unpackRow(dtype, bytes.subarray(row * stride), codes.subarray(row * columns, (row + 1) * columns));
    }
  }
  return codes;
}

/** A flat array of codes to words; only the last word is padded. */
export function packWords(dtype: Dtype, codes: CodeArray): Uint32Array<ArrayBuffer> {
  requireCodes(dtype, codes);
  const words = new Uint32Array(Math.ceil((codes.length * bitsOf(dtype)) / 32));
  packRow(dtype, codes, bytesOf(words));
  return words;
}

/** The first `length` codes of packed words. Throws UserError when there are fewer. */
export function unpackWords(dtype: Dtype, length: number, words: Uint32Array<ArrayBuffer>): CodeArray {
  if (words.length * 32 < length * bitsOf(dtype)) {
    throw new UserError(
      `${length} ${dtype} elements take ${Math.ceil((length * bitsOf(dtype)) / 32)} words; received ${words.length}.`,
    );
  }
  const codes = codeArray(dtype, length);
  unpackRow(dtype, bytesOf(words), codes);
  return codes;
}
