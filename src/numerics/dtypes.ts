/**
 * The names of the number formats and of the arrays that hold their codes.
 * Names are those of NKI; docs/numerics.md states each format in full.
 */

/** Every number format of the contract, by its NKI name. */
export const NUMERIC_DTYPES = [
  'float32',
  'tfloat32',
  'bfloat16',
  'float16',
  'float8_e4m3',
  'float8_e4m3fn',
  'float8_e5m2',
  'float8_e3m4',
  'float8_e8m0fnu',
  'float4_e2m1fn',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
] as const;

/** Formats of which one code is several elements of another format, and no number: the operands of MX instructions. */
export const PACKED_DTYPES = ['float8_e5m2_x4', 'float8_e4m3fn_x4', 'float4_e2m1fn_x4'] as const;

/** Every format that a tensor may have. */
export const DTYPES = [...NUMERIC_DTYPES, ...PACKED_DTYPES] as const;

export type NumericDtype = (typeof NUMERIC_DTYPES)[number];
export type PackedDtype = (typeof PACKED_DTYPES)[number];
export type Dtype = NumericDtype | PackedDtype;

/** Bit patterns of a tensor, one code each: 8 and 4-bit codes in bytes, 16-bit in Uint16Array, the rest in Uint32Array. */
export type CodeArray = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
