/**
 * Arrays of any rank in .npy files, as the codes of a format: what a kernel takes and gives.
 * The file format: NumPy's documentation, numpy.lib.format.
 */
import {
  bitsOf,
  decodeArray,
  encodeArray,
  isPacked,
  UserError,
  type CodeArray,
  type Dtype,
} from '../../src/numerics';
import { npyElement, npyHeader } from './npy';
import type { ByteSource } from './source';

export interface CodedArray {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Row-major. */
  readonly codes: CodeArray;
}

/** What NumPy calls the formats that it has; packed codes are words to it. */
const DESCR: Readonly<Partial<Record<Dtype, string>>> = {
  float32: '<f4',
  float16: '<f2',
  int8: '|i1',
  uint8: '|u1',
  int16: '<i2',
  uint16: '<u2',
  int32: '<i4',
  uint32: '<u4',
  float8_e5m2_x4: '<u4',
  float8_e4m3fn_x4: '<u4',
  float4_e2m1fn_x4: '<u2',
};

/**
 * The array of a .npy file, its values rounded once, to nearest even, to `dtype` where that is given; else in the file's own
 * format, float64 as float32. Packed formats are read as codes, from words of their size.
 *
 * @throws UserError for a file that is no such array or does not hold what its header says.
 */
export async function readArray(source: ByteSource, dtype?: Dtype): Promise<CodedArray> {
  const { descr, columnMajor, shape, shapeText, dataStart } = await npyHeader(source);
  // Plain 16-bit patterns are taken for bfloat16 unless they are asked for as what NumPy calls them.
  const element = npyElement(source.name, descr, descr === 'u2' && dtype === 'uint16' ? dtype : undefined);
  if (shape === undefined || shape.some((extent) => extent < 1)) {
    throw new UserError(`${source.name}: extents of at least 1 are required, the shape is ${shapeText}.`);
  }
  if (columnMajor && shape.filter((extent) => extent > 1).length > 1) {
    throw new UserError(`${source.name} lies column by column; save numpy.ascontiguousarray(array).`);
  }
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const needed = elements * element.bytes;
  if (dataStart + needed !== source.size) {
    throw new UserError(
      `${source.name}: ${shapeText} takes ${needed} bytes of elements, the file has ${source.size - dataStart}.`,
    );
  }
  const raw = new Uint8Array(await source.read(dataStart, needed)); // a copy, so that it begins at a multiple of any width
  const own: Dtype = element.dtype === 'float64' ? 'float32' : element.dtype;
  if (element.dtype !== 'float64' && (dtype ?? own) === own)
    return { shape, dtype: own, codes: asCodes(raw, element.bytes) };
  const wanted = dtype ?? own;
  if (isPacked(wanted)) return { shape, dtype: wanted, codes: packedCodes(source.name, wanted, descr, raw) };
  return { shape, dtype: wanted, codes: encodeArray(wanted, element.toFloat32(raw)) };
}

function packedCodes(file: string, dtype: Dtype, descr: string, raw: Uint8Array<ArrayBuffer>): CodeArray {
  const bytes = bitsOf(dtype) / 8;
  if (descr === `u${bytes}`) return asCodes(raw, bytes);
  throw new UserError(
    `${file}: codes of ${dtype} are read from elements of u${bytes}; the file has ${descr}.`,
  );
}

function asCodes(raw: Uint8Array<ArrayBuffer>, bytes: number): CodeArray {
  if (bytes === 1) return raw;
  return bytes === 2 ? new Uint16Array(raw.buffer) : new Uint32Array(raw.buffer);
}

/** The bytes of a .npy file. Formats that NumPy does not have are written as float32, which holds their values exactly. */
export function npyBytes({ shape, dtype, codes }: CodedArray): Uint8Array<ArrayBuffer> {
  const descr = DESCR[dtype];
  const data: CodeArray | Float32Array<ArrayBuffer> = descr === undefined ? decodeArray(dtype, codes) : codes;
  const tuple = shape.length === 1 ? `${shape.join('')},` : shape.join(', ');
  const text = `{'descr': '${descr ?? '<f4'}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 0xff, length >>> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + length);
  return bytes;
}
