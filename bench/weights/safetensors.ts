/**
 * Index of a .safetensors file: 8 bytes of little-endian header length, a JSON header
 * `{ name: { dtype, shape, data_offsets: [begin, end] } }`, then the tensors' bytes, row-major.
 * Source: the format's description in huggingface/safetensors, README.md, whose header limit of 100 MB is kept.
 */
import { UserError } from '../../src/numerics';
import type { Controls } from './controls';
import type { StoredDtype } from './elements';
import type { ByteSource } from './source';
import { checkExtent, namedElement, type StoredTensor } from './stored';

const HEADER_LIMIT = 100_000_000;

const KNOWN: ReadonlyMap<string, StoredDtype> = new Map<string, StoredDtype>([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8_e4m3fn'], // the format's E4M3 is the OCP one, without infinities
  ['F8_E5M2', 'float8_e5m2'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
]);

/** Names of the tensors of two dimensions and of known dtype, in the file's order. @throws UserError for a bad header. */
export async function safetensorsNames(source: ByteSource): Promise<readonly string[]> {
  const { tensors } = await readHeader(source);
  return [...tensors].filter(([, entry]) => isMatrix(entry)).map(([name]) => name);
}

/**
 * Where the named tensor lies. `wanted` reads its bits as that format.
 * @throws UserError when it is missing, not of two dimensions, or not in the file.
 */
export async function safetensorsTensor(
  source: ByteSource,
  name: string,
  wanted?: StoredDtype,
  controls?: Controls,
): Promise<StoredTensor> {
  const { tensors, dataStart } = await readHeader(source);
  const entry = tensors.get(name);
  if (entry === undefined)
    throw new UserError(`${source.name} has no tensor "${name}"; it has ${listed([...tensors.keys()])}.`);
  const { dtype, shape, data_offsets: offsets } = asRecord(entry) ?? {};
  const where = `${source.name}, tensor "${name}"`;
  const element = namedElement(where, typeof dtype === 'string' ? dtype : undefined, KNOWN, wanted, controls);
  const [begin, end, ...more] = counts(offsets) ?? [];
  if (begin === undefined || end === undefined || more.length > 0) {
    throw new UserError(`${where}: data_offsets must be two byte offsets, got ${JSON.stringify(offsets)}.`);
  }
  return checkExtent(source, where, {
    element,
    shape: counts(shape),
    shapeText: (JSON.stringify(shape) as string | undefined)?.slice(0, 120) ?? 'not told',
    offset: dataStart + begin,
    bytes: end - begin,
  });
}

async function readHeader(source: ByteSource): Promise<{ tensors: Map<string, unknown>; dataStart: number }> {
  const prefix = await source.read(0, 8);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(Math.min(HEADER_LIMIT, source.size - 8))) {
    throw new UserError(
      `${source.name} is no .safetensors file, or is truncated: its first 8 bytes promise a header of ${length.toString()} bytes, the file has ${source.size}.`,
    );
  }
  const header = asRecord(parseJson(source.name, await source.read(8, Number(length))));
  if (header === undefined)
    throw new UserError(`${source.name}: the .safetensors header is not a JSON object.`);
  const tensors = new Map(Object.entries(header).filter(([name]) => name !== '__metadata__'));
  return { tensors, dataStart: 8 + Number(length) };
}

function parseJson(name: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new UserError(`${name}: the .safetensors header is not JSON.`);
  }
}

function isMatrix(entry: unknown): boolean {
  const { dtype, shape } = asRecord(entry) ?? {};
  return typeof dtype === 'string' && KNOWN.has(dtype) && counts(shape)?.length === 2;
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function counts(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const numbers = value.filter((each): each is number => Number.isSafeInteger(each) && Number(each) >= 0);
  return numbers.length === value.length ? numbers : undefined;
}

export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length > 8 ? ` and ${names.length - 8} more` : '';
  return (
    names
      .slice(0, 8)
      .map((name) => `"${name}"`)
      .join(', ') + more
  );
}
