/** `identify` on three files, wherever their bytes come from. */
import type { ChipName } from '../../src/chip';
import {
  blobSource,
  readMatrixFile,
  type ByteSource,
  type Controls,
  type MatrixFile,
  type MatrixRequest,
} from '../weights';
import type { IdentifyOptions } from './clock';
import type { Identification } from './identification';
import { identify } from './identify';

/** How one of the files is to be read; see `MatrixRequest`. `transposed`: A lies as [K, M], B as [N, K]. */
export interface FileRequest extends MatrixRequest {
  readonly source: ByteSource;
}

export interface FilesRequest {
  readonly a: FileRequest;
  readonly b: FileRequest;
  readonly c: FileRequest;
  readonly chip?: ChipName | undefined;
  readonly budgetSeconds?: number | undefined;
  readonly controls?: Controls | undefined;
}

/**
 * A or B that fits only as its transposed matrix is read so, and a note says it.
 * @throws UserError for files that cannot be read or are no product.
 */
export async function identifySources(
  { a, b, c, ...request }: FilesRequest,
  options: IdentifyOptions = {},
): Promise<Identification> {
  const product = await read(c);
  const left = await fitting(a, ({ rows }) => rows === product.rows);
  const right = await fitting(b, ({ columns }) => columns === product.columns);
  const found = await identify({ a: left.matrix, b: right.matrix, c: product, ...request }, options);
  const turned = [left, right].flatMap(({ matrix, turned: yes }) =>
    yes ? [`${matrix.name} was read transposed, as its shape demands.`] : [],
  );
  return { ...found, notes: [...turned, ...found.notes] };
}

function read({ source, ...how }: FileRequest): Promise<MatrixFile> {
  return readMatrixFile(source, how);
}

async function fitting(
  request: FileRequest,
  fits: (matrix: Pick<MatrixFile, 'rows' | 'columns'>) => boolean,
): Promise<{ matrix: MatrixFile; turned: boolean }> {
  const matrix = await read(request);
  const { rows, columns } = matrix;
  const turned = request.transposed === undefined && !fits(matrix) && fits({ rows: columns, columns: rows });
  return { matrix: turned ? await read({ ...request, transposed: true }) : matrix, turned };
}

/** A named blob: a `File` of a browser is one. */
export interface NamedBlob extends Blob {
  readonly name: string;
}

export interface BlobOptions extends IdentifyOptions {
  readonly chip?: ChipName | undefined;
  readonly budgetSeconds?: number | undefined;
  /** What messages tell the user to set; the command line's when left out. */
  readonly controls?: Controls | undefined;
  readonly how?: Partial<Record<'a' | 'b' | 'c', MatrixRequest>> | undefined;
}

/** Three dropped files, told apart by the caller. @throws UserError for files that cannot be read or are no product. */
export function identifyFiles(
  files: Readonly<Record<'a' | 'b' | 'c', NamedBlob>>,
  { chip, budgetSeconds, controls, how = {}, ...options }: BlobOptions = {},
): Promise<Identification> {
  const request = (letter: 'a' | 'b' | 'c'): FileRequest => ({
    source: blobSource(files[letter], files[letter].name),
    controls,
    ...how[letter],
  });
  return identifySources(
    { a: request('a'), b: request('b'), c: request('c'), chip, budgetSeconds, controls },
    options,
  );
}
