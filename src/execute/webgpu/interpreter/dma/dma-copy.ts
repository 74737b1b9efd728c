/** dma_copy: see src/isa/dma/dma-copy.ts. */
import { sidesOf } from '../../../../isa/dma/dma-copy';
import { keptOf } from '../../../../isa/dma/move';
import { elementsOf } from '../../../../program';
import type { GpuEntry } from '../entry';
import { moveWorks } from './move';
import { movePartsWorks } from './move-parts';
import { chosenParts, indicesOf, markKept, requireKept } from './parts';

export const dmaCopy: GpuEntry<'dma_copy'> = {
  peeks: (instruction) => {
    const { from, to } = sidesOf(instruction);
    return indicesOf([from, to]);
  },
  chooses: true,
  works: (instruction, context) => {
    const { dst, sources, attributes } = instruction;
    const { src, src_index, dst_index } = sources;
    if (src_index === undefined && dst_index === undefined) return moveWorks(context.lowering, src, dst);
    const { from, to } = sidesOf(instruction);
    const [reads = [], writes = []] = chosenParts(context, [from, to], attributes.oob_mode);
    const kept = keptOf(elementsOf(src), reads, writes);
    requireKept(context, 'src', reads, kept);
    markKept(context, writes, kept);
    return movePartsWorks(context.lowering, reads, writes);
  },
};
