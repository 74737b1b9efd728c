/**
 * A product on the adapter: operands and result as packed buffers, cut into panels where one would pass the adapter's
 * binding limit. A is cut by rows, B by columns; a panel is one block of A with one block of B and has its own result.
 * The order of additions within an output does not change.
 */
import type { MatmulPlan } from '../../lower';
import { codeArray, rowWords, unpackMatrix, UserError, type CodeArray, type Dtype } from '../../numerics';
import { operandShapes, type OperandShape, type Window } from '../matmul';
import { USAGE, type Gpu } from './gpu';
import {
  isBuffer,
  isShared,
  placedOf,
  type Layout,
  type MatrixSource,
  type MatrixView,
  type OperandSources,
  type Placed,
} from './sources';
import { movingOf, stationaryDtype, stationaryOf, type Own, type Stationary } from './stationary';
import { CHUNK_BYTES, uploadRows } from './upload';

/** A block of an operand: rows of A or columns of B, from `begin` to before `end`; of a batch, those of every product. */
export interface Block extends Placed {
  readonly begin: number;
  readonly end: number;
}

export interface Panel {
  readonly a: Block;
  readonly b: Block;
  readonly result: GPUBuffer;
  readonly c: GPUBuffer | undefined;
  readonly bias: GPUBuffer | undefined;
  readonly residual: GPUBuffer | undefined;
  /** Products, whose results lie one after the other. */
  readonly batch: number;
  readonly out: Layout;
  /** Words from one row of C to the next. */
  readonly cStride: number;
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
  {
    batch,
    into,
    moving,
  }: {
    readonly batch: number;
    readonly into: GPUBuffer | MatrixView | undefined;
    /** The format in which the kernel reads B. */
    readonly moving: Dtype;
  },
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

  const whole = batch > 1 || into !== undefined || Object.values(operands).some(isBuffer);
  const bCount = isShared(operands.b, shapes.b) ? 1 : batch;
  /** Words of a row of the widest of result, C and residual. */
  const outWords = (extent: number): number =>
    Math.max(rowWords(plan.out, extent), rowWords(plan.epilogue?.residual ?? plan.out, extent));
  const aBytes = (extent: number): number =>
    batch * Math.max(k * rowWords(stationaryDtype(plan.a), extent), extent * outWords(1)) * 4;
  if (whole) requireWhole('A', aBytes(m), limit);
  const aBlocks: Block[] = [];
  for (const [begin, end] of cut(m, (extent) => aBytes(extent) <= limit)) {
    const block = { begin, end };
    aBlocks.push({
      ...block,
      ...(await stationary.stage(stationaryOf(plan), operands.a, batch, block, own)),
    });
  }
  const bBlocks: Block[] = [];
  const tallest = Math.max(...aBlocks.map(({ begin, end }) => end - begin));
  const bBytes = (extent: number): number =>
    Math.max(bCount * k * rowWords(moving, extent), batch * tallest * outWords(extent)) * 4;
  if (whole) requireWhole('B or the result', bBytes(n), limit);
  for (const [begin, end] of cut(n, (extent) => bBytes(extent) <= limit)) {
    if (moving !== plan.b) {
      const block = { begin, end };
      bBlocks.push({ ...block, ...(await stationary.stage(movingOf(plan), operands.b, batch, block, own)) });
      continue;
    }
    const stride = rowWords(plan.b, end - begin);
    if (isBuffer(operands.b)) {
      const placed = placedOf(operands.b, shapes.b);
      bBlocks.push({ begin, end, ...placed, matrix: bCount === 1 ? 0 : placed.matrix });
      continue;
    }
    const rows = bCount * k;
    const buffer = await own(`operand B, columns ${begin} to ${end - 1}`, rows * stride, 'operands');
    uploadRows(gpu, buffer, plan.b, operands.b, { rows, columns: n, begin, end });
    bBlocks.push({ begin, end, buffer, offset: 0, stride, matrix: bCount === 1 ? 0 : k * stride });
  }

  const panels: Panel[] = [];
  for (const a of aBlocks) {
    for (const b of bBlocks) {
      const outStride = rowWords(plan.out, b.end - b.begin);
      const words = (a.end - a.begin) * outStride;
      const { buffer: result, ...out } =
        into === undefined
          ? {
              buffer: await own('the result', batch * words, 'result'),
              offset: 0,
              stride: outStride,
              matrix: words,
            }
          : placedOf(into, shapes.c);
      const rows = batch === 1 ? a : { begin: 0, end: batch * m };
      panels.push({
        a,
        b,
        batch,
        result,
        out,
        cStride: outStride,
        residualStride: rowWords(plan.epilogue?.residual ?? plan.out, b.end - b.begin),
        c: await uploadAdded(gpu, shapes.c, operands.c, rows, b, own),
        bias: await uploadAdded(gpu, shapes.bias, operands.bias, FIRST_ROW, b, own),
        residual: await uploadAdded(gpu, shapes.residual, operands.residual, rows, b, own),
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
  source: MatrixSource | undefined,
  rows: Range,
  columns: Range,
  own: Own,
): Promise<GPUBuffer | undefined> {
  if (source === undefined || shape === undefined) return undefined;
  if (isBuffer(source)) return placedOf(source, shape).buffer;
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
  for (const panel of panels) {
    const { b } = panel;
    const [left, right] = [Math.max(n0, b.begin), Math.min(n1, b.end)];
    if (left >= right) continue;
    for (const { first, rows, at } of strips(plan, panel, window)) {
      const placed = { buffer: panel.result, ...panel.out, offset: panel.out.offset + at };
      for await (const { row, codes: block } of readRows(gpu, plan.out, placed, b.end - b.begin, rows))
        codes.set(block.subarray(left - b.begin, right - b.begin), (row + first - m0) * width + left - n0);
    }
  }
  return codes;
}

interface Strip {
  /** The output's row that row 0 is, rows to be read, and words before row 0. */
  readonly first: number;
  readonly rows: Range;
  readonly at: number;
}

/** Rows of a window that lie evenly spaced in a panel: those of one product each. */
function* strips({ m }: MatmulPlan, { a, batch, out }: Panel, { m0, m1 }: Window): Generator<Strip> {
  for (let matrix = 0; matrix < batch; matrix++) {
    const first = matrix * m + a.begin;
    const end = matrix * m + a.end;
    const rows = { begin: Math.max(m0, first) - first, end: Math.min(m1, end) - first };
    if (rows.begin < rows.end) yield { first, rows, at: matrix * out.matrix };
  }
}

/** Codes of rows begin .. end-1 of a packed matrix of `columns` columns, row after row; read a chunk at a time. */
export async function* readRows(
  gpu: Gpu,
  dtype: Dtype,
  { buffer, offset, stride }: Omit<Placed, 'matrix'>,
  columns: number,
  { begin, end }: { readonly begin: number; readonly end: number },
): AsyncGenerator<{ readonly row: number; readonly codes: CodeArray }> {
  const packed = rowWords(dtype, columns);
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / (stride * 4)));
  let first = begin;
  const bytes = ((end - begin - 1) * stride + packed) * 4;
  const chunks = gpu.readChunks(buffer, (offset + begin * stride) * 4, bytes, rowsAtOnce * stride * 4);
  for await (const words of chunks) {
    const rows = Math.min(rowsAtOnce, end - first);
    const block = unpackMatrix(dtype, rows, columns, closed(words, rows, stride, packed));
    for (let row = 0; row < rows; row++)
      yield { row: first + row, codes: block.subarray(row * columns, (row + 1) * columns) };
    first += rows;
  }
}

/** Rows of `packed` words, `stride` apart, without what lies between them. */
function closed(
  words: Uint32Array<ArrayBuffer>,
  rows: number,
  stride: number,
  packed: number,
): Uint32Array<ArrayBuffer> {
  if (stride === packed) return words;
  const kept = new Uint32Array(rows * packed);
  for (let row = 0; row < rows; row++)
    kept.set(words.subarray(row * stride, row * stride + packed), row * packed);
  return kept;
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
export function memoryLimit(plan: MatmulPlan, batch = 1): number {
  const { m, n, k } = plan;
  const aWords = plan.aLayout === 'row-major' ? m * rowWords(plan.a, k) : k * rowWords(plan.a, m);
  const { bias, residual } = plan.epilogue ?? {};
  const words =
    aWords +
    k * rowWords(plan.b, n) +
    m * rowWords(plan.out, n) * (plan.accumulate ? 2 : 1) +
    (bias === undefined ? 0 : rowWords(bias, n)) +
    (residual === undefined ? 0 : m * rowWords(residual, n));
  return Math.floor(batch * words * 4 * 1.1) + 65536;
}
