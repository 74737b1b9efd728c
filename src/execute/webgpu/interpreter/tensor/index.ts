/** The instructions of the tensor family on the adapter. */
import type { TensorOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { ncMatmul } from './nc-matmul';
import { ncTranspose } from './nc-transpose';

export const TENSOR_GPU: Partial<GpuEntries<TensorOpcode>> = {
  nc_matmul: ncMatmul,
  nc_transpose: ncTranspose,
};
