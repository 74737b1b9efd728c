/**
 * How formats are stored in .safetensors: the names that the format has for them, and what becomes of formats that it has no name
 * for. The names and their sizes are those of the format's reference implementation (huggingface/safetensors, `Dtype`).
 */
import type { Dtype } from '../../numerics';

/** A dtype of the format: bits of an element, and ours of the same codes, where there is one. */
interface StoredFormat {
  readonly bits: number;
  readonly dtype?: Dtype;
}

/** Bare E4M3 is OCP's, without infinities; a BOOL is a byte of 0 or 1; two elements of F4 share a byte, the first in its low bits. */
export const STORED = {
  BOOL: { bits: 8, dtype: 'uint8' },
  F4: { bits: 4, dtype: 'float4_e2m1fn' },
  F6_E2M3: { bits: 6 },
  F6_E3M2: { bits: 6 },
  U8: { bits: 8, dtype: 'uint8' },
  I8: { bits: 8, dtype: 'int8' },
  F8_E5M2: { bits: 8, dtype: 'float8_e5m2' },
  F8_E4M3: { bits: 8, dtype: 'float8_e4m3fn' },
  F8_E8M0: { bits: 8, dtype: 'float8_e8m0fnu' },
  F8_E4M3FNUZ: { bits: 8 },
  F8_E5M2FNUZ: { bits: 8 },
  I16: { bits: 16, dtype: 'int16' },
  U16: { bits: 16, dtype: 'uint16' },
  F16: { bits: 16, dtype: 'float16' },
  BF16: { bits: 16, dtype: 'bfloat16' },
  I32: { bits: 32, dtype: 'int32' },
  U32: { bits: 32, dtype: 'uint32' },
  F32: { bits: 32, dtype: 'float32' },
  C64: { bits: 64 },
  F64: { bits: 64 },
  I64: { bits: 64 },
  U64: { bits: 64 },
} as const satisfies Record<string, StoredFormat>;

export type StoredDtype = keyof typeof STORED;

export const isStored = (name: string): name is StoredDtype => Object.hasOwn(STORED, name);

/** Widened, so that a dtype of ours may be absent. */
export const storedFormat = (stored: StoredDtype): StoredFormat => STORED[stored];

/**
 * What each format is stored as. Of formats without a name, the codes are stored under the name of their width, or for tfloat32
 * under that of the numbers that they are too, and an entry of the metadata tells the format (`DTYPE_ENTRY`).
 */
export const STORED_AS = {
  float32: 'F32',
  tfloat32: 'F32',
  bfloat16: 'BF16',
  float16: 'F16',
  float8_e4m3: 'U8',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  float8_e3m4: 'U8',
  float8_e8m0fnu: 'F8_E8M0',
  float4_e2m1fn: 'F4',
  int8: 'I8',
  uint8: 'U8',
  int16: 'I16',
  uint16: 'U16',
  int32: 'I32',
  uint32: 'U32',
  float8_e5m2_x4: 'U32',
  float8_e4m3fn_x4: 'U32',
  float4_e2m1fn_x4: 'U16',
} as const satisfies Record<Dtype, StoredDtype>;

/** Keys of the metadata that begin so name the format of the tensor that follows: `systole.dtype.weight` is `float8_e4m3`. */
export const DTYPE_ENTRY = 'systole.dtype.';

/** Whether what it is stored as does not tell it. */
export const needsEntry = (dtype: Dtype): boolean => storedFormat(STORED_AS[dtype]).dtype !== dtype;

/** Bytes of so many elements; a fraction where they end within a byte, unsafe where they are too many to count. */
export const bytesOf = (stored: StoredDtype, elements: number): number =>
  (elements * storedFormat(stored).bits) / 8;
