/** Forms of the DMA instructions (nki.isa.dma_copy, dma_transpose, dma_compute). */
import { flag, integer, listOf, number, oneOf, size } from '../check';
import { any, anyOrNone, chip, chipOrNone, given, maybe, type Form } from './form';

/** Who builds the descriptors. */
export const DGE_MODES = ['unknown', 'swdge', 'hwdge', 'none'] as const;
/** What an index outside its tensor does. */
export const OOB_MODES = ['error', 'skip'] as const;

const dge = maybe(oneOf(...DGE_MODES), 'who builds the descriptors; unknown when left out');
const oob = maybe(oneOf(...OOB_MODES), 'what an index outside the tensor does; error when left out');

/**
 * Indirect addressing of an operand in HBM, as NKI's `.ap()` has it: scalar_offset is an index of one element, vector_offset of
 * indirect_dim 0 one of several; the stride is the product of the base's dimensions after the indirect one.
 */
const index = (operand: string) =>
  chipOrNone(
    `uint32 or int32 indices in SBUF, first partitions, then columns. One moves all of ${operand} by index x stride; several stand for the steps of ${operand}'s outermost dimension, whose own stride then counts for nothing: write 0`,
  );
const stride = (operand: string) => maybe(size, `elements of ${operand} that one step of its index moves`);

const more = anyOrNone('a further source of as many elements');

export const DMA = {
  dma_copy: {
    dst: any('HBM or SBUF'),
    results: {},
    sources: {
      src: any('HBM or SBUF, as many elements as dst'),
      src_index: index('src'),
      dst_index: index('dst'),
    },
    attributes: { src_stride: stride('src'), dst_stride: stride('dst'), oob_mode: oob, dge_mode: dge },
  },
  dma_transpose: {
    dst: chip('SBUF, the permuted shape'),
    results: {},
    sources: {
      src: any('HBM or SBUF; its shape is its partitions (on chip) and dims'),
      src_index: index('src'),
    },
    attributes: {
      axes: given(listOf(integer), '[1, 0], [2, 1, 0] or [3, 1, 2, 0]'),
      src_stride: stride('src'),
      oob_mode: oob,
      dge_mode: dge,
    },
  },
  dma_compute: {
    dst: any('HBM or SBUF'),
    results: {},
    sources: {
      src0: any('as many elements as dst'),
      src1: more,
      src2: more,
      src3: more,
      src4: more,
      src5: more,
      src6: more,
      src7: more,
      src8: more,
      src9: more,
      src10: more,
      src11: more,
      src12: more,
      src13: more,
      src14: more,
      src15: more,
      dst_index: index('dst'),
      src_index: index('src0'),
    },
    attributes: {
      reduce_op: given(oneOf('add'), 'what joins the sources'),
      scales: maybe(listOf(number), 'a factor for each source; 1 when left out'),
      unique_indices: maybe(flag, 'no index occurs twice; true when left out'),
      dst_stride: stride('dst'),
      src_stride: stride('src0'),
      oob_mode: oob,
      dge_mode: dge,
    },
  },
} as const satisfies Readonly<Record<string, Form>>;
