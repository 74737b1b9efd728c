/** Loads a matrix of a weights file as the B operand [K, N], in float32 values, by ranges of the file. */
import { extname } from 'node:path';
import { UserError } from '../../src/numerics';
import { npyTensor } from './npy';
import { listed, safetensorsNames, safetensorsTensor } from './safetensors';
import { openSource, type ByteSource } from './source';
import type { StoredTensor } from './stored';

/** How the file holds the matrix: [N, K] as linear layers are kept ([out, in]), or [K, N] as B is. */
export type WeightsLayout = 'nk' | 'kn';

export interface WeightsRequest {
  readonly path: string;
  /** Which tensor of a .safetensors file; needed when it has several matrices. */
  readonly tensor?: string | undefined;
  /** `nk` for .safetensors and `kn` for .npy when left out. */
  readonly layout?: WeightsLayout | undefined;
}

export interface Weights {
  readonly name: string;
  readonly k: number;
  readonly n: number;
  /** [K, N]. */
  readonly values: Float32Array<ArrayBuffer>;
}

interface Located {
  readonly name: string;
  readonly stored: StoredTensor;
  readonly layout: WeightsLayout;
}

const CHUNK_BYTES = 4 << 20;

/** @throws UserError when the file is missing, truncated, of another format or dtype, or the tensor is not a matrix. */
export async function loadWeights(request: WeightsRequest): Promise<Weights> {
  const locate = LOCATORS[extname(request.path).toLowerCase()];
  if (locate === undefined) {
    throw new UserError(`A weights file ends in ${Object.keys(LOCATORS).join(' or ')}; got ${request.path}.`);
  }
  const source = await openSource(request.path);
  try {
    const located = await locate(source, request.tensor);
    return await readMatrix(source, { ...located, layout: request.layout ?? located.layout });
  } finally {
    await source.close();
  }
}

const LOCATORS: Readonly<Record<string, (source: ByteSource, tensor?: string) => Promise<Located>>> = {
  '.safetensors': async (source, tensor) => {
    const name = tensor ?? onlyMatrix(source.name, await safetensorsNames(source));
    return { name, stored: await safetensorsTensor(source, name), layout: 'nk' };
  },
  '.npy': async (source, tensor) => {
    if (tensor !== undefined)
      throw new UserError(`--tensor is for .safetensors files; ${source.name} holds one array.`);
    return {
      name: source.name.split(/[\\/]/).at(-1) ?? source.name,
      stored: await npyTensor(source),
      layout: 'kn',
    };
  },
};

function onlyMatrix(file: string, names: readonly string[]): string {
  const [first, ...more] = names;
  if (first === undefined) throw new UserError(`${file} has no matrix of a dtype that can be read.`);
  if (more.length > 0)
    throw new UserError(`${file} has several matrices; choose one with --tensor: ${listed(names)}.`);
  return first;
}

/** Whole rows at a time, so that memory beyond the result stays at one chunk (or one row, where rows are longer). */
export async function readMatrix(source: ByteSource, { name, stored, layout }: Located): Promise<Weights> {
  const { element, rows, columns, offset } = stored;
  const rowBytes = columns * element.bytes;
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const chunk = element.toFloat32(await source.read(offset + row * rowBytes, count * rowBytes));
    if (layout === 'kn') values.set(chunk, row * columns);
    else scatterTransposed(values, chunk, row, rows, columns);
  }
  return layout === 'kn' ? { name, k: rows, n: columns, values } : { name, k: columns, n: rows, values };
}

/** chunk[count, columns], the file's rows from `row` on, into values[columns, rows]. */
function scatterTransposed(
  values: Float32Array,
  chunk: Float32Array,
  row: number,
  rows: number,
  columns: number,
): void {
  const count = chunk.length / columns;
  for (let column = 0; column < columns; column++) {
    for (let each = 0; each < count; each++) {
      values[column * rows + row + each] = chunk[each * columns + column] ?? 0;
    }
  }
}
