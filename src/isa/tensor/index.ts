/** The entries of the tensor instructions. */
import type { TensorOpcode } from '../../program';
import type { Entries } from '../entry';
import { ncMatmul } from './nc-matmul';
import { ncTranspose } from './nc-transpose';

export const TENSOR_ENTRIES: Entries<TensorOpcode> = {
  nc_matmul: ncMatmul,
  nc_transpose: ncTranspose,
};
