/** What a command is told by a name: a kernel of the library, or a file that holds a kernel or a Program. */
import { statSync } from 'node:fs';
import type { ChipName } from '../chip';
import type { LibraryKernel } from '../kernels/entry';
import { libraryEntry } from '../kernels/library';
import { UserError, type Dtype } from '../numerics';
import { openLibrary, type OpenedLibrary } from './library';
import { parseInput } from './program-inputs';
import { openProgram, type OpenedProgram } from './program-source';
import { passingLine } from './progress';

export interface NamedOptions {
  readonly size?: Readonly<Record<string, number>>;
  readonly dtype?: Dtype;
  readonly chip?: ChipName;
  readonly kernel?: string;
  /** Of random inputs; undefined where values are not asked for. */
  readonly seed: number | undefined;
  readonly budget?: number;
  readonly timeLimit: number;
  /** When a line tells that a kernel is traced, at anything but a terminal; never when left out. */
  readonly tellAfterMs?: number;
}

export interface OpenedName extends Pick<OpenedProgram, 'program' | 'inputs'> {
  readonly library: OpenedLibrary | undefined;
}

const kindOf = (path: string): 'file' | 'folder' | undefined => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && (found.isDirectory() ? 'folder' : 'file');
};

/** @throws UserError for what is neither a file nor a kernel of the library. */
function namedEntry(what: string): LibraryKernel {
  try {
    return libraryEntry(what);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const lies = kindOf(what) === 'folder' ? `${what} is a folder` : `There is no file ${what}`;
    throw new UserError(`${lies}. ${error.message}`);
  }
}

/** A file where there is one, or where it must be meant: names of the library have neither dots nor slashes. */
export async function openNamed(
  what: string,
  texts: readonly string[],
  options: NamedOptions,
): Promise<OpenedName> {
  const { chip, kernel, seed, budget, timeLimit: limitSeconds, size, dtype } = options;
  const inputs = texts.map(parseInput);
  if (kindOf(what) === 'file' || /[./\\]/.test(what)) {
    if (size !== undefined || dtype !== undefined) {
      throw new UserError(
        `--size and --dtype are for kernels of the library: inputs of ${what} say theirs, as in x=random:128x512:bf16.`,
      );
    }
    const clear = passingLine(process.stderr, 'tracing', undefined, options.tellAfterMs);
    const request = { path: what, inputs, chip, kernel, seed, budget, limitSeconds };
    return { ...(await openProgram(request).finally(clear)), library: undefined };
  }
  if (kernel !== undefined)
    throw new UserError(`--kernel chooses among those of a file; ${what} is no file.`);
  const entry = namedEntry(what);
  const clear = passingLine(process.stderr, 'tracing', 0);
  const request = { entry, inputs, sizes: size ?? {}, chip, dtype, seed, budget };
  const library = await openLibrary(request).finally(clear);
  return { ...library, library };
}
