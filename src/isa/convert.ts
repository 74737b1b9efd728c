/** Conversion as every engine and DMA do it: to float32, then one rounding; equal formats keep their bits. */
import { decodeArray, encodeArray } from '../numerics';
import type { CodeArray, Dtype } from '../numerics';

export function convert(from: Dtype, to: Dtype, codes: CodeArray): CodeArray {
  return from === to ? codes : encodeArray(to, decodeArray(from, codes));
}
