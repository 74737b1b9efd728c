/** A file of the file system as a source of bytes. */
import { open } from 'node:fs/promises';
import { UserError } from '../../src/numerics';
import { checkRange, truncated, type ByteSource } from '../weights/source';

/** @throws UserError when the file is missing, not a plain file, or not readable. */
export async function openSource(path: string): Promise<ByteSource> {
  const file = await open(path).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`Cannot read the file ${path}: ${reason}.`);
  });
  const status = await file.stat();
  if (!status.isFile()) {
    await file.close();
    throw new UserError(`${path} is not a plain file.`);
  }
  return {
    name: path,
    size: status.size,
    async read(offset, length) {
      checkRange(path, status.size, offset, length);
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) throw truncated(path, offset + length, offset + filled);
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
