/** The entries of the tensor instructions. */
import type { TensorOpcode } from '../../program';
import type { Entries } from '../entry';
import { ncMatmul } from './nc-matmul';
import { ncMatmulMx } from './nc-matmul-mx';
import { ncTranspose } from './nc-transpose';

export const TENSOR_ENTRIES: Entries<TensorOpcode> = {
  nc_matmul: ncMatmul,
  nc_matmul_mx: ncMatmulMx,
  nc_transpose: ncTranspose,
};
