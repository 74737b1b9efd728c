/** Forms of the GpSimd engine's instructions (nki.isa.iota, affine_select, tensor_partition_reduce). */
import { integer, listOf, number, oneOf, pairOf } from '../check';
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
} as const satisfies Readonly<Record<string, Form>>;
