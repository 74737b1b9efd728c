/** The entries of the tensor instructions. */
import type { TensorOpcode } from '../../program';
import type { Entries } from '../entry';
import { ncMatmul } from './nc-matmul';

export const TENSOR_ENTRIES: Entries<TensorOpcode> = {
  nc_matmul: ncMatmul,
};
