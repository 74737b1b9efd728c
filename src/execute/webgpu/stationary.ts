/**
 * Staging of operands as the fused kernel wants them: A K-major, and 8-bit formats as bfloat16, which holds all of their codes; B too
 * where a kernel wants it widened. A K-major operand of another format is uploaded as it is; every other goes through
 * shaders/transpose.wgsl from a copy that is released afterwards.
 */
import transpose from '../../../shaders/transpose.wgsl';
import type { MatmulPlan } from '../../lower';
import { bitsOf, rowWords, type CodeArray, type Dtype } from '../../numerics';
import { conversionsWgsl } from './conversions';
import { maskOf } from './decoders';
import { USAGE, type BufferRole, type Gpu, type Pipeline } from './gpu';
import { render } from './template';
import { operandShapes, type OperandShape } from '../matmul';
import {
  isBuffer,
  isShared,
  placedOf,
  type Layout,
  type MatrixSource,
  type MatrixView,
  type Placed,
} from './sources';
import { uploadRows, type Part } from './upload';

const LANES = 8;
/** Codes moved by one dispatch: well under 100 ms on the slowest adapter. */
const CODES_PER_DISPATCH = 2 ** 20;
const SHAPE_BYTES = 28;

/** Creates a buffer that the product releases at its end. */
export type Own = (label: string, words: number, role: BufferRole) => Promise<GPUBuffer>;

/** The format in which A lies on the adapter, and B where it is widened. */
export const stationaryDtype = (dtype: Dtype): Dtype => (bitsOf(dtype) === 8 ? 'bfloat16' : dtype);

/** Part of an operand, K-major. */
export type Staged = Placed;

/** An operand that is staged: K rows of `extent` in the end. */
export interface StagedOperand {
  readonly name: 'A' | 'B';
  readonly dtype: Dtype;
  readonly layout: MatmulPlan['aLayout'];
  readonly k: number;
  readonly extent: number;
  readonly shape: OperandShape;
}

export const stationaryOf = (plan: MatmulPlan): StagedOperand => {
  const { a: dtype, aLayout: layout, k, m: extent } = plan;
  return { name: 'A', dtype, layout, k, extent, shape: operandShapes(plan).a };
};

export const movingOf = (plan: MatmulPlan): StagedOperand => {
  const { b: dtype, k, n: extent } = plan;
  return { name: 'B', dtype, layout: 'k-major', k, extent, shape: operandShapes(plan).b };
};

export class Stationary {
  readonly #gpu: Gpu;
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Stages columns begin .. end-1.
   *
   * @param batch products that the operand is for: it has as many matrices, or one that they share.
   */
  async stage(
    operand: StagedOperand,
    codes: MatrixSource,
    batch: number,
    { begin, end }: { readonly begin: number; readonly end: number },
    own: Own,
  ): Promise<Staged> {
    const { name, dtype, layout: lies, k, extent, shape } = operand;
    const count = isShared(codes, shape) ? 1 : batch;
    const columns = end - begin;
    const stride = rowWords(stationaryDtype(dtype), columns);
    const label = `operand ${name}, ${begin} to ${end - 1}`;
    if (isBuffer(codes)) return this.#stageBuffer(operand, codes, count, own);
    const layout: Layout = { offset: 0, stride, matrix: count === 1 ? 0 : k * stride };
    const kept = lies === 'k-major' && stationaryDtype(dtype) === dtype;
    const buffer = await own(label, count * k * stride, kept ? 'operands' : 'transposition');
    const staged = { buffer, ...layout };
    if (kept) {
      uploadRows(this.#gpu, buffer, dtype, codes, { rows: count * k, columns: extent, begin, end });
      return staged;
    }
    for (let matrix = 0; matrix < count; matrix++) {
      const each = codes.subarray(matrix * extent * k, (matrix + 1) * extent * k);
      if (lies === 'k-major') {
        const part = { rows: k, columns: extent, begin, end };
        await this.#transpose(operand, each, part, staged, columns, matrix * k);
        continue;
      }
      const rowCodes = each.subarray(begin * k, end * k);
      // The row-major copy is cut along K where it would pass a binding limit itself.
      const limit = this.#gpu.maxStorageBytes;
      const vectorsPerRow = Math.max(1, Math.floor(limit / columns / 16));
      const widest = vectorsPerRow * (128 / bitsOf(dtype));
      for (let first = 0; first < k; first += widest) {
        const part = { rows: columns, columns: k, begin: first, end: Math.min(k, first + widest) };
        await this.#transpose(operand, rowCodes, part, staged, columns, matrix * k + first);
      }
    }
    return staged;
  }

  /** All of an operand from a buffer: read where it lies, or written anew where the kernel wants it otherwise. */
  async #stageBuffer(
    operand: StagedOperand,
    view: GPUBuffer | MatrixView,
    count: number,
    own: Own,
  ): Promise<Staged> {
    const { name, dtype, layout, k, extent, shape } = operand;
    const source = placedOf(view, shape);
    if (layout === 'k-major' && stationaryDtype(dtype) === dtype)
      return count === 1 ? { ...source, matrix: 0 } : source;
    const stride = rowWords(stationaryDtype(dtype), extent);
    const buffer = await own(`operand ${name}`, count * k * stride, 'transposition');
    const staged = { buffer, offset: 0, stride, matrix: count === 1 ? 0 : k * stride };
    for (let matrix = 0; matrix < count; matrix++) {
      const from = { ...source, offset: source.offset + matrix * source.matrix };
      await this.#write(operand, from, k, staged, extent, matrix * k);
    }
    return staged;
  }

  /** Uploads part of an operand and writes it into rows offset, offset+1, ... of the K-major buffer. */
  async #transpose(
    operand: StagedOperand,
    codes: CodeArray,
    part: Part,
    target: Staged,
    columns: number,
    offset: number,
  ): Promise<void> {
    const gpu = this.#gpu;
    const width = part.end - part.begin;
    const stride = rowWords(operand.dtype, width);
    const rows = operand.layout === 'k-major' ? part.rows : width;
    const copy = await gpu.createBuffer(
      `a copy of operand ${operand.name}`,
      part.rows * stride * 4,
      USAGE.STORAGE | USAGE.COPY_DST,
      'staging',
    );
    try {
      uploadRows(gpu, copy, operand.dtype, codes, part);
      await this.#write(
        operand,
        { buffer: copy, stride, offset: 0, matrix: 0 },
        rows,
        target,
        columns,
        offset,
      );
    } finally {
      gpu.release(copy);
    }
  }

  /** Writes an operand, as it lies in `source`, into `rows` rows of the K-major buffer from row `offset` on. */
  async #write(
    operand: StagedOperand,
    source: Staged,
    rows: number,
    target: Staged,
    columns: number,
    offset: number,
  ): Promise<void> {
    const gpu = this.#gpu;
    const pipeline = await this.#pipeline(operand);
    const shape = await gpu.createBuffer(
      `shape of operand ${operand.name}`,
      256,
      USAGE.UNIFORM | USAGE.COPY_DST,
      'staging',
    );
    try {
      const group = await gpu.bind(pipeline, [shape, source.buffer, target.buffer], SHAPE_BYTES);
      const rowsAtOnce = Math.max(LANES, Math.floor(CODES_PER_DISPATCH / columns / LANES) * LANES);
      for (let begin = 0; begin < rows; begin += rowsAtOnce) {
        gpu.device.queue.writeBuffer(
          shape,
          0,
          new Uint32Array([columns, rows, source.stride, target.stride, begin, offset, source.offset]),
        );
        await gpu.submit(`transposing operand ${operand.name}`, (encoder) => {
          const pass = encoder.beginComputePass();
          pass.setPipeline(pipeline.pipeline);
          pass.setBindGroup(0, group, [0]);
          pass.dispatchWorkgroups(
            Math.ceil(target.stride / LANES),
            Math.ceil(Math.min(rowsAtOnce, rows - begin) / LANES),
          );
          pass.end();
        });
      }
    } finally {
      gpu.release(shape);
    }
  }

  /** Begins to compile what an operand is transposed by; whoever stages it is told of a failure. */
  compile(operand: StagedOperand): void {
    this.#pipeline(operand).catch(() => undefined);
  }

  #pipeline({ dtype, layout }: StagedOperand): Promise<Pipeline> {
    const key = `${dtype} ${layout}`;
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = this.#gpu.createPipeline(`transpose ${key}`, transposeWgsl(dtype, layout), [
        'uniform',
        'read',
        'write',
      ]);
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }
}

export function transposeWgsl(dtype: Dtype, layout: MatmulPlan['aLayout']): string {
  const bits = bitsOf(dtype);
  const widen = stationaryDtype(dtype) !== dtype;
  const body = render(transpose, {
    LANES_X: LANES,
    LANES_Y: LANES,
    IN_PER_WORD: 32 / bits,
    IN_BITS: bits,
    IN_MASK: maskOf(bits),
    OUT_PER_WORD: 32 / bitsOf(stationaryDtype(dtype)),
    WIDEN: Number(widen),
    K_MAJOR: Number(layout === 'k-major'),
  });
  return widen ? `${body}\n${conversionsWgsl({ decode: { widen: dtype } })}` : body;
}
