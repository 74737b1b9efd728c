/**
 * Codes to values. One integer function gives the float32 bit pattern of a code; `shaders/convert.wgsl` is its twin.
 * Every format's values are float32 values, except those of 32-bit integers beyond 2^24.
 */
import { requireCodes } from './arrays';
import type { CodeArray, Dtype } from './dtypes';
import { UserError } from './errors';
import { bitsOf, numberFormatOf, type Format } from './formats';

const CANONICAL_NAN = 0x7fc00000;

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** The float32 whose bit pattern is `bits`. */
export function float32FromBits(bits: number): number {
  word[0] = bits;
  return single[0] ?? 0;
}

/** The bit pattern of the float32 nearest to `value`. */
export function float32ToBits(value: number): number {
  single[0] = value;
  return word[0] ?? 0;
}

function integerValue({ bits, signed }: Format, code: number): number {
  return signed ? (code << (32 - bits)) >> (32 - bits) : code;
}

/** float32 bits of a float code. Formats with float32's exponent keep a NaN's payload, the others write 7fc00000. */
function floatBits(format: Format, code: number): number {
  const { bits, padding, exponentBits, mantissaBits, bias } = format;
  if (!format.signed) return code === format.nanCode ? CANONICAL_NAN : code === 0 ? 0x00400000 : code << 23;
  if (exponentBits === 8) return ((code >>> padding) << (32 - bits + padding)) >>> 0;
  const sign = (code >>> (bits - 1)) << 31;
  const magnitude = code & ((1 << (bits - 1)) - 1);
  if (magnitude > (format.infinityCode ?? format.maxFiniteCode)) return CANONICAL_NAN;
  if (magnitude === format.infinityCode) return (sign | 0x7f800000) >>> 0;
  if (magnitude === 0) return sign >>> 0;
  const rebase = 127 - bias;
  if (magnitude >>> mantissaBits > 0) {
    return (sign | ((magnitude << (23 - mantissaBits)) + (rebase << 23))) >>> 0;
  }
  // A subnormal of a narrow format is normal in float32: move its leading one to bit 23, where it counts as exponent 1.
  const up = Math.clz32(magnitude) - 8;
  const exponent = rebase + 1 + (23 - mantissaBits) - up;
  return (sign | ((magnitude << up) + ((exponent - 1) << 23))) >>> 0;
}

const formatBits = (format: Format, code: number): number =>
  format.kind === 'float' ? floatBits(format, code) : float32ToBits(integerValue(format, code));

/** The float32 bit pattern to which a code decodes; 32-bit integers round to nearest even. */
export const decodeBits = (dtype: Dtype, code: number): number => formatBits(numberFormatOf(dtype), code);

/** The exact value of a code. Throws UserError when the code is not an integer of 0 .. 2^bits - 1. */
export function decode(dtype: Dtype, code: number): number {
  const format = numberFormatOf(dtype);
  if (!Number.isInteger(code) || code < 0 || code >= 2 ** format.bits) {
    throw new UserError(
      `A ${dtype} code is an integer of 0 to ${2 ** format.bits - 1}; received ${code}. Use encode() to make codes from values.`,
    );
  }
  return format.kind === 'float' ? float32FromBits(floatBits(format, code)) : integerValue(format, code);
}

const tables = new Map<Dtype, Uint32Array>();

/** float32 bits of every code of a format of at most 16 bits. */
export function decodeTable(dtype: Dtype): Uint32Array {
  let table = tables.get(dtype);
  if (table === undefined) {
    // A plain loop: the first product of a process waits for it.
    const format = numberFormatOf(dtype);
    table = new Uint32Array(2 ** format.bits);
    for (let code = 0; code < table.length; code++) table[code] = formatBits(format, code);
    tables.set(dtype, table);
  }
  return table;
}

/** Formats of 32 bits, whose tables would not fit. */
function decodeWide(dtype: Dtype, codes: CodeArray): Float32Array<ArrayBuffer> {
  const { kind, signed, padding } = numberFormatOf(dtype);
  const view = [codes.buffer, codes.byteOffset, codes.length] as const;
  // The conversion of integer elements is itself a rounding to nearest even.
  if (kind === 'integer') return new Float32Array(signed ? new Int32Array(...view) : codes);
  const words = new Uint32Array(...view);
  if (padding === 0) return new Float32Array(words.slice().buffer);
  const read = new Uint32Array(words.length);
  for (let index = 0; index < read.length; index++) read[index] = (words[index] ?? 0) & (-1 << padding);
  return new Float32Array(read.buffer);
}

/**
 * Every code's value as float32, in order: exact, except that 32-bit integers beyond 2^24 round to nearest even.
 * Throws UserError when `codes` is not the array that holds this format.
 */
export function decodeArray(dtype: Dtype, codes: CodeArray): Float32Array<ArrayBuffer> {
  requireCodes(dtype, codes);
  if (bitsOf(dtype) > 16) return decodeWide(dtype, codes);
  const table = decodeTable(dtype);
  const words = new Uint32Array(codes.length);
  for (let index = 0; index < words.length; index++) words[index] = table[codes[index] ?? 0] ?? 0;
  return new Float32Array(words.buffer);
}
