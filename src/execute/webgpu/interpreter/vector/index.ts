/** The instructions of the vector family on the adapter. */
import type { VectorOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { memset } from './memset';
import { tensorCopy } from './tensor-copy';
import { tensorTensor } from './tensor-tensor';

export const VECTOR_GPU: Partial<GpuEntries<VectorOpcode>> = {
  tensor_copy: tensorCopy,
  tensor_tensor: tensorTensor,
  memset,
};
