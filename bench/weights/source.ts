/** A file read by ranges, so that a header can be judged against the file's real size before anything is allocated. */
import { open } from 'node:fs/promises';
import { UserError } from '../../src/numerics';

export interface ByteSource {
  /** For messages. */
  readonly name: string;
  /** Bytes in the file. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. @throws UserError when the file has fewer. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** @throws UserError when the file is missing, not a plain file, or not readable. */
export async function openSource(path: string): Promise<ByteSource> {
  const file = await open(path).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`Cannot read the weights file ${path}: ${reason}.`);
  });
  const status = await file.stat();
  if (!status.isFile()) {
    await file.close();
    throw new UserError(`The weights file ${path} is not a plain file.`);
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

function checkRange(name: string, size: number, offset: number, length: number): void {
  if (offset + length > size) throw truncated(name, offset + length, size);
}

function truncated(name: string, needed: number, size: number): UserError {
  return new UserError(`${name} is truncated: ${needed} bytes were needed, the file has ${size}.`);
}
