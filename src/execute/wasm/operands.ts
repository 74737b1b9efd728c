/** Operands in the memory of the WASM executor: their codes as they are stored there, row by row, and how these decode. */
import { codeArray, decodeArray, type CodeArray, type Dtype } from '../../numerics';
import { formatRecord, formatVectors, RECORDS, writeRecord } from './records';

/** Rows of codes, of which the columns from `first` on are taken. */
export interface Part {
  readonly codes: CodeArray;
  readonly rows: number;
  readonly pitch: number;
  readonly first: number;
  readonly width: number;
}

/** The codes as they lie in the memory now. */
export function writeOperand(
  memory: ArrayBufferLike,
  address: number,
  dtype: Dtype,
  stored: Dtype,
  { codes, rows, pitch, first, width }: Part,
): CodeArray {
  const view = viewOf(memory, stored, address, rows * width);
  const put = (from: CodeArray, to: number): void => {
    view.set(stored === dtype ? from : new Uint32Array(decodeArray(dtype, from).buffer), to);
  };
  if (pitch === width) put(codes, 0);
  else
    for (let row = 0; row < rows; row++)
      put(codes.subarray(row * pitch + first, row * pitch + first + width), row * width);
  return view;
}

export function writeFormat(memory: ArrayBufferLike, address: number, dtype: Dtype): void {
  const format = formatRecord(dtype);
  if (format === undefined) throw new Error(`Invariant violation: ${dtype} is stored undecoded`);
  writeRecord(memory, address, RECORDS.format, format);
  new Uint8Array(memory, address + 4 * RECORDS.format.length).set(formatVectors(dtype));
}

/** Shared memory is read and written like any other, though its type says otherwise. */
export function viewOf(memory: ArrayBufferLike, dtype: Dtype, address: number, length: number): CodeArray {
  const buffer = memory as ArrayBuffer;
  const bytes = codeArray(dtype, 0).BYTES_PER_ELEMENT;
  if (bytes === 1) return new Uint8Array(buffer, address, length);
  return bytes === 2 ? new Uint16Array(buffer, address, length) : new Uint32Array(buffer, address, length);
}
