/** Report files: a path that cannot be written is found out before the run, and a file is whole or absent. */
import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../src/numerics';

/** @throws UserError when a file cannot be created or replaced at `path`. */
export async function checkWritable(path: string): Promise<void> {
  try {
    await access(dirname(resolve(path)), constants.W_OK);
    const present = await stat(path).catch(() => undefined);
    if (present?.isDirectory() === true) throw new Error('it is a folder');
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Writes beside the target and renames. @throws UserError when that fails, e.g. on a full disk. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(
    `Cannot write ${path}: ${reason}. Name a file in a folder that exists and can be written to.`,
  );
}
