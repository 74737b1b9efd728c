/** What an access pattern covers: how many elements, which, and whether they lie in the tensor. */
import { bitsOf } from '../numerics';
import type { Dtype } from '../numerics';
import type {
  ChipPattern,
  Dim,
  HbmPattern,
  HbmTensor,
  Pattern,
  PsumTensor,
  SbufTensor,
  Tensor,
} from './tensors';

/** Bytes that one element takes; 4-bit codes take a byte each. */
export function bytesOf(dtype: Dtype): number {
  return Math.ceil(bitsOf(dtype) / 8);
}

const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);

/** Elements that dims step through: of one partition, or of an HBM pattern. */
export function countOf(dims: readonly Dim[]): number {
  return product(dims.map(([, count]) => count));
}

/** All elements of a pattern, over its partitions. */
export function elementsOf(pattern: Pattern): number {
  return countOf(pattern.dims) * (pattern.space === 'hbm' ? 1 : pattern.partitions);
}

/** Bytes of a tensor: of all of it in HBM, of each partition on chip. */
export function tensorBytes(tensor: Tensor): number {
  return bytesOf(tensor.dtype) * (tensor.space === 'hbm' ? product(tensor.shape) : tensor.elements);
}

/** Element offsets that a pattern visits, in order; on chip the same in every partition. */
export function offsetsOf(pattern: Pattern): Float64Array {
  let offsets = Float64Array.of(pattern.offset);
  for (const [stride, count] of pattern.dims) {
    const finer = new Float64Array(offsets.length * count);
    offsets.forEach((offset, index) => {
      for (let step = 0; step < count; step++) finer[index * count + step] = offset + step * stride;
    });
    offsets = finer;
  }
  return offsets;
}

/** Why a pattern does not lie in the tensor it names, or nothing. */
export function boundsProblem(pattern: Pattern, tensor: Tensor | undefined): string | undefined {
  if (tensor === undefined) return `no tensor is named "${pattern.tensor}".`;
  if (tensor.space !== pattern.space) {
    return `tensor "${tensor.name}" is in ${tensor.space}, the pattern says ${pattern.space}.`;
  }
  if (pattern.space !== 'hbm' && tensor.space !== 'hbm') {
    const end = tensor.partition + tensor.partitions;
    if (pattern.partition < tensor.partition || pattern.partition + pattern.partitions > end) {
      return `tensor "${tensor.name}" has partitions ${tensor.partition}..${end - 1}, received ${pattern.partition}..${pattern.partition + pattern.partitions - 1}.`;
    }
  }
  // Where registers move it is known, and held against the tensor, only when it runs.
  if (pattern.registers !== undefined) return undefined;
  const ends = pattern.dims.map(([stride, count]) => stride * (count - 1));
  const low = ends.reduce((sum, end) => sum + Math.min(end, 0), pattern.offset);
  const high = ends.reduce((sum, end) => sum + Math.max(end, 0), pattern.offset);
  const elements = Math.floor(tensorBytes(tensor) / bytesOf(pattern.dtype));
  if (countOf(pattern.dims) < 1 || (low >= 0 && high < elements)) return undefined;
  return `tensor "${tensor.name}" has ${elements} elements of ${pattern.dtype}, received elements ${low}..${high}.`;
}

/** A pattern over an HBM tensor. */
export function hbm(tensor: HbmTensor, offset: number, dims: readonly Dim[]): HbmPattern {
  return { space: 'hbm', tensor: tensor.name, dtype: tensor.dtype, offset, dims };
}

/** A pattern over the first `partitions` partitions of an on-chip tensor. */
export function onChip(
  tensor: SbufTensor | PsumTensor,
  partitions: number,
  dims: readonly Dim[],
  offset = 0,
): ChipPattern {
  const { space, name, dtype, partition } = tensor;
  return { space, tensor: name, dtype, partition, partitions, offset, dims };
}
