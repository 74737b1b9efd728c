/**
 * Where a product's operands come from: codes of the host, or buffers that lie on the device already, which are read where
 * they are. A buffer holds the matrix packed as `packMatrix` does: row-major, rows padded to 16 bytes; a view says that it begins
 * further on, or that its rows are further apart, as those of a part of a wider matrix are. Of a batch, one matrix follows another.
 */
import { rowWords, UserError, type CodeArray } from '../../numerics';
import { ADDED_OPERANDS, operandShapes, type OperandName, type OperandShape } from '../matmul';
import { checkAdded, checkCodes } from '../reference/matmul';
import type { MatmulPlan } from '../../lower';
import { RefusedError, USAGE, type Gpu } from './gpu';

/** A matrix, or the matrices of a batch, within a buffer: all in bytes, multiples of 16. */
export interface MatrixView {
  readonly buffer: GPUBuffer;
  /** Where it begins; 0 when left out. */
  readonly offset?: number;
  /** From one row to the next; those of a packed matrix when left out. */
  readonly rowBytes?: number;
  /** From one matrix of a batch to the next; 0 where all products take the same; right after each other when left out. */
  readonly matrixBytes?: number;
}

export type OperandSource = CodeArray | GPUBuffer;
export type MatrixSource = OperandSource | MatrixView;
export type OperandSources = Readonly<Record<'a' | 'b', MatrixSource>> &
  Readonly<Partial<Record<OperandName, MatrixSource>>>;

export const isBuffer = (source: MatrixSource): source is GPUBuffer | MatrixView =>
  !ArrayBuffer.isView(source);

/** Where matrices lie in a buffer, in words. */
export interface Layout {
  readonly offset: number;
  readonly stride: number;
  /** From one matrix of a batch to the next. */
  readonly matrix: number;
}

export interface Placed extends Layout {
  readonly buffer: GPUBuffer;
}

export function placedOf(source: GPUBuffer | MatrixView, { dtype, rows, columns }: OperandShape): Placed {
  if (!('buffer' in source)) {
    const stride = rowWords(dtype, columns);
    return { buffer: source, offset: 0, stride, matrix: rows * stride };
  }
  const { buffer, offset = 0, rowBytes = rowWords(dtype, columns) * 4 } = source;
  const { matrixBytes = rows * rowBytes } = source;
  return { buffer, offset: offset / 4, stride: rowBytes / 4, matrix: matrixBytes / 4 };
}

/** Matrices that codes or a buffer hold: one, which all products of a batch share, or one for each. */
export const isShared = (source: MatrixSource, { rows, columns }: OperandShape): boolean =>
  isBuffer(source) ? 'buffer' in source && source.matrixBytes === 0 : source.length === rows * columns;

/** @throws UserError for codes or buffers that cannot be the plan's operands, or a result buffer that cannot take its output. */
export function checkSources(
  gpu: Gpu,
  plan: MatmulPlan,
  sources: OperandSources,
  into: GPUBuffer | MatrixView | undefined,
  batch = 1,
): void {
  checkBatch(batch);
  checkSeeds(plan, batch);
  checkAdded(plan, sources);
  const shapes = operandShapes(plan);
  const written = into && placedOf(into, shapes.c).buffer;
  for (const name of ['a', 'b', ...ADDED_OPERANDS] as const) {
    const [source, shape] = [sources[name], shapes[name]];
    if (source === undefined || shape === undefined) continue;
    const what = `Operand ${shape.name}`;
    const shareable = name === 'a' || name === 'b' || name === 'bias';
    const matrices = name === 'bias' || (shareable && isShared(source, shape)) ? 1 : batch;
    if (isBuffer(source)) {
      if (!shareable && 'buffer' in source)
        throw new UserError(`${what} is a whole buffer or codes; views are taken of A, B and the result.`);
      checkBuffer(gpu, what, source, shape, matrices);
    } else checkCodes(matrices === 1 ? shape : stacked(shape, matrices), source);
    if (isBuffer(source) && placedOf(source, shape).buffer === written) {
      throw new UserError(
        `${what} is also the buffer of the result: WebGPU cannot read and write one buffer at once. Take two.`,
      );
    }
  }
  if (into === undefined) return;
  checkBuffer(gpu, 'The buffer of the result', into, shapes.c, batch);
  const { stride, matrix } = placedOf(into, shapes.c);
  if (batch > 1 && matrix < (plan.m - 1) * stride + rowWords(plan.out, plan.n))
    throw new UserError(
      `The results of a batch must not overlap: matrixBytes of ${matrix * 4} is less than a result takes.`,
    );
}

export function checkBatch(batch: unknown): void {
  if (typeof batch === 'number' && Number.isSafeInteger(batch) && batch >= 1) return;
  throw new UserError(`batch must be a whole number of at least 1, received ${String(batch)}.`);
}

/** Product i of a batch draws by seed + i, which must be a seed too. */
function checkSeeds({ rounding, seed }: MatmulPlan, batch: number): void {
  if (rounding !== 'stochastic' || seed <= Number.MAX_SAFE_INTEGER - (batch - 1)) return;
  throw new UserError(
    `The seed of a batch of ${batch} must be at most 2^53 - ${batch}, as product i draws by seed + i; received ${seed}.`,
  );
}

/** The matrices of a batch as one, below each other. */
export const stacked = (shape: OperandShape, batch: number): OperandShape => ({
  ...shape,
  rows: shape.rows * batch,
  text: batch === 1 ? shape.text : `${batch} of ${shape.text}`,
});

function checkBuffer(
  gpu: Gpu,
  what: string,
  source: GPUBuffer | MatrixView,
  shape: OperandShape,
  matrices: number,
): void {
  const { dtype, rows, columns } = shape;
  const { buffer, offset, stride, matrix } = placedOf(source, shape);
  const row = rowWords(dtype, columns);
  for (const [name, words, least] of [
    ['offset', offset, 0],
    ['rowBytes', stride, row],
    ['matrixBytes', matrix, 0],
  ] as const) {
    if (Number.isSafeInteger(words) && words % 4 === 0 && words >= least) continue;
    throw new UserError(
      `${what}: ${name} must be a multiple of 16 bytes of at least ${least * 4}; received ${words * 4}.`,
    );
  }
  const needed = (offset + (matrices - 1) * matrix + (rows - 1) * stride + row) * 4;
  const each = `${rows} rows of ${columns} ${dtype} padded to 16 bytes each`;
  const held = matrices === 1 ? each : `${matrices} times ${each}`;
  if ((buffer.usage & USAGE.STORAGE) === 0) {
    throw new UserError(`${what} needs usage GPUBufferUsage.STORAGE; received usage ${buffer.usage}.`);
  }
  if (buffer.size < needed) {
    throw new UserError(`${what} must hold ${needed} bytes, ${held}; received a buffer of ${buffer.size}.`);
  }
  if (needed > gpu.maxStorageBytes) {
    throw new UserError(
      `${what} takes ${needed} bytes; this device binds at most ${gpu.maxStorageBytes} at once (maxStorageBufferBindingSize): ask for a device of larger limits, or split the product.`,
    );
  }
}

/** What WebGPU refuses is a fault here, unless buffers were handed over: only it knows their device and whether they live. */
export async function blaming<T>(handed: boolean, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!handed || !(error instanceof RefusedError)) throw error;
    throw new UserError(
      `WebGPU refused a buffer that was handed over: it must be of the same device, not destroyed and not mapped. ${error.refusal}`,
      { cause: error },
    );
  }
}
