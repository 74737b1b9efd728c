/** bn_stats: see src/isa/vector/bn-stats.ts. */
import bnStatsWgsl from '../../../../../shaders/interpreter/vector/bn_stats.wgsl';
import { countOf } from '../../../../program';
import type { GpuEntry } from '../entry';
import { floatWord } from '../lowering';

export const bnStats: GpuEntry<'bn_stats'> = {
  works: ({ dst, sources: { data }, attributes }, { lowering }) => {
    const width = countOf(data.dims);
    const counts = [Math.ceil(width / 2), Math.floor(width / 2)];
    return lowering.lane('bn_stats', bnStatsWgsl, {
      operands: { dst: lowering.write(dst, attributes), data: lowering.read(data) },
      counted: 'data',
      functions: {},
      words: counts.flatMap((count) => [count, count && 1 / count]).map(floatWord),
    });
  },
};
