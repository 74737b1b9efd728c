/** The entries of the vector instructions. */
import type { VectorOpcode } from '../../program';
import type { Entries } from '../entry';
import { findIndex8 } from './find-index8';
import { matchReplace8 } from './match-replace8';
import { max8 } from './max8';
import { streamShuffle } from './stream-shuffle';
import { tensorCopy } from './tensor-copy';
import { tensorTensor } from './tensor-tensor';
import { memset } from './memset';

export const VECTOR_ENTRIES: Entries<VectorOpcode> = {
  tensor_copy: tensorCopy,
  tensor_tensor: tensorTensor,
  max8,
  nc_find_index8: findIndex8,
  nc_match_replace8: matchReplace8,
  nc_stream_shuffle: streamShuffle,
  memset,
};
