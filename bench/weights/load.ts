/** Matrices of .npy and .safetensors files: as they are, or as the B operand [K, N] of a case. */
import { UserError } from '../../src/numerics';
import { COMMAND_LINE, type Controls } from './controls';
import type { ElementType, StoredDtype } from './elements';
import { npyTensor } from './npy';
import { listed, safetensorsNames, safetensorsTensor } from './safetensors';
import type { ByteSource } from './source';
import type { StoredTensor } from './stored';

export interface MatrixRequest {
  /** Which tensor of a .safetensors file; needed when it has several matrices. */
  readonly tensor?: string | undefined;
  /** Reads the elements' bits as this format, whatever the file calls them. */
  readonly dtype?: StoredDtype | undefined;
  /** Gives the transposed matrix. */
  readonly transposed?: boolean | undefined;
  /** Of the place where the request is made; the command line's when left out. */
  readonly controls?: Controls | undefined;
}

export interface MatrixFile {
  /** The tensor's name, or the file's without its folder. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** Of the elements in the file. */
  readonly dtype: StoredDtype;
  /** [rows, columns]; exact unless `float64` is there. */
  readonly values: Float32Array<ArrayBuffer>;
  /** The same, exact, where float32 may not hold the file's elements: float64, int32 and uint32. */
  readonly float64?: Float64Array<ArrayBuffer>;
}

/** How a weights file holds the matrix: [N, K] as linear layers are kept ([out, in]), or [K, N] as B is. */
export type WeightsLayout = 'nk' | 'kn';

export interface Weights {
  readonly name: string;
  readonly k: number;
  readonly n: number;
  /** [K, N]. */
  readonly values: Float32Array<ArrayBuffer>;
}

interface Reader {
  readonly weightsLayout: WeightsLayout;
  readonly locate: (source: ByteSource, request: MatrixRequest) => Promise<Located>;
}

interface Located {
  readonly name: string;
  readonly stored: StoredTensor;
}

const CHUNK_BYTES = 4 << 20;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    '.safetensors',
    {
      weightsLayout: 'nk',
      locate: async (source, { tensor, dtype, controls }) => {
        const name = tensor ?? onlyMatrix(source.name, await safetensorsNames(source), controls);
        return { name, stored: await safetensorsTensor(source, name, dtype, controls) };
      },
    },
  ],
  [
    '.npy',
    {
      weightsLayout: 'kn',
      locate: async (source, { tensor, dtype, controls }) => {
        if (tensor !== undefined)
          throw new UserError(`A tensor is named in .safetensors files; ${source.name} holds one array.`);
        const name = source.name.split(/[\\/]/).at(-1) ?? source.name;
        return { name, stored: await npyTensor(source, dtype, controls) };
      },
    },
  ],
]);

/** The reader for a file of this name. @throws UserError when it ends in none of the known ways. */
export function matrixReader(name: string): Reader {
  const reader = READERS.get(/\.[^./\\]*$/.exec(name)?.[0].toLowerCase() ?? '');
  if (reader !== undefined) return reader;
  throw new UserError(`A file of a matrix ends in ${[...READERS.keys()].join(' or ')}; got ${name}.`);
}

/** @throws UserError when the file is truncated, of another kind or dtype, or the tensor is not a matrix. */
export async function readMatrixFile(source: ByteSource, request: MatrixRequest = {}): Promise<MatrixFile> {
  const { name, stored } = await matrixReader(source.name).locate(source, request);
  const { element, columnMajor } = stored;
  const { toFloat64 } = element;
  const transposed = request.transposed ?? false;
  // What lies column by column is read as its transposed matrix, row by row.
  const lying = columnMajor ? { ...stored, rows: stored.columns, columns: stored.rows } : stored;
  const turn = transposed !== columnMajor;
  const values = await readElements(source, lying, turn, (raw) => element.toFloat32(raw), float32Array);
  const [rows, columns] = turn ? [lying.columns, lying.rows] : [lying.rows, lying.columns];
  const matrix = { name, rows, columns, dtype: element.dtype, values };
  if (toFloat64 === undefined) return matrix;
  return { ...matrix, float64: await readElements(source, lying, turn, toFloat64, float64Array) };
}

/** A matrix as B, in float32 values. @throws UserError as `readMatrixFile` does. */
export async function readWeights(
  source: ByteSource,
  { layout, tensor }: { readonly tensor?: string | undefined; readonly layout?: WeightsLayout | undefined },
): Promise<Weights> {
  const transposed = (layout ?? matrixReader(source.name).weightsLayout) === 'nk';
  const { name, rows, columns, values } = await readMatrixFile(source, { tensor, transposed });
  return { name, k: rows, n: columns, values };
}

function onlyMatrix(file: string, names: readonly string[], { tensor } = COMMAND_LINE): string {
  const [first, ...more] = names;
  if (first === undefined) throw new UserError(`${file} has no matrix of a dtype that can be read.`);
  if (more.length > 0)
    throw new UserError(`${file} has several matrices; choose one with ${tensor}: ${listed(names)}.`);
  return first;
}

type Values = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
const float32Array = (length: number): Float32Array<ArrayBuffer> => new Float32Array(length);
const float64Array = (length: number): Float64Array<ArrayBuffer> => new Float64Array(length);

/** Whole rows at a time, so that memory beyond the result stays at one chunk (or one row, where rows are longer). */
async function readElements<T extends Values>(
  source: ByteSource,
  { element, rows, columns, offset }: StoredTensor,
  turn: boolean,
  convert: (raw: Parameters<ElementType['toFloat32']>[0]) => T,
  allocate: (length: number) => T,
): Promise<T> {
  const rowBytes = columns * element.bytes;
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
  const values = allocate(rows * columns);
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const chunk = convert(await source.read(offset + row * rowBytes, count * rowBytes));
    if (turn) scatterTransposed(values, chunk, row, rows, columns);
    else values.set(chunk, row * columns);
  }
  return values;
}

/** chunk[count, columns], the file's rows from `row` on, into values[columns, rows]. */
function scatterTransposed(values: Values, chunk: Values, row: number, rows: number, columns: number): void {
  const count = chunk.length / columns;
  for (let column = 0; column < columns; column++) {
    for (let each = 0; each < count; each++) {
      values[column * rows + row + each] = chunk[each * columns + column] ?? 0;
    }
  }
}
