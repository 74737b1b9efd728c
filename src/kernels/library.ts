/** The library: every kernel of ours by name, with what it needs to be run and checked. */
import { nearestName, UserError } from '../numerics';
import type { LibraryKernel } from './entry';
import { MATMUL_ENTRIES } from './matmul';
import { rmsnormEntry } from './rmsnorm';
import { softmaxEntry } from './softmax';
import { transposeEntry } from './transpose';

export const LIBRARY: readonly LibraryKernel[] = [
  ...MATMUL_ENTRIES,
  transposeEntry,
  softmaxEntry,
  rmsnormEntry,
];

const BY_NAME = new Map(LIBRARY.map((entry) => [entry.name, entry]));

/** @throws UserError, with the nearest name, where the library has no such kernel. */
export function libraryEntry(name: string): LibraryKernel {
  const entry = BY_NAME.get(name);
  if (entry !== undefined) return entry;
  const names = [...BY_NAME.keys()];
  const near = nearestName(name, names);
  throw new UserError(
    `The library has no kernel "${name}"${near === undefined ? '' : `; did you mean "${near}"?`} It has ${names.join(', ')}.`,
  );
}
