/**
 * Where bytes of a .safetensors file come from: memory, a Blob or File, ranges that the caller reads, or a stream. Each gives bytes
 * in an array of their own, which becomes the codes without a copy.
 */
import { UserError } from '../../numerics';

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of which any range can be read: fetch with a Range header, a handle of Node's file system. */
export interface ByteRanges {
  /** Bytes of the file. */
  readonly size: number;
  /** Exactly these bytes of it; never asked for more than `RANGE` at once. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export type SafetensorsSource = Uint8Array | Blob | ByteRanges;
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** The longest range that is read at once, so that what a reader buffers stays small beside a tensor. */
export const RANGE = 16 * 2 ** 20;

/** What is taken at first for bytes of a stream; twice as much whenever more arrives. */
const FIRST = 2 ** 16;

/** @throws UserError where the host has no array so long. */
export function allocate(length: number): Bytes {
  try {
    return new Uint8Array(length);
  } catch {
    throw new UserError(`${length} bytes of a tensor are more than this host holds in one array.`);
  }
}

/** The same, of which each read gives bytes of its own. */
interface OwnRanges extends ByteRanges {
  read(offset: number, length: number): Promise<Bytes>;
}

/** @throws UserError for what is no source. */
export function rangesOf(source: SafetensorsSource): OwnRanges {
  if (source instanceof Uint8Array) {
    const read = (offset: number, length: number) => {
      const bytes = allocate(length);
      bytes.set(source.subarray(offset, offset + length));
      return Promise.resolve(bytes);
    };
    return { size: source.length, read };
  }
  if (source instanceof Blob) {
    const read = async (offset: number, length: number) =>
      new Uint8Array(await source.slice(offset, offset + length).arrayBuffer());
    return { size: source.size, read };
  }
  const { size } = source;
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new UserError(
      `A .safetensors file is read from a Uint8Array, a Blob, or { size, read } with its bytes as size; received a size of ${String(size)}.`,
    );
  }
  return { size, read: (offset, length) => readRanges(source, offset, length) };
}

async function readRanges(source: ByteRanges, offset: number, length: number): Promise<Bytes> {
  const bytes = allocate(length);
  for (let at = 0; at < length; at += RANGE) {
    const wanted = Math.min(RANGE, length - at);
    const range = await source.read(offset + at, wanted);
    if (range.length !== wanted) {
      throw new UserError(`Reading ${wanted} bytes at ${offset + at} of the file gave ${range.length}.`);
    }
    bytes.set(range, at);
  }
  return bytes;
}

function iteratorOf(stream: ByteStream): AsyncIterator<Uint8Array> {
  if (!(stream instanceof ReadableStream)) return stream[Symbol.asyncIterator]();
  // Not every browser iterates over streams.
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** A stream, read from front to back in lengths that are not those of its chunks. */
export class StreamReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** What is left of the last chunk. */
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: ByteStream) {
    this.#chunks = iteratorOf(stream);
  }

  async #next(): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    return this.#rest;
  }

  /** The next `length` bytes, in the parts that chunks have of them. @throws UserError where the stream ends before. */
  async *#take(what: string, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = length; left > 0;) {
      const chunk = await this.#next();
      if (chunk === undefined) {
        throw new UserError(`${what} takes ${length} bytes; the stream ends after ${length - left} of them.`);
      }
      const part = chunk.subarray(0, left);
      this.#rest = chunk.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** Memory is taken as bytes arrive, never for what a header claims. @throws UserError where the stream ends before. */
  async read(what: string, length: number): Promise<Bytes> {
    let bytes = allocate(Math.min(length, FIRST));
    let at = 0;
    for await (const part of this.#take(what, length)) {
      if (at + part.length > bytes.length) {
        const longer = allocate(Math.min(length, 2 * (at + part.length)));
        longer.set(bytes);
        bytes = longer;
      }
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** Reads past bytes. @throws UserError where the stream ends before. */
  async skip(what: string, length: number): Promise<void> {
    const parts = this.#take(what, length);
    while ((await parts.next()).done !== true);
  }

  async ended(): Promise<boolean> {
    return (await this.#next()) === undefined;
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
