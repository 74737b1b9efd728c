/** The library: every kernel of ours by name, with what it needs to be run and checked. */
import { nearestName, UserError } from '../numerics';
import { averagePoolEntry } from './average-pool';
import type { LibraryKernel } from './entry';
import { FLASH_ATTENTION_ENTRIES } from './flash-attention-library';
import { layernormEntry } from './layernorm';
import { MATMUL_ENTRIES } from './matmul';
import { MLP_ENTRIES } from './mlp-library';
import { mxfp8MatmulEntry } from './mxfp8-matmul';
import { rmsnormEntry } from './rmsnorm';
import { RMSNORM_QUANTIZE_ENTRIES } from './rmsnorm-quantize';
import { selectiveScanEntry } from './selective-scan';
import { ROTARY_ENTRIES } from './rotary';
import { softmaxEntry } from './softmax';
import { topKEntry } from './top-k';
import { transposeEntry } from './transpose';

export const LIBRARY: readonly LibraryKernel[] = [
  ...MATMUL_ENTRIES,
  transposeEntry,
  softmaxEntry,
  rmsnormEntry,
  layernormEntry,
  ...ROTARY_ENTRIES,
  ...FLASH_ATTENTION_ENTRIES,
  ...MLP_ENTRIES,
  ...RMSNORM_QUANTIZE_ENTRIES,
  selectiveScanEntry,
  averagePoolEntry,
  topKEntry,
  mxfp8MatmulEntry,
];

const BY_NAME = new Map(LIBRARY.map((entry) => [entry.name, entry]));

/** @throws UserError, with the nearest name, where the library has no such kernel. */
export function libraryEntry(name: string): LibraryKernel {
  const entry = BY_NAME.get(name);
  if (entry !== undefined) return entry;
  const names = [...BY_NAME.keys()];
  const near = nearestName(name, names);
  throw new UserError(
    `The library has no kernel "${name}"${near === undefined ? '.' : `; did you mean "${near}"?`} It has ${names.join(', ')}.`,
  );
}
