/** tensor_copy_predicated: see src/isa/vector/tensor-copy-predicated.ts. */
import tensorCopyPredicatedWgsl from '../../../../../shaders/interpreter/vector/tensor_copy_predicated.wgsl';
import { encode } from '../../../../numerics';
import type { GpuEntry } from '../entry';

export const tensorCopyPredicated: GpuEntry<'tensor_copy_predicated'> = {
  works: ({ dst, sources: { src, predicate }, attributes }, { lowering }) =>
    lowering.lane('tensor_copy_predicated', tensorCopyPredicatedWgsl, {
      operands: {
        dst: lowering.update(dst),
        predicate: lowering.read(predicate),
        ...(src !== undefined && { src: lowering.read(src) }),
      },
      counted: 'dst',
      elementwise: true,
      values: {
        REVERSE: String(attributes.reverse_pred === true),
        SRC: src === undefined ? 'word(0u)' : 'src_code(lane, i)',
      },
      words: src === undefined ? [encode(dst.dtype, Math.fround(attributes.src ?? NaN))] : [],
    }),
};
