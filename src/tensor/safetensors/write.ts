/**
 * Writing .safetensors as chunks of bounded size. The header comes first and needs shapes only, so codes may be made when their turn
 * comes. Wider elements come first, as the reference implementation has them, so that each tensor is aligned to its elements.
 */
import { packWords, requireFields, UserError, type CodeArray, type Dtype } from '../../numerics';
import { MAX_HEADER, PREFIX, quoted, requireName } from './header';
import {
  bytesOf,
  DTYPE_ENTRY,
  isStored,
  needsEntry,
  STORED_AS,
  storedFormat,
  type StoredDtype,
} from './stored';

type Bytes = Uint8Array<ArrayBuffer>;

/** A tensor to write: a `SafetensorsTensor` that was read is one. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major; or what makes them, called when it is their turn. */
  readonly codes: CodeArray | (() => CodeArray | Promise<CodeArray>);
  /** The file's name for the format, where there are two: BOOL for uint8 of 0 and 1. */
  readonly stored?: StoredDtype | undefined;
}

export interface WriteOptions {
  /** Free text to text, for whoever reads the file. */
  readonly metadata?: Iterable<readonly [string, string]> | Readonly<Record<string, string>> | undefined;
}

/** Codes of a chunk: a multiple of 8, so that 4-bit codes end with a byte. */
const CHUNK = 2 ** 18;

interface Placed extends TensorToWrite {
  readonly stored: StoredDtype;
  readonly elements: number;
}

/** I64 was narrowed when it was read, and is written as what it is now. */
function storedOf(tensor: string, { dtype, stored }: TensorToWrite): StoredDtype {
  if (stored === undefined || stored === 'I64') return STORED_AS[dtype];
  if (stored === STORED_AS[dtype] || (isStored(stored) && storedFormat(stored).dtype === dtype))
    return stored;
  throw new UserError(`${tensor}: ${dtype} is stored as ${STORED_AS[dtype]}; received ${quoted(stored)}.`);
}

function placed(tensor: TensorToWrite): Placed {
  const { name, shape, dtype, codes } = tensor;
  requireName(name);
  const what = `Tensor ${quoted(name)}`;
  if (!Object.hasOwn(STORED_AS, dtype)) {
    throw new UserError(
      `${what}: a dtype is one of ${Object.keys(STORED_AS).join(', ')}; received ${quoted(dtype)}.`,
    );
  }
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (
    !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) ||
    !Number.isSafeInteger(elements)
  ) {
    throw new UserError(
      `${what}: a shape is a list of integers from 0 on, with a product below 2^53; received ${quoted(shape)}.`,
    );
  }
  const stored = storedOf(what, tensor);
  if (!Number.isInteger(bytesOf(stored, elements))) {
    throw new UserError(
      `${what}: two elements of ${stored} share a byte, so it has an even number of them; received ${elements}.`,
    );
  }
  if (typeof codes !== 'function') requireCodes({ ...tensor, stored, elements }, codes);
  return { ...tensor, stored, elements };
}

/** @throws UserError unless these are codes of it, in number and kind. Their values are looked at when they are packed. */
function requireCodes({ name, dtype, shape, elements }: Placed, codes: CodeArray): void {
  const what = `Tensor ${quoted(name)}`;
  if (codes.length !== elements) {
    throw new UserError(`${what} of shape ${quoted(shape)} has ${elements} codes; received ${codes.length}.`);
  }
  named(what, () => packWords(dtype, codes.subarray(0, 0)));
}

/** What numerics says of codes, told of the tensor. */
function named<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${what}: ${error.message}`) : error;
  }
}

/** @throws UserError for keys that tell formats: they are written for the tensors as they are. */
function metadataOf(tensors: readonly Placed[], { metadata = [] }: WriteOptions): Record<string, string> {
  const entries = new Map<string, string>();
  for (const [key, text] of Symbol.iterator in metadata ? metadata : Object.entries(metadata)) {
    requireName(key);
    if (entries.has(key) || key.startsWith(DTYPE_ENTRY) || typeof text !== 'string') {
      throw new UserError(
        `Metadata has texts, under keys that are given once and do not begin with ${DTYPE_ENTRY}; received ${quoted(key)}: ${quoted(text)}.`,
      );
    }
    entries.set(key, text);
  }
  for (const { name, dtype } of tensors) {
    if (needsEntry(dtype)) entries.set(DTYPE_ENTRY + name, dtype);
  }
  return Object.fromEntries(entries);
}

/** The length and the text, padded with spaces so that the data begin at a multiple of 8. */
function headerBytes(tensors: readonly Placed[], options: WriteOptions): Bytes {
  const metadata = metadataOf(tensors, options);
  let offset = 0;
  const entries = tensors.map(({ name, stored, shape, elements }): [string, unknown] => {
    const begin = offset;
    offset += bytesOf(stored, elements);
    return [name, { dtype: stored, shape, data_offsets: [begin, offset] }];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(['__metadata__', metadata]);
  // Not one object: it would put names that are integers first.
  const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const json = new TextEncoder().encode(text);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER) {
    throw new UserError(
      `The header of a .safetensors file takes at most ${MAX_HEADER} bytes; this one ${length}.`,
    );
  }
  const bytes = new Uint8Array(PREFIX + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, PREFIX);
  return bytes;
}

async function* tensorBytes(tensor: Placed): AsyncGenerator<Bytes, void, undefined> {
  const what = `Tensor ${quoted(tensor.name)}`;
  const codes = typeof tensor.codes === 'function' ? await tensor.codes() : tensor.codes;
  requireCodes(tensor, codes);
  for (let at = 0; at < codes.length; at += CHUNK) {
    const chunk = codes.subarray(at, at + CHUNK);
    if (tensor.stored === 'BOOL' && chunk.some((code) => code > 1)) {
      throw new UserError(`${what}: codes stored as BOOL are 0 or 1.`);
    }
    const words = named(what, () => packWords(tensor.dtype, chunk));
    yield new Uint8Array(words.buffer, 0, bytesOf(tensor.stored, chunk.length));
  }
}

/**
 * The bytes of a file, in chunks of at most a mebibyte after the header. Chunks are the caller's: codes are copied.
 *
 * @throws UserError, before the first byte for all that can be told then, and in the turn of a tensor whose codes are not as told.
 */
export function writeSafetensors(
  tensors: Iterable<TensorToWrite>,
  options: WriteOptions = {},
): AsyncGenerator<Bytes, void, undefined> {
  requireFields('Writing .safetensors', options, ['metadata']);
  const inOrder = [...tensors]
    .map(placed)
    .sort((left, right) => storedFormat(right.stored).bits - storedFormat(left.stored).bits);
  const names = new Set<string>();
  for (const { name } of inOrder) {
    if (names.has(name)) throw new UserError(`Tensor ${quoted(name)} is given twice.`);
    names.add(name);
  }
  return chunks(headerBytes(inOrder, options), inOrder);
}

async function* chunks(header: Bytes, tensors: readonly Placed[]): AsyncGenerator<Bytes, void, undefined> {
  yield header;
  for (const tensor of tensors) yield* tensorBytes(tensor);
}

/** The same as a stream, for a response, a file of the browser, or a Blob through `new Response(stream).blob()`. */
export function safetensorsStream(
  tensors: Iterable<TensorToWrite>,
  options: WriteOptions = {},
): ReadableStream<Bytes> {
  const bytes = writeSafetensors(tensors, options);
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await bytes.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await bytes.return();
    },
  });
}
