/** The instructions of the dma family on the adapter. */
import type { DmaOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { dmaCopy } from './dma-copy';

export const DMA_GPU: Partial<GpuEntries<DmaOpcode>> = { dma_copy: dmaCopy };
