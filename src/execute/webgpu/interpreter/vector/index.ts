/** The instructions of the vector family on the adapter. */
import type { VectorOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { bnAggr } from './bn-aggr';
import { bnStats } from './bn-stats';
import { exponential } from './exponential';
import { max8 } from './max8';
import { memset } from './memset';
import { quantizeMx } from './quantize-mx';
import { findIndex8, matchReplace8 } from './search8';
import { streamShuffle } from './stream-shuffle';
import { rangeSelect } from './range-select';
import { reciprocal } from './reciprocal';
import { scalarTensorTensor } from './scalar-tensor-tensor';
import { selectReduce } from './select-reduce';
import { tensorCopyPredicated } from './tensor-copy-predicated';
import { tensorReduce } from './tensor-reduce';
import { tensorScalar } from './tensor-scalar';
import { tensorScalarCumulative } from './tensor-scalar-cumulative';
import { tensorScalarReduce } from './tensor-scalar-reduce';
import { tensorTensorScan } from './tensor-tensor-scan';
import { tensorCopy } from './tensor-copy';
import { tensorTensor } from './tensor-tensor';

export const VECTOR_GPU: GpuEntries<VectorOpcode> = {
  tensor_copy: tensorCopy,
  tensor_tensor: tensorTensor,
  memset,
  bn_stats: bnStats,
  bn_aggr: bnAggr,
  max8,
  nc_find_index8: findIndex8,
  nc_match_replace8: matchReplace8,
  nc_stream_shuffle: streamShuffle,
  quantize_mx: quantizeMx,
  exponential,
  range_select: rangeSelect,
  reciprocal,
  scalar_tensor_tensor: scalarTensorTensor,
  select_reduce: selectReduce,
  tensor_copy_predicated: tensorCopyPredicated,
  tensor_reduce: tensorReduce,
  tensor_scalar: tensorScalar,
  tensor_scalar_cumulative: tensorScalarCumulative,
  tensor_scalar_reduce: tensorScalarReduce,
  tensor_tensor_scan: tensorTensorScan,
};
