/** Codes to packed buffers on the adapter, a chunk at a time: bounds the copies that the host makes. */
import { codeArray, packMatrix, rowWords, type CodeArray, type Dtype } from '../../numerics';
import type { Gpu } from './gpu';

/** How many bytes are packed or read back at a time: bounds the host's copies. */
export const CHUNK_BYTES = 2 ** 24;

/** Columns begin .. end-1 of a row-major matrix. */
export interface Part {
  readonly rows: number;
  readonly columns: number;
  readonly begin: number;
  readonly end: number;
}

/** Packs columns begin .. end-1 of a row-major matrix, a chunk of rows at a time, and writes them to the buffer. */
export function uploadRows(
  gpu: Gpu,
  buffer: GPUBuffer,
  dtype: Dtype,
  codes: CodeArray,
  { rows, columns, begin, end }: Part,
): void {
  const width = end - begin;
  const stride = rowWords(dtype, width);
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / (stride * 4)));
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    let chunk = codes.subarray(row * columns, (row + count) * columns);
    if (width !== columns) {
      const whole = chunk;
      chunk = codeArray(dtype, count * width);
      for (let i = 0; i < count; i++)
        chunk.set(whole.subarray(i * columns + begin, i * columns + end), i * width);
    }
    gpu.device.queue.writeBuffer(buffer, row * stride * 4, packMatrix(dtype, count, width, chunk));
  }
}
