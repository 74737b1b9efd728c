/**
 * Header of a .npy file: the bytes \x93NUMPY, version, header length (2 bytes little-endian in version 1, 4 from
 * version 2), then a Python dictionary of `descr`, `fortran_order` and `shape`, then the elements.
 * Source: NumPy's documentation, numpy.lib.format. NumPy has no bfloat16 and no 8-bit floats: arrays of the ml_dtypes package are
 * written as V2 (bfloat16), f1 (float8_e5m2) and V1 (any other of 8 bits or fewer), as ml_dtypes 0.5 was seen to do;
 * plain uint16 bit patterns are common too, so they are read as bfloat16.
 */
import { UserError } from '../../src/numerics';
import type { Controls } from './controls';
import type { ElementType, StoredDtype } from './elements';
import type { ByteSource } from './source';
import { checkExtent, namedElement, type StoredTensor } from './stored';

const MAGIC = '\x93NUMPY';
const HEADER_LIMIT = 65_536;

/** By `descr` without its byte order. */
const KNOWN: ReadonlyMap<string, StoredDtype | undefined> = new Map<string, StoredDtype | undefined>([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['u2', 'bfloat16'],
  ['V2', 'bfloat16'],
  ['f1', 'float8_e5m2'],
  ['V1', undefined],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['u4', 'uint32'],
]);

/** What the header says. */
export interface NpyHeader {
  /** Without its byte order, which is little. */
  readonly descr: string;
  readonly columnMajor: boolean;
  /** Undefined where the file has something else than a tuple of integers. */
  readonly shape: readonly number[] | undefined;
  /** As the file has it, for messages. */
  readonly shapeText: string;
  readonly dataStart: number;
}

/** @throws UserError for anything but a little-endian array of plain numbers. */
export async function npyHeader(source: ByteSource): Promise<NpyHeader> {
  const { header, dataStart } = await readHeader(source);
  const field = (key: string): string => headerField(source.name, header, key);
  const descr = /^'([^']*)'$/.exec(field('descr'))?.[1];
  if (descr === undefined) {
    throw new UserError(
      `${source.name}: a matrix of plain numbers is required, its descr is ${shown(field('descr'))}.`,
    );
  }
  const fortran = field('fortran_order');
  if (fortran !== 'True' && fortran !== 'False')
    throw new UserError(`${source.name}: fortran_order must be True or False, got ${shown(fortran)}.`);
  const shape = field('shape');
  if (descr.startsWith('>')) {
    throw new UserError(
      `${source.name} is big-endian (${descr}); save it little-endian: array.astype("<${descr.slice(1)}").`,
    );
  }
  return {
    descr: descr.replace(/^[<|=]/, ''),
    columnMajor: fortran === 'True',
    shape: integers(shape),
    shapeText: shown(shape),
    dataStart,
  };
}

/** How the elements of a `descr` are read; `dtype` reads their bits as that format. @throws UserError for unknown ones. */
export function npyElement(
  file: string,
  descr: string,
  dtype?: StoredDtype,
  controls?: Controls,
): ElementType {
  return namedElement(file, descr, KNOWN, dtype, controls);
}

/**
 * The matrix of a .npy file. `dtype` reads its bits as that format.
 * @throws UserError for anything but a little-endian matrix of a known dtype that the file really holds.
 */
export async function npyTensor(
  source: ByteSource,
  dtype?: StoredDtype,
  controls?: Controls,
): Promise<StoredTensor> {
  const { descr, dataStart, ...header } = await npyHeader(source);
  const element = npyElement(source.name, descr, dtype, controls);
  return checkExtent(source, source.name, { element, offset: dataStart, ...header });
}

/** The Python literal that the header has for `key`. @throws UserError when it has none. */
function headerField(file: string, header: string, key: string): string {
  const value = new RegExp(`'${key}'\\s*:(.*?)(?='(?:descr|fortran_order|shape)'\\s*:|[}]|$)`, 's').exec(
    header,
  )?.[1];
  const text = value?.trim().replace(/,$/, '').trim() ?? '';
  if (text !== '') return text;
  throw new UserError(`${file}: the .npy header lacks ${key}: ${shown(JSON.stringify(header))}.`);
}

/** Of a tuple; Python 2 wrote 5L. Undefined for anything else. */
function integers(tuple: string): readonly number[] | undefined {
  if (/^\(\s*\)$/.test(tuple)) return []; // of an array of one number
  const parts = (/^\((.*?),?\s*\)$/s.exec(tuple)?.[1] ?? '-').split(',').map((part) => part.trim());
  return parts.every((part) => /^\d+L?$/.test(part)) ? parts.map((part) => parseInt(part, 10)) : undefined;
}

function shown(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`;
}

async function readHeader(source: ByteSource): Promise<{ header: string; dataStart: number }> {
  const start = await source.read(0, 10);
  const major = start[6] ?? 0;
  if (latin1(start.subarray(0, 6)) !== MAGIC || major < 1 || major > 3) {
    throw new UserError(
      `${source.name} is no .npy file of version 1 to 3: it does not begin with \\x93NUMPY and a version.`,
    );
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const view = new DataView((await source.read(8, lengthBytes)).buffer);
  const length = major === 1 ? view.getUint16(0, true) : view.getUint32(0, true);
  const headerStart = 8 + lengthBytes;
  if (length > HEADER_LIMIT)
    throw new UserError(`${source.name}: a .npy header of ${length} bytes is not believed.`);
  return { header: latin1(await source.read(headerStart, length)), dataStart: headerStart + length };
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
