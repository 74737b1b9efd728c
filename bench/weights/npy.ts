/**
 * Header of a .npy file: the bytes \x93NUMPY, version, header length (2 bytes little-endian in version 1, 4 from
 * version 2), then a Python dictionary of `descr`, `fortran_order` and `shape`, then the elements.
 * Source: NumPy's documentation, numpy.lib.format. NumPy has no bfloat16: arrays of the ml_dtypes package are written
 * as V2, and plain uint16 bit patterns are common too, so both are read as bfloat16.
 */
import { UserError } from '../../src/numerics';
import { BFLOAT16, FLOAT16, FLOAT32, FLOAT64, type ElementType } from './elements';
import type { ByteSource } from './source';
import { checkExtent, type StoredTensor } from './stored';

const MAGIC = '\x93NUMPY';
const HEADER_LIMIT = 65_536;

const ELEMENTS: Readonly<Record<string, ElementType>> = {
  '<f8': FLOAT64,
  '<f4': FLOAT32,
  '<f2': FLOAT16,
  '<u2': BFLOAT16,
  '<V2': BFLOAT16,
  '|V2': BFLOAT16,
};

/** @throws UserError for anything but a C-ordered little-endian matrix of a known dtype that the file really holds. */
export async function npyTensor(source: ByteSource): Promise<StoredTensor> {
  const { header, dataStart } = await readHeader(source);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw new UserError(
      `${source.name}: the .npy header lacks descr, fortran_order or shape: ${JSON.stringify(header.slice(0, 120))}.`,
    );
  }
  if (descr.startsWith('>')) {
    throw new UserError(
      `${source.name} is big-endian (${descr}); save it little-endian: array.astype("<${descr.slice(1)}").`,
    );
  }
  const element = Object.hasOwn(ELEMENTS, descr) ? ELEMENTS[descr] : undefined;
  if (element === undefined) {
    throw new UserError(
      `${source.name}: dtype ${descr} cannot be read; known: ${Object.keys(ELEMENTS).join(', ')}.`,
    );
  }
  if (fortran === 'True') {
    throw new UserError(
      `${source.name} is in Fortran order; save it in C order: numpy.ascontiguousarray(array).`,
    );
  }
  const dimensions = shape
    .split(',')
    .map((text) => text.trim().replace(/L$/, ''))
    .filter((text) => text !== '')
    .map(Number);
  return checkExtent(source, source.name, {
    element,
    shape: dimensions,
    offset: dataStart,
    bytes: source.size - dataStart,
  });
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
