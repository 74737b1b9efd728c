/** local_gather: see src/isa/gpsimd/local-gather.ts. */
import { countsOf } from '../../../../isa/gpsimd/local-gather';
import type { GpuEntry } from '../entry';
import { gatherWorks } from './gather';

export const localGather: GpuEntry<'local_gather'> = {
  works: (instruction, context) => {
    const { dst, sources } = instruction;
    const { valid, each } = countsOf(instruction);
    const { src_buffer: src, index } = sources;
    return gatherWorks(context, { dst, src, index, name: 'index', each, snake: valid });
  },
};
