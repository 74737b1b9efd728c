/** The instructions of the dma family on the adapter. */
import type { DmaOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { dmaCompute } from './dma-compute';
import { dmaCopy } from './dma-copy';
import { dmaTranspose } from './dma-transpose';

export const DMA_GPU: GpuEntries<DmaOpcode> = {
  dma_copy: dmaCopy,
  dma_transpose: dmaTranspose,
  dma_compute: dmaCompute,
};
