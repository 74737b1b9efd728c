/** nc_n_gather: see src/isa/gpsimd/nc-n-gather.ts. */
import type { GpuEntry } from '../entry';
import { gatherWorks } from './gather';

export const ncNGather: GpuEntry<'nc_n_gather'> = {
  works: ({ dst, sources: { data, indices } }, context) =>
    gatherWorks(context, { dst, src: data, index: indices, name: 'indices', each: 1 }),
};
