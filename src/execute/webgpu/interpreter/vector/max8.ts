/** max8: see src/isa/vector/max8.ts. */
import max8Wgsl from '../../../../../shaders/interpreter/vector/max8.wgsl';
import type { GpuEntry } from '../entry';

export const max8: GpuEntry<'max8'> = {
  works: ({ dst, sources: { src }, attributes }, { lowering }) =>
    lowering.lane('max8', max8Wgsl, {
      operands: { dst: lowering.write(dst, attributes), src: lowering.read(src) },
      counted: 'src',
      functions: {},
    }),
};
