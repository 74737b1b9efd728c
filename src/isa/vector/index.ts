/** The entries of the vector instructions. */
import type { VectorOpcode } from '../../program';
import type { Entries } from '../entry';
import { tensorCopy } from './tensor-copy';
import { tensorTensor } from './tensor-tensor';
import { memset } from './memset';

export const VECTOR_ENTRIES: Entries<VectorOpcode> = {
  tensor_copy: tensorCopy,
  tensor_tensor: tensorTensor,
  memset,
};
