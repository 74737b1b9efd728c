/** The instructions of the tensor family on the adapter. */
import type { TensorOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';

export const TENSOR_GPU: Partial<GpuEntries<TensorOpcode>> = {};
