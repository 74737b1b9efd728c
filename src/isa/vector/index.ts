/** The entries of the vector instructions. */
import type { VectorOpcode } from '../../program';
import type { Entries } from '../entry';
import { bnAggr } from './bn-aggr';
import { bnStats } from './bn-stats';
import { exponential } from './exponential';
import { findIndex8 } from './find-index8';
import { matchReplace8 } from './match-replace8';
import { max8 } from './max8';
import { streamShuffle } from './stream-shuffle';
import { tensorCopy } from './tensor-copy';
import { tensorTensor } from './tensor-tensor';
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
import { memset } from './memset';
import { quantizeMx } from './quantize-mx';

export const VECTOR_ENTRIES: Entries<VectorOpcode> = {
  tensor_copy: tensorCopy,
  tensor_tensor: tensorTensor,
  tensor_scalar: tensorScalar,
  scalar_tensor_tensor: scalarTensorTensor,
  tensor_scalar_reduce: tensorScalarReduce,
  exponential,
  tensor_scalar_cumulative: tensorScalarCumulative,
  tensor_tensor_scan: tensorTensorScan,
  tensor_reduce: tensorReduce,
  tensor_copy_predicated: tensorCopyPredicated,
  select_reduce: selectReduce,
  range_select: rangeSelect,
  reciprocal,
  bn_stats: bnStats,
  bn_aggr: bnAggr,
  max8,
  nc_find_index8: findIndex8,
  nc_match_replace8: matchReplace8,
  nc_stream_shuffle: streamShuffle,
  quantize_mx: quantizeMx,
  memset,
};
