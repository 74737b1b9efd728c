/** tensor_copy: see src/isa/vector/tensor-copy.ts. */
import type { GpuEntry } from '../entry';
import tensorCopyWgsl from '../../../../../shaders/interpreter/vector/tensor_copy.wgsl';

export const tensorCopy: GpuEntry<'tensor_copy'> = {
  works: ({ dst, sources: { src }, attributes }, { lowering }) =>
    lowering.lane('tensor_copy', tensorCopyWgsl, {
      operands: { dst: lowering.write(dst, attributes), src: lowering.read(src) },
      counted: 'dst',
      elementwise: true,
      values: { CODES: Number(src.dtype === dst.dtype && attributes.saturate !== true) },
    }),
};
