/** nonzero_with_count: see src/isa/gpsimd/nonzero-with-count.ts. */
import nonzeroWgsl from '../../../../../shaders/interpreter/gpsimd/nonzero_with_count.wgsl';
import type { GpuEntry } from '../entry';

export const nonzeroWithCount: GpuEntry<'nonzero_with_count'> = {
  works: ({ dst, sources: { src }, attributes }, { lowering }) => {
    const { index_offset = 0, padding_val = -1 } = attributes;
    return lowering.lane('nonzero_with_count', nonzeroWgsl, {
      operands: { dst: lowering.write(dst), src: lowering.read(src) },
      counted: 'dst',
      // -0 is zero.
      values: { MAGNITUDE: src.dtype === 'float32' ? '0x7fffffff' : '0xffffffff' },
      words: [index_offset >>> 0, padding_val >>> 0],
    });
  },
};
