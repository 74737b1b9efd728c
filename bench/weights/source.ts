/** Bytes read by ranges, so that a header can be judged against the real size before anything is allocated. */
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

/** A file that a browser holds, e.g. one that was dropped on the page; nothing is read until it is asked for. */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      checkRange(name, blob.size, offset, length);
      const bytes = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          throw new UserError(`Cannot read ${name}: ${reason}. Choose the file again if it has changed.`);
        });
      return new Uint8Array(bytes);
    },
    close: () => Promise.resolve(),
  };
}

/** @throws UserError when a file of `size` bytes has no `length` bytes at `offset`. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  if (offset + length > size) throw truncated(name, offset + length, size);
}

export function truncated(name: string, needed: number, size: number): UserError {
  return new UserError(`${name} is truncated: ${needed} bytes were needed, the file has ${size}.`);
}
