/** Tensors of a Program and the access patterns over them, as plain data. */
import type { Dtype } from '../numerics';

export type Space = 'hbm' | 'sbuf' | 'psum';

/** A tensor in HBM: dense, row-major. Inputs are given by name, outputs are returned by name; the rest is scratch. */
export interface HbmTensor {
  readonly space: 'hbm';
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly role: 'input' | 'output' | 'scratch';
}

interface OnChip {
  readonly name: string;
  readonly dtype: Dtype;
  /** First partition and how many; partitions of a tensor are contiguous. */
  readonly partition: number;
  readonly partitions: number;
  /** Elements of the free dimension: of each partition. */
  readonly elements: number;
}

/** A tensor in SBUF, at the same byte address of each of its partitions. */
export interface SbufTensor extends OnChip {
  readonly space: 'sbuf';
  readonly address: number;
}

/** A tensor in PSUM, from the start of a bank of each of its partitions. */
export interface PsumTensor extends OnChip {
  readonly space: 'psum';
  readonly bank: number;
}

export type Tensor = HbmTensor | SbufTensor | PsumTensor;

/** [stride, count] of one dimension, in elements, outermost first; a stride of 0 broadcasts. */
export type Dim = readonly [stride: number, count: number];

/** A register's value times a stride in elements, added to an offset while the Program runs. */
export type RegisterTerm = readonly [register: string, stride: number];

interface Access {
  readonly tensor: string;
  /** View: offset and strides count elements of this format. */
  readonly dtype: Dtype;
  readonly offset: number;
  readonly dims: readonly Dim[];
  /** Added to the offset. */
  readonly registers?: readonly RegisterTerm[];
}

/** Elements of an HBM tensor, in the order of the dims. */
export interface HbmPattern extends Access {
  readonly space: 'hbm';
  /** What an index moves in HBM is a source of the DMA instruction (dma_copy, src_index). */
  readonly index?: undefined;
}

/**
 * The same elements of each of some partitions: partition by partition, then in the order of the dims.
 *
 * With an index the pattern is indirect (tensor indirection, NKI 0.5, NkiTensor.indirect): which elements it takes is what the
 * index tile [partitions, K] in SBUF holds when the instruction starts. It has one free dimension, [0, N]. Partitions are in
 * groups of G, counted from the pattern's first: G is 32 on the Tensor engine, else 16. Each group takes the offsets that its
 * own partitions of the index hold, first partitions, then columns, so that element i of partition `partition + q` lies at byte
 *
 *     start + (offset + index[floor(q / G) G + i mod G, floor(i / G)]) bytesOf(dtype)
 *
 * of that partition, where `start` is the tensor's address in a partition (its bank's, in PSUM) and index[r, c] is element c, in
 * the order of the index's dims, of partition `index.partition + r`: unsigned, or signed for int32. The sum of the offsets must
 * be one of the tensor's elements.
 */
export interface ChipPattern extends Access {
  readonly space: 'sbuf' | 'psum';
  /** First partition, counted on the chip and not within the tensor. */
  readonly partition: number;
  readonly partitions: number;
  readonly index?: ChipPattern;
}

export type Pattern = HbmPattern | ChipPattern;
