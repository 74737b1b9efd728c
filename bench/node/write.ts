/** Files of reports and traces: a path that cannot be written is found out before the run, and a file is whole or absent. */
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UserError } from '../../src/numerics';

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
  try {
    await writeFile(partialOf(file), content, { flush: true });
    await rename(partialOf(file), file);
  } catch (error) {
    await rm(partialOf(file), { force: true });
    throw error;
  }
}

/** Behind links. What is there but no plain file, as a pipe or /dev/stdout, is written to, never replaced. */
async function target(path: string): Promise<{ file: string; plain: boolean }> {
  const present = await stat(path).catch(() => undefined);
  if (present === undefined) return { file: path, plain: true };
  if (present.isDirectory()) throw new Error('it is a folder');
  return present.isFile() ? { file: await realpath(path), plain: true } : { file: path, plain: false };
}

function partialOf(file: string): string {
  return `${file}.${process.pid}.partial`;
}

function cannotWrite(path: string, error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(
    `Cannot write ${path || 'a report'}: ${reason}. Name a file in a folder that exists and can be written to.`,
  );
}
