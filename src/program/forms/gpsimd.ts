/**
 * Forms of the GpSimd engine's instructions (nki.isa.iota, affine_select, tensor_partition_reduce, local_gather, nc_n_gather,
 * sequence_bounds, nonzero_with_count, topk).
 */
import { integer, listOf, number, oneOf, pairOf, positive } from '../check';
import { chip, given, maybe, type Form } from './form';
import { WRITE } from './write';

const affine = {
  pattern: given(
    listOf(pairOf('[step, count]')),
    '[step, count] of each of up to 4 dimensions, outermost first',
  ),
  offset: maybe(integer, 'of every element; 0 when left out'),
  channel_multiplier: maybe(integer, 'of the partition; 0 when left out'),
};

export const GPSIMD = {
  iota: {
    dst: chip('[P, N] in SBUF: offset + partition x channel_multiplier + the sum of index x step'),
    results: {},
    sources: {},
    attributes: affine,
  },
  affine_select: {
    dst: chip('[P, N] in SBUF'),
    results: {},
    sources: { on_true: chip('[P, N] in SBUF: taken where the affine value cmp_op 0 holds') },
    attributes: {
      ...affine,
      on_false_value: given(number, 'float32, taken elsewhere'),
      cmp_op: maybe(
        oneOf('equal', 'not_equal', 'greater_equal', 'greater', 'less_equal', 'less'),
        'compares the affine value with 0; equal when left out',
      ),
      ...WRITE,
    },
  },
  tensor_partition_reduce: {
    dst: chip('[1, N] in SBUF'),
    results: {},
    sources: { data: chip('[P, N] in SBUF') },
    attributes: {
      op: given(oneOf('add', 'average', 'maximum', 'bitwise_or', 'bitwise_and'), 'how partitions are joined'),
      ...WRITE,
    },
  },
  local_gather: {
    dst: chip('[P, num_valid_indices x num_elem_per_idx] in SBUF'),
    results: {},
    sources: {
      src_buffer: chip('[P, N] in SBUF, of dst’s format'),
      index: chip('[P, M] in SBUF, uint16: each core’s indices, first along its 16 partitions'),
    },
    attributes: {
      num_elem_per_idx: maybe(positive, 'contiguous elements that an index takes; 1 when left out'),
      num_valid_indices: maybe(positive, 'indices of each core; all 16 x M when left out'),
    },
  },
  nc_n_gather: {
    dst: chip('[P, M] in SBUF'),
    results: {},
    sources: {
      data: chip('[P, N] in SBUF, of dst’s format'),
      indices: chip('[P, M] in SBUF, uint32: elements of the same partition of data'),
    },
    attributes: {},
  },
  sequence_bounds: {
    dst: chip('[1, 2 x N] in SBUF: N starts, then N ends'),
    results: {},
    sources: { segment_ids: chip('[1, N] in SBUF; 0 is padding') },
    attributes: {},
  },
  nonzero_with_count: {
    dst: chip('[P, N + 1] in SBUF, int32: positions, padding, then their count'),
    results: {},
    sources: { src: chip('[P, N] in SBUF') },
    attributes: {
      index_offset: maybe(integer, 'added to positions; 0 when left out'),
      padding_val: maybe(integer, 'behind the positions; -1 when left out'),
    },
  },
  topk: {
    dst: chip('[P, K] in SBUF, bfloat16: values (val_dst of NKI)'),
    results: { idx_dst: chip('[P, K] in SBUF, uint32: where they were in the snake') },
    sources: { src: chip('[P, N] in SBUF, bfloat16: a snake of elements in each 16 partitions') },
    attributes: { n: given(positive, 'elements of each snake') },
  },
} as const satisfies Readonly<Record<string, Form>>;
