/** Arrays from .safetensors, bit for bit, in the form of others or by name. */
import { UserError } from '../../numerics';
import { describe, flatten, type ArrayContext, type NDArray } from '../array';
import { make, sameShape } from '../graph';
import {
  openSafetensors,
  openSafetensorsStream,
  type ByteStream,
  type SafetensorsEntry,
  type SafetensorsFile,
  type SafetensorsSource,
  type SafetensorsStream,
  type SafetensorsTensor,
} from '../safetensors';
import { namedArrays } from './names';

/** Names that a message lists. */
const LISTED = 5;

/**
 * The arrays of a file by name, in the order of its bytes.
 *
 * @param source a file in memory, a Blob or File, ranges that the caller reads, or a stream.
 * @throws UserError for a file that the format does not allow, and formats that the chip lacks; nothing of it is left then.
 */
export async function loadArrays(
  source: SafetensorsSource | ByteStream,
  arrays: ArrayContext,
): Promise<Record<string, NDArray>> {
  const given: unknown = arrays;
  if (typeof given !== 'object' || given === null || !('adopt' in given))
    throw new UserError(
      'loadArrays: needs the arrays of openArrays() after the file: loadArrays(file, arrays).',
    );
  return Object.fromEntries(await loaded(await opened('loadArrays', source), arrays));
}

/**
 * The arrays of a file that `saveArrays` wrote, in the form of a template: a tree of arrays of the same shapes and formats, such as `init` gives.
 * The template stays as it is.
 *
 * @throws UserError where names, shapes or formats are others than the template's, and as `loadArrays`.
 */
export async function restoreArrays<T>(source: SafetensorsSource | ByteStream, template: T): Promise<T> {
  const wanted = namedArrays('restoreArrays', template);
  const { arrays: inOrder, rebuild } = flatten(template);
  const [first] = inOrder;
  if (first === undefined)
    throw new UserError('restoreArrays: the template has no array: pass arrays in lists and objects.');
  const file = await opened('restoreArrays', source);
  try {
    requireSame(file.entries, wanted);
  } catch (error) {
    await letGo(file);
    throw error;
  }
  const found = await loaded(file, first.arrays);
  const placed = [...wanted.keys()].flatMap((name) => found.get(name) ?? []);
  return rebuild(placed);
}

function opened(
  op: string,
  source: SafetensorsSource | ByteStream,
): Promise<SafetensorsFile | SafetensorsStream> {
  const given: unknown = source;
  if (typeof given !== 'object' || given === null)
    throw new UserError(
      `${op}: takes a Uint8Array, a Blob, { size, read } or a stream; received ${typeof given === 'string' ? `"${given}": read or fetch it first` : String(given)}.`,
    );
  return isStream(source) ? openSafetensorsStream(source) : openSafetensors(source);
}

const isStream = (source: SafetensorsSource | ByteStream): source is ByteStream =>
  source instanceof ReadableStream || Symbol.asyncIterator in source;

/** Of a stream: a walk through its tensors that ends early does so, once it has begun. */
async function letGo(file: SafetensorsFile | SafetensorsStream): Promise<void> {
  const tensors = file.tensors();
  await tensors.next().catch(() => undefined);
  await tensors.return();
}

async function loaded(
  file: SafetensorsFile | SafetensorsStream,
  arrays: ArrayContext,
): Promise<Map<string, NDArray>> {
  const found = new Map<string, NDArray>();
  try {
    for await (const tensor of file.tensors()) found.set(tensor.name, placed(tensor, arrays));
    return found;
  } catch (error) {
    for (const array of found.values()) array.dispose();
    throw error;
  }
}

/** The codes become the array's, without a copy. */
function placed({ name, dtype, shape, codes }: SafetensorsTensor, arrays: ArrayContext): NDArray {
  const op = `Loading ${JSON.stringify(name)}`;
  arrays.checkDtype(op, dtype);
  arrays.checkRoom(op, { shape, dtype, size: codes.length });
  return arrays.adopt(make.leaf(shape, dtype, arrays.executor.place(codes, dtype, shape)));
}

function requireSame(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  wanted: ReadonlyMap<string, NDArray>,
): void {
  const missing = [...wanted.keys()].filter((name) => !entries.has(name));
  const unexpected = [...entries.keys()].filter((name) => !wanted.has(name));
  const others = [...wanted].flatMap(([name, array]) => {
    const entry = entries.get(name);
    if (entry === undefined || (entry.dtype === array.dtype && sameShape(entry.shape, array.shape)))
      return [];
    const stored = `${entry.dtype ?? entry.stored}[${entry.shape.join(', ')}]`;
    return [`${JSON.stringify(name)} is ${stored}, not ${describe(array)}`];
  });
  const problems = [
    ...(missing.length > 0 ? [`it has no ${listed(missing.map((name) => JSON.stringify(name)))}`] : []),
    ...(unexpected.length > 0
      ? [`the template has no ${listed(unexpected.map((name) => JSON.stringify(name)))}`]
      : []),
    ...(others.length > 0 ? [listed(others)] : []),
  ];
  if (problems.length > 0)
    throw new UserError(`restoreArrays: the file does not fit the template: ${problems.join('; ')}.`);
}

const listed = (names: readonly string[]): string =>
  names.slice(0, LISTED).join(', ') + (names.length > LISTED ? ` and ${names.length - LISTED} others` : '');
