/** How every instruction is done on the adapter. */
import type { Opcode } from '../../../program';
import { DMA_GPU } from './dma';
import type { GpuEntries } from './entry';
import { GPSIMD_GPU } from './gpsimd';
import { RANDOM_GPU } from './random';
import { REGISTER_GPU } from './register';
import { SCALAR_GPU } from './scalar';
import { TENSOR_GPU } from './tensor';
import { VECTOR_GPU } from './vector';

export const GPU_ISA: GpuEntries<Opcode> = {
  ...DMA_GPU,
  ...TENSOR_GPU,
  ...SCALAR_GPU,
  ...VECTOR_GPU,
  ...GPSIMD_GPU,
  ...RANDOM_GPU,
  ...REGISTER_GPU,
};
