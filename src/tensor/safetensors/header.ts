/**
 * The header of .safetensors, checked in full before anything is read through it: a file may come from anywhere. Written from the
 * public description of the format (https://huggingface.co/docs/safetensors, "Format" of github.com/huggingface/safetensors): eight
 * bytes, little-endian, count the bytes of a JSON text that begins with `{` and may be padded with spaces; it maps the name of each
 * tensor to its dtype, shape and offsets into the bytes that follow, which tensors cover without overlap or hole, row-major.
 */
import { DTYPES, UserError, type Dtype } from '../../numerics';
import { parseUnambiguous } from './json';
import { bytesOf, DTYPE_ENTRY, isStored, STORED, STORED_AS, storedFormat, type StoredDtype } from './stored';

/** Bytes before the header. */
export const PREFIX = 8;
/** The longest header that the format allows. */
export const MAX_HEADER = 100_000_000;
const METADATA = '__metadata__';

/** A tensor of a file, before its codes are read. */
export interface SafetensorsEntry {
  readonly name: string;
  /** The format of its codes here; undefined where this library has none for what is stored, and then it cannot be read. */
  readonly dtype: Dtype | undefined;
  readonly shape: readonly number[];
  /** The file's own name of its format. */
  readonly stored: StoredDtype;
  /** Where its bytes are, counted from the end of the header. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  /** Free text to text, without the entries that name formats. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of their bytes. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

export interface ReadOptions {
  /**
   * What becomes of I64, for which there is no format here: refused when it is read (default), or read as int32 where every value
   * fits.
   */
  readonly int64?: 'refuse' | 'int32';
}

/** Nothing within it is shown: a hostile value may be nested too deep to print. */
function outside(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return value === undefined ? 'undefined' : JSON.stringify(value);
  return Array.isArray(value) ? '[…]' : '{…}';
}

/** A name or value, for a message. */
export function quoted(value: unknown): string {
  const text = Array.isArray(value) ? `[${value.slice(0, 80).map(outside).join(',')}]` : outside(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** @throws UserError for a name that the format keeps for itself, that objects treat as no plain key, or that UTF-8 cannot hold. */
export function requireName(name: string): void {
  if (name === METADATA || name === '__proto__' || /\p{Cs}/u.test(name)) {
    throw new UserError(
      `A tensor or an entry of the metadata is named by well-formed text other than ${METADATA} and __proto__; received ${quoted(name)}.`,
    );
  }
}

/** Bytes of the header, of the eight before it. `room` is what the file has for it, where that is known. */
export function headerLength(prefix: Uint8Array, room: number): number {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER) {
    throw new UserError(
      `The header of a .safetensors file takes at most ${MAX_HEADER} bytes; its first eight bytes say ${length}. Is it a .safetensors file?`,
    );
  }
  if (length > room) {
    throw new UserError(`The header takes ${length} bytes, and the file has ${room} after the first eight.`);
  }
  return length;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An extent or offset: -0 is refused as no other reader would write it, and as it would not compare equal to what it means. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

const isCounts = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);

/** @throws UserError where a product of extents is too large to count. */
function elementsOf(tensor: string, shape: readonly number[]): number {
  let elements = 1;
  for (const extent of shape) {
    elements *= extent;
    if (elements > Number.MAX_SAFE_INTEGER) {
      throw new UserError(
        `${tensor}: the extents of its shape ${quoted(shape)} multiply to at most ${Number.MAX_SAFE_INTEGER}.`,
      );
    }
  }
  return elements;
}

const FIELDS = ['dtype', 'shape', 'data_offsets'];

function parseEntry(name: string, value: unknown): SafetensorsEntry {
  requireName(name);
  const tensor = `Tensor ${quoted(name)}`;
  if (!isRecord(value))
    throw new UserError(`${tensor} is an object of ${FIELDS.join(', ')}; received ${quoted(value)}.`);
  const wrong = [...FIELDS.filter((field) => !Object.hasOwn(value, field)), ...Object.keys(value)].find(
    (field) => !FIELDS.includes(field) || !Object.hasOwn(value, field),
  );
  if (wrong !== undefined) {
    throw new UserError(
      `${tensor} has the fields ${FIELDS.join(', ')}; ${quoted(wrong)} is ${FIELDS.includes(wrong) ? 'missing' : 'none of them'}.`,
    );
  }
  const { dtype: stored, shape, data_offsets: offsets } = value;
  if (typeof stored !== 'string' || !isStored(stored)) {
    throw new UserError(
      `${tensor}: a dtype is one of ${Object.keys(STORED).join(', ')}; received ${quoted(stored)}.`,
    );
  }
  if (!isCounts(shape)) {
    throw new UserError(
      `${tensor}: a shape is a list of integers of 0 to 2^53 - 1; received ${quoted(shape)}.`,
    );
  }
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || end < begin) {
    throw new UserError(
      `${tensor}: data_offsets are two integers of 0 to 2^53 - 1, the second no less than the first; received ${quoted(offsets)}.`,
    );
  }
  const bytes = bytesOf(stored, elementsOf(tensor, shape));
  if (bytes !== end - begin) {
    throw new UserError(
      `${tensor}: ${stored} of shape ${quoted(shape)} takes ${bytes} bytes, a whole number; its data_offsets ${quoted(offsets)} are ${end - begin} apart.`,
    );
  }
  return { name, dtype: storedFormat(stored).dtype, shape, stored, offset: begin, bytes };
}

function parseMetadata(value: unknown): Map<string, string> {
  if (!isRecord(value)) throw new UserError(`${METADATA} is an object of texts; received ${quoted(value)}.`);
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    requireName(key);
    if (typeof text !== 'string') {
      throw new UserError(`${METADATA} has texts only; received ${quoted(text)} under ${quoted(key)}.`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

/** The entry as it is read: in the format that the metadata names, or the one that an option asks for. */
function asRead(entry: SafetensorsEntry, named: string | undefined, options: ReadOptions): SafetensorsEntry {
  if (named === undefined) {
    return entry.stored === 'I64' && options.int64 === 'int32' ? { ...entry, dtype: 'int32' } : entry;
  }
  const dtype = DTYPES.find((each) => each === named);
  if (dtype !== undefined && STORED_AS[dtype] === entry.stored) return { ...entry, dtype };
  const fitting = DTYPES.filter((each) => STORED_AS[each] === entry.stored);
  throw new UserError(
    `Tensor ${quoted(entry.name)}: the metadata names the format of what is stored as ${entry.stored}: ${fitting.join(', ') || 'none'}; received ${quoted(named)}.`,
  );
}

/** Each begins where the one before it ends; of tensors without bytes, several may begin at one place. */
function requireCover(entries: readonly SafetensorsEntry[]): number {
  let end = 0;
  let before: SafetensorsEntry | undefined;
  for (const entry of entries) {
    if (entry.offset !== end) {
      const place = before === undefined ? 'the data' : `tensor ${quoted(before.name)}`;
      throw new UserError(
        `Tensor ${quoted(entry.name)}: its bytes begin at ${end}, where ${place} ${before === undefined ? 'begins' : 'ends'}; received ${entry.offset}: tensors have no ${entry.offset < end ? 'bytes in common' : 'bytes between them'}.`,
      );
    }
    end += entry.bytes;
    before = entry;
  }
  return end;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError('The header of a .safetensors file is UTF-8 text; received other bytes.');
  }
}

/**
 * The header of its bytes. `room` is how many bytes the file has after it, where that is known.
 *
 * @throws UserError, which names the tensor, for whatever the format does not allow.
 */
export function parseHeader(
  bytes: Uint8Array,
  room: number | undefined,
  options: ReadOptions,
): SafetensorsHeader {
  const text = decodeText(bytes);
  if (!text.startsWith('{')) {
    throw new UserError(
      `The header of a .safetensors file begins with {; received ${quoted(text.slice(0, 8))}.`,
    );
  }
  const header = parseUnambiguous('The header of the .safetensors file', text);
  if (!isRecord(header)) throw new UserError('The header of a .safetensors file is an object.');
  const metadata = Object.hasOwn(header, METADATA)
    ? parseMetadata(header[METADATA])
    : new Map<string, string>();
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => parseEntry(name, value))
    .sort((left, right) => left.offset - right.offset || left.bytes - right.bytes)
    .map((entry) => asRead(entry, metadata.get(DTYPE_ENTRY + entry.name), options));
  const covered = requireCover(entries);
  const last = entries.at(-1);
  if (room !== undefined && covered !== room) {
    const where =
      last === undefined
        ? 'there are no tensors'
        : `the last tensor, ${quoted(last.name)}, ends at ${covered}`;
    throw new UserError(
      `The file has ${room} bytes after its header, and ${where}: it is ${covered > room ? 'cut short' : 'followed by other bytes'}.`,
    );
  }
  return {
    metadata: new Map([...metadata].filter(([key]) => !key.startsWith(DTYPE_ENTRY))),
    entries: new Map(entries.map((entry) => [entry.name, entry])),
  };
}
