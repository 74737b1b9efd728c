/** The instructions of the gpsimd family on the adapter. */
import type { GpsimdOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { affineSelect } from './affine-select';
import { iota } from './iota';
import { localGather } from './local-gather';
import { ncNGather } from './nc-n-gather';
import { nonzeroWithCount } from './nonzero-with-count';
import { sequenceBounds } from './sequence-bounds';
import { tensorPartitionReduce } from './tensor-partition-reduce';
import { topk } from './topk';

export const GPSIMD_GPU: GpuEntries<GpsimdOpcode> = {
  iota,
  affine_select: affineSelect,
  tensor_partition_reduce: tensorPartitionReduce,
  local_gather: localGather,
  nc_n_gather: ncNGather,
  sequence_bounds: sequenceBounds,
  nonzero_with_count: nonzeroWithCount,
  topk,
};
