/** Reading .safetensors, tensor by tensor: what is held at once is one tensor and the header (header.ts says whence the format is). */
import { requireFields, unpackWords, UserError, type CodeArray, type Dtype } from '../../numerics';
import {
  headerLength,
  MAX_HEADER,
  parseHeader,
  PREFIX,
  quoted,
  type ReadOptions,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './header';
import { allocate, rangesOf, StreamReader, type ByteStream, type SafetensorsSource } from './source';
import { storedFormat } from './stored';

type Bytes = Uint8Array<ArrayBuffer>;

/** A tensor that was read: its entry and its codes, row-major. */
export interface SafetensorsTensor extends SafetensorsEntry {
  readonly dtype: Dtype;
  readonly codes: CodeArray;
}

/** Which tensors to read; the others are passed over. All where it is left out. */
export type Select = (entry: SafetensorsEntry) => boolean;

/** A file of which any tensor can be read at any time. */
export interface SafetensorsFile extends SafetensorsHeader {
  /** @throws UserError for a name that the file does not have, and for what no format here holds. */
  read(name: string): Promise<SafetensorsTensor>;
  /** One after another, in the order of their bytes. */
  tensors(select?: Select): AsyncGenerator<SafetensorsTensor, void, undefined>;
}

/** A file that passes by once. */
export interface SafetensorsStream extends SafetensorsHeader {
  /**
   * One after another, in the order of their bytes; only once. Leaving early lets go of the stream. Whether the file has its whole
   * length, and no more, is known at its end, and told there.
   */
  tensors(select?: Select): AsyncGenerator<SafetensorsTensor, void, undefined>;
}

function requireOptions(options: ReadOptions): void {
  requireFields('Reading .safetensors', options, ['int64']);
  const { int64 = 'refuse' } = options;
  if (!['refuse', 'int32'].includes(int64)) {
    throw new UserError(`int64 is refuse or int32; received ${quoted(int64)}.`);
  }
}

/** I64 as int32: the low words, where each high word repeats the sign of the low one. */
function narrowed(tensor: string, bytes: Bytes): CodeArray {
  const words = new Uint32Array(bytes.buffer);
  const codes = new Uint32Array(words.length / 2);
  for (let at = 0; at < codes.length; at++) {
    const low = words[2 * at] ?? NaN;
    const high = words[2 * at + 1] ?? NaN;
    if (high !== (low >> 31) >>> 0) {
      throw new UserError(
        `${tensor}: I64 is read as int32 where every value is -2^31 to 2^31 - 1; element ${at} is ${new BigInt64Array(bytes.buffer)[at]}.`,
      );
    }
    codes[at] = low;
  }
  return codes;
}

/** The bytes of a tensor as codes, which lie in the same memory where they are not packed. */
function codesOf({ name, stored }: SafetensorsEntry, dtype: Dtype, bytes: Bytes): CodeArray {
  const tensor = `Tensor ${quoted(name)}`;
  if (stored === 'I64') return narrowed(tensor, bytes);
  if (stored === 'BOOL') {
    const at = bytes.findIndex((byte) => byte > 1);
    if (at >= 0) throw new UserError(`${tensor}: a BOOL is a byte of 0 or 1; element ${at} is ${bytes[at]}.`);
  }
  switch (storedFormat(stored).bits) {
    case 32:
      return new Uint32Array(bytes.buffer);
    case 16:
      return new Uint16Array(bytes.buffer);
    case 4: {
      const packed = allocate(Math.ceil(bytes.length / 4) * 4);
      packed.set(bytes);
      return unpackWords(dtype, bytes.length * 2, new Uint32Array(packed.buffer));
    }
    default:
      return bytes;
  }
}

/** @throws UserError where no format here holds what is stored. */
function requireReadable(entry: SafetensorsEntry): Dtype {
  if (entry.dtype !== undefined) return entry.dtype;
  const way =
    entry.stored === 'I64' ? " Read it as int32 where its values fit, with { int64: 'int32' }." : '';
  throw new UserError(
    `Tensor ${quoted(entry.name)} is stored as ${entry.stored}, for which there is no format here.${way}`,
  );
}

async function readEntry(
  entry: SafetensorsEntry,
  read: (entry: SafetensorsEntry) => Promise<Bytes>,
): Promise<SafetensorsTensor> {
  const dtype = requireReadable(entry);
  return { ...entry, dtype, codes: codesOf(entry, dtype, await read(entry)) };
}

const ALL: Select = () => true;

/**
 * A file in memory, in a Blob or File, or in ranges that the caller reads, which knows its size. Only the header is read at first.
 *
 * @throws UserError for a header that the format does not allow.
 */
export async function openSafetensors(
  source: SafetensorsSource,
  options: ReadOptions = {},
): Promise<SafetensorsFile> {
  requireOptions(options);
  const ranges = rangesOf(source);
  if (ranges.size < PREFIX) {
    throw new UserError(`A .safetensors file begins with ${PREFIX} bytes; received ${ranges.size}.`);
  }
  const length = headerLength(await ranges.read(0, PREFIX), ranges.size - PREFIX);
  const start = PREFIX + length;
  const header = parseHeader(await ranges.read(PREFIX, length), ranges.size - start, options);
  const bytesOf = (entry: SafetensorsEntry) => ranges.read(start + entry.offset, entry.bytes);
  return {
    ...header,
    read: async (name) => {
      const entry = header.entries.get(name);
      if (entry !== undefined) return readEntry(entry, bytesOf);
      const some = [...header.entries.keys()].slice(0, 5).map(quoted).join(', ');
      throw new UserError(
        `The file has no tensor ${quoted(name)}: it has ${header.entries.size}${some === '' ? '' : `, such as ${some}`}.`,
      );
    },
    async *tensors(select = ALL) {
      for (const entry of header.entries.values()) if (select(entry)) yield await readEntry(entry, bytesOf);
    },
  };
}

/**
 * A file that arrives as a stream: the body of a response, or any chunks of any size. The header is read before it resolves.
 *
 * @throws UserError for a header that the format does not allow.
 */
export async function openSafetensorsStream(
  stream: ByteStream,
  options: ReadOptions = {},
): Promise<SafetensorsStream> {
  requireOptions(options);
  const reader = new StreamReader(stream);
  const header = await readHeader(reader, options).catch(async (error: unknown) => {
    await reader.close();
    throw error;
  });
  let taken = false;
  return {
    ...header,
    async *tensors(select = ALL) {
      if (taken) throw new UserError('A stream passes by once: its tensors have been taken.');
      taken = true;
      try {
        for (const entry of header.entries.values()) {
          const what = `Tensor ${quoted(entry.name)}`;
          if (select(entry)) yield await readEntry(entry, ({ bytes }) => reader.read(what, bytes));
          else await reader.skip(what, entry.bytes);
        }
        if (!(await reader.ended()))
          throw new UserError('The file is followed by other bytes after its last tensor.');
      } finally {
        await reader.close();
      }
    },
  };
}

async function readHeader(reader: StreamReader, options: ReadOptions): Promise<SafetensorsHeader> {
  const length = headerLength(await reader.read('The length of the header', PREFIX), MAX_HEADER);
  return parseHeader(await reader.read('The header', length), undefined, options);
}
