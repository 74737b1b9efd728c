/** The instructions of the tensor family on the adapter. */
import type { TensorOpcode } from '../../../../program';
import type { GpuEntries, GpuEntry } from '../entry';
import { ncMatmul } from './nc-matmul';
import { ncTranspose } from './nc-transpose';

/** Products are those of accumulation groups (groups.ts). */
const grouped: GpuEntry<'nc_matmul_mx'> = {
  works: () => {
    throw new Error('Invariant violation: a product is a group’s');
  },
};

export const TENSOR_GPU: GpuEntries<TensorOpcode> = {
  nc_matmul: ncMatmul,
  nc_matmul_mx: grouped,
  nc_transpose: ncTranspose,
};
