/** bn_aggr: see src/isa/vector/bn-aggr.ts. */
import bnAggrWgsl from '../../../../../shaders/interpreter/vector/bn_aggr.wgsl';
import type { GpuEntry } from '../entry';

export const bnAggr: GpuEntry<'bn_aggr'> = {
  works: ({ dst, sources: { data }, attributes }, { lowering }) =>
    lowering.lane('bn_aggr', bnAggrWgsl, {
      operands: { dst: lowering.write(dst, attributes), data: lowering.read(data) },
      counted: 'data',
      functions: { alu: ['reciprocal'] },
    }),
};
