/** The entries of the dma instructions. */
import type { DmaOpcode } from '../../program';
import type { Entries } from '../entry';
import { dmaCompute } from './dma-compute';
import { dmaCopy } from './dma-copy';
import { dmaTranspose } from './dma-transpose';

export const DMA_ENTRIES: Entries<DmaOpcode> = {
  dma_copy: dmaCopy,
  dma_transpose: dmaTranspose,
  dma_compute: dmaCompute,
};
