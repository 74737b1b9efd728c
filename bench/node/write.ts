/** Files of reports and traces: a path that cannot be written is found out before the run, and a file is whole or absent. */
import { rmSync, type Stats } from 'node:fs';
import { open, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../src/numerics';
import { fileProblem, isSystemError } from './file-problem';

/** Tries it, because permission bits do not tell of every refusal. @throws UserError when no file can be put at `path`. */
export async function checkWritable(path: string): Promise<void> {
  try {
    if (path === '') throw new Error('the name is empty');
    const { file, plain } = await target(path);
    if (!plain) return;
    await (await open(partialOf(file), 'w')).close();
    await rm(partialOf(file));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** What a file holds; in parts where it is too large to be held as a whole. */
type Content = string | Uint8Array | Iterable<Uint8Array>;

/** Writes beside the target and renames. @throws UserError when that fails, e.g. on a full disk. */
export async function writeAtomically(path: string, content: Content): Promise<void> {
  try {
    const { file, plain } = await target(path);
    if (plain) await replace(file, content);
    else await writeFile(file, content);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

async function replace(file: string, content: Content): Promise<void> {
  const partial = partialOf(file);
  const release = removedAtExit(partial);
  try {
    await writeFile(partial, content, { flush: true });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    release();
  }
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Nothing half-written stays when the process ends, by a signal too; who listens to that itself decides whether it ends. */
function removedAtExit(file: string): () => void {
  const remove = (): void => {
    rmSync(file, { force: true });
  };
  const end = (signal: (typeof ENDING)[number]): void => {
    if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
  };
  process.on('exit', remove);
  for (const signal of ENDING) process.on(signal, end);
  return () => {
    process.off('exit', remove);
    for (const signal of ENDING) process.off(signal, end);
  };
}

/** Behind links. What is there but no plain file, as a pipe or /dev/stdout, is written to, never replaced. */
async function target(path: string): Promise<{ file: string; plain: boolean }> {
  const present = await statOf(path);
  if (present === undefined) {
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? { file: path, plain: true } : target(resolve(dirname(path), link));
  }
  if (present.isDirectory()) throw new Error('it is a folder');
  return present.isFile() ? { file: await realpath(path), plain: true } : { file: path, plain: false };
}

/** Undefined where nothing is. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function partialOf(file: string): string {
  return `${file}.${process.pid}.partial`;
}

function cannotWrite(path: string, error: unknown): UserError {
  return new UserError(
    `Cannot write ${path || 'a report'}: ${fileProblem(error)}. Name a file in a folder that exists and can be written to.`,
  );
}
