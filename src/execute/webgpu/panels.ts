/**
 * A product on the adapter: operands and result as packed buffers, cut into panels where one would pass the adapter's
 * binding limit. A is cut by rows, B by columns; a panel is one block of A with one block of B and has its own result.
 * The order of additions within an output does not change.
 */
import type { MatmulPlan } from '../../lower';
import { codeArray, rowWords, unpackMatrix, UserError, type CodeArray, type Dtype } from '../../numerics';
import { operandShapes, type OperandShape, type Window } from '../matmul';
import { USAGE, type Gpu } from './gpu';
import { isBuffer, type OperandSource, type OperandSources } from './sources';
import { stationaryDtype, type Own, type Stationary } from './stationary';
import { CHUNK_BYTES, uploadRows } from './upload';

/** A block of an operand: rows of A or columns of B, from `begin` to before `end`. */
export interface Block {
  readonly begin: number;
  readonly end: number;
  readonly buffer: GPUBuffer;
  /** Words from one row of the buffer to the next. */
  readonly stride: number;
}

export interface Panel {
  readonly a: Block;
  readonly b: Block;
  readonly result: GPUBuffer;
  readonly c: GPUBuffer | undefined;
  readonly bias: GPUBuffer | undefined;
  readonly residual: GPUBuffer | undefined;
  /** Words from one row of result, and of C, to the next. */
  readonly outStride: number;
  /** Words from one row of the residual to the next. */
  readonly residualStride: number;
}

/**
 * Uploads what is not on the device yet. Every buffer made is added to `owned` as soon as it exists; the result goes `into`
 * a buffer of the caller's where one is given.
 */
export async function uploadPanels(
  gpu: Gpu,
  plan: MatmulPlan,
  operands: OperandSources,
  stationary: Stationary,
  owned: GPUBuffer[],
  into?: GPUBuffer,
): Promise<readonly Panel[]> {
  const { m, n, k } = plan;
  const shapes = operandShapes(plan);
  const limit = gpu.maxStorageBytes;
  const own: Own = async (label, words, role) => {
    const buffer = await gpu.createBuffer(
      label,
      words * 4,
      USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC,
      role,
    );
    owned.push(buffer);
    return buffer;
  };

  const handed = into !== undefined || Object.values(operands).some(isBuffer);
  /** Words of a row of the widest of result, C and residual. */
  const outWords = (extent: number): number =>
    Math.max(rowWords(plan.out, extent), rowWords(plan.epilogue?.residual ?? plan.out, extent));
  const aBytes = (extent: number): number =>
    Math.max(k * rowWords(stationaryDtype(plan.a), extent), extent * outWords(1)) * 4;
  if (handed) requireWhole('A', aBytes(m), limit);
  const aBlocks: Block[] = [];
  for (const [begin, end] of cut(m, (extent) => aBytes(extent) <= limit)) {
    aBlocks.push({ begin, end, ...(await stationary.stage(plan, operands.a, begin, end, own)) });
  }
  const bBlocks: Block[] = [];
  const tallest = Math.max(...aBlocks.map(({ begin, end }) => end - begin));
  const bBytes = (extent: number): number =>
    Math.max(k * rowWords(plan.b, extent), tallest * outWords(extent)) * 4;
  if (handed) requireWhole('B or the result', bBytes(n), limit);
  for (const [begin, end] of cut(n, (extent) => bBytes(extent) <= limit)) {
    const stride = rowWords(plan.b, end - begin);
    if (isBuffer(operands.b)) {
      bBlocks.push({ begin, end, buffer: operands.b, stride });
      continue;
    }
    const buffer = await own(`operand B, columns ${begin} to ${end - 1}`, k * stride, 'operands');
    uploadRows(gpu, buffer, plan.b, operands.b, { rows: k, columns: n, begin, end });
    bBlocks.push({ begin, end, buffer, stride });
  }

  const panels: Panel[] = [];
  for (const a of aBlocks) {
    for (const b of bBlocks) {
      const outStride = rowWords(plan.out, b.end - b.begin);
      const words = (a.end - a.begin) * outStride;
      const result = into ?? (await own('the result', words, 'result'));
      panels.push({
        a,
        b,
        result,
        outStride,
        residualStride: rowWords(plan.epilogue?.residual ?? plan.out, b.end - b.begin),
        c: await uploadAdded(gpu, shapes.c, operands.c, a, b, own),
        bias: await uploadAdded(gpu, shapes.bias, operands.bias, FIRST_ROW, b, own),
        residual: await uploadAdded(gpu, shapes.residual, operands.residual, a, b, own),
      });
    }
  }
  return panels;
}

/** The rows of a bias. */
const FIRST_ROW = { begin: 0, end: 1 } as const;

type Range = Pick<Block, 'begin' | 'end'>;

/** What is added to a block of the output, in a buffer of its own unless it lies in one. */
async function uploadAdded(
  gpu: Gpu,
  shape: OperandShape | undefined,
  source: OperandSource | undefined,
  rows: Range,
  columns: Range,
  own: Own,
): Promise<GPUBuffer | undefined> {
  if (source === undefined || shape === undefined) return undefined;
  if (isBuffer(source)) return source;
  const height = rows.end - rows.begin;
  const stride = rowWords(shape.dtype, columns.end - columns.begin);
  const buffer = await own(`operand ${shape.name}`, height * stride, 'operands');
  const codes = source.subarray(rows.begin * shape.columns, rows.end * shape.columns);
  uploadRows(gpu, buffer, shape.dtype, codes, {
    rows: height,
    columns: shape.columns,
    begin: columns.begin,
    end: columns.end,
  });
  return buffer;
}

/** Buffers of the caller hold whole matrices, so nothing beside them can be cut. */
function requireWhole(what: string, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw new UserError(
    `Operand ${what} takes ${bytes} bytes; this device binds at most ${limit} at once (maxStorageBufferBindingSize), and a product with buffers on the device is not split: ask for a device of larger limits.`,
  );
}

/** Codes of a rectangle of the result, row-major. */
export async function readPanels(
  gpu: Gpu,
  plan: MatmulPlan,
  panels: readonly Panel[],
  window: Window,
): Promise<CodeArray> {
  const { m0, m1, n0, n1 } = window;
  const width = n1 - n0;
  const codes = codeArray(plan.out, (m1 - m0) * width);
  for (const { a, b, result } of panels) {
    const [left, right] = [Math.max(n0, b.begin), Math.min(n1, b.end)];
    if (left >= right) continue;
    const rows = { begin: Math.max(m0, a.begin) - a.begin, end: Math.min(m1, a.end) - a.begin };
    for await (const { row, codes: block } of readRows(gpu, plan.out, result, b.end - b.begin, rows)) {
      const at = (row + a.begin - m0) * width + left - n0;
      codes.set(block.subarray(left - b.begin, right - b.begin), at);
    }
  }
  return codes;
}

/** Codes of rows begin .. end-1 of a packed matrix of `columns` columns, row after row; read a chunk at a time. */
export async function* readRows(
  gpu: Gpu,
  dtype: Dtype,
  buffer: GPUBuffer,
  columns: number,
  { begin, end }: { readonly begin: number; readonly end: number },
): AsyncGenerator<{ readonly row: number; readonly codes: CodeArray }> {
  const bytes = rowWords(dtype, columns) * 4;
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / bytes));
  let first = begin;
  const chunks = gpu.readChunks(buffer, begin * bytes, (end - begin) * bytes, rowsAtOnce * bytes);
  for await (const words of chunks) {
    const rows = Math.min(rowsAtOnce, end - first);
    const block = unpackMatrix(dtype, rows, columns, words);
    for (let row = 0; row < rows; row++)
      yield { row: first + row, codes: block.subarray(row * columns, (row + 1) * columns) };
    first += rows;
  }
}

/** Few, equal extents that each fit, in multiples of 128 where there is more than one. */
function cut(extent: number, fits: (extent: number) => boolean): [number, number][] {
  let parts = 1;
  const size = () => (parts === 1 ? extent : Math.ceil(extent / parts / 128) * 128);
  while (!fits(size()) && size() > 128) parts++;
  const found: [number, number][] = [];
  for (let begin = 0; begin < extent; begin += size()) found.push([begin, Math.min(extent, begin + size())]);
  return found;
}

/** Bytes that a product may hold: packed operands and result, plus 10 % and 64 KiB (staging and transposition apart). */
export function memoryLimit(plan: MatmulPlan): number {
  const { m, n, k } = plan;
  const aWords = plan.aLayout === 'row-major' ? m * rowWords(plan.a, k) : k * rowWords(plan.a, m);
  const { bias, residual } = plan.epilogue ?? {};
  const words =
    aWords +
    k * rowWords(plan.b, n) +
    m * rowWords(plan.out, n) * (plan.accumulate ? 2 : 1) +
    (bias === undefined ? 0 : rowWords(bias, n)) +
    (residual === undefined ? 0 : m * rowWords(residual, n));
  return Math.floor(words * 4 * 1.1) + 65536;
}
