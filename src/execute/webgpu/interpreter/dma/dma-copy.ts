/** dma_copy: see src/isa/dma/dma-copy.ts. */
import type { GpuEntry } from '../entry';
import { moveWorks } from './move';

export const dmaCopy: GpuEntry<'dma_copy'> = {
  works: ({ dst, sources: { src } }, { lowering }) => moveWorks(lowering, src, dst),
};
