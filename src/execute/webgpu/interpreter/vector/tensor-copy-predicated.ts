/**
 * tensor_copy_predicated: see src/isa/vector/tensor-copy-predicated.ts. Where an index chooses the elements of dst, the kernel
 * scatters itself: an element that is not copied must not be written, and elements may meet.
 */
import tensorCopyPredicatedWgsl from '../../../../../shaders/interpreter/vector/tensor_copy_predicated.wgsl';
import { copiedBy } from '../../../../isa/vector/tensor-copy-predicated';
import { encode } from '../../../../numerics';
import type { GpuEntry } from '../entry';

export const tensorCopyPredicated: GpuEntry<'tensor_copy_predicated'> = {
  peeks: ({ dst, sources: { predicate } }) =>
    dst.index === undefined ? [] : [{ name: 'predicate', pattern: predicate }],
  keeps: ({ attributes }, [predicate]) => predicate && copiedBy(attributes, predicate),
  works: ({ dst, sources: { src, predicate }, attributes }, { lowering }) => {
    const { index, ...to } = lowering.update(dst);
    return lowering.lane('tensor_copy_predicated', tensorCopyPredicatedWgsl, {
      operands: {
        dst: to,
        predicate: lowering.read(predicate),
        ...(index && { index: { place: index, reads: true, writes: false } }),
        ...(src !== undefined && { src: lowering.read(src) }),
      },
      counted: 'dst',
      crosses: index !== undefined,
      elementwise: index === undefined,
      values: {
        REVERSE: String(attributes.reverse_pred === true),
        SRC: src === undefined ? 'word(0u)' : 'src_code(lane, i)',
        GROUP: index === undefined ? 0 : lowering.group,
      },
      words: src === undefined ? [encode(dst.dtype, Math.fround(attributes.src ?? NaN))] : [],
    });
  },
};
