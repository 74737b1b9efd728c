/** Why the system refused a file or folder, in words where it only has a code. */

const WORDS: ReadonlyMap<string | undefined, string> = new Map([
  ['EISDIR', 'it is a folder'],
  ['ENOENT', 'there is no such place'],
  ['ENOTDIR', 'a part of its path is a file'],
  ['EACCES', 'permission is denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'no space is left'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENAMETOOLONG', 'its name is too long'],
]);

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error;

export function fileProblem(error: unknown): string {
  const words = isSystemError(error) ? WORDS.get(error.code) : undefined;
  return words ?? (error instanceof Error ? error.message : String(error));
}
