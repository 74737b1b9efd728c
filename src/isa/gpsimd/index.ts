/** The entries of the GpSimd engine's instructions. */
import type { GpsimdOpcode } from '../../program';
import type { Entries } from '../entry';
import { affineSelect } from './affine-select';
import { iota } from './iota';
import { tensorPartitionReduce } from './tensor-partition-reduce';

export const GPSIMD_ENTRIES: Entries<GpsimdOpcode> = {
  iota,
  affine_select: affineSelect,
  tensor_partition_reduce: tensorPartitionReduce,
};
