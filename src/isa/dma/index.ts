/** The entries of the dma instructions. */
import type { DmaOpcode } from '../../program';
import type { Entries } from '../entry';
import { dmaCopy } from './dma-copy';

export const DMA_ENTRIES: Entries<DmaOpcode> = {
  dma_copy: dmaCopy,
};
