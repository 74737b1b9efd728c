/**
 * Staging of the stationary operand A: the fused kernel wants it K-major, and 8-bit formats as bfloat16, which holds all
 * of their codes. A K-major operand of another format is uploaded as it is; every other goes through
 * shaders/transpose.wgsl from a copy that is released afterwards.
 */
import transpose from '../../../shaders/transpose.wgsl';
import type { MatmulPlan } from '../../lower';
import { bitsOf, rowWords, type CodeArray, type Dtype } from '../../numerics';
import { conversionsWgsl } from './conversions';
import { maskOf } from './decoders';
import { USAGE, type BufferRole, type Gpu, type Pipeline } from './gpu';
import { render } from './template';
import { operandShapes } from '../matmul';
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

/** The format in which A lies on the adapter. */
export const stationaryDtype = (dtype: Dtype): Dtype => (bitsOf(dtype) === 8 ? 'bfloat16' : dtype);

/** A's rows begin .. end-1, K-major. */
export type Staged = Placed;

export class Stationary {
  readonly #gpu: Gpu;
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** @param batch products that the operand is for: it has as many matrices, or one that they share. */
  async stage(
    plan: MatmulPlan,
    codes: MatrixSource,
    batch: number,
    { begin, end }: { readonly begin: number; readonly end: number },
    own: Own,
  ): Promise<Staged> {
    const { m, k, a: dtype, aLayout } = plan;
    const count = isShared(codes, operandShapes(plan).a) ? 1 : batch;
    const columns = end - begin;
    const stride = rowWords(stationaryDtype(dtype), columns);
    const label = `operand A, rows ${begin} to ${end - 1}`;
    if (isBuffer(codes)) return this.#stageBuffer(plan, codes, count, own);
    const layout: Layout = { offset: 0, stride, matrix: count === 1 ? 0 : k * stride };
    const kept = aLayout === 'k-major' && stationaryDtype(dtype) === dtype;
    const buffer = await own(label, count * k * stride, kept ? 'operands' : 'transposition');
    const staged = { buffer, ...layout };
    if (kept) {
      uploadRows(this.#gpu, buffer, dtype, codes, { rows: count * k, columns: m, begin, end });
      return staged;
    }
    for (let matrix = 0; matrix < count; matrix++) {
      const each = codes.subarray(matrix * m * k, (matrix + 1) * m * k);
      if (aLayout === 'k-major') {
        await this.#transpose(plan, each, { rows: k, columns: m, begin, end }, staged, columns, matrix * k);
        continue;
      }
      const rowCodes = each.subarray(begin * k, end * k);
      // The row-major copy is cut along K where it would pass a binding limit itself.
      const limit = this.#gpu.maxStorageBytes;
      const vectorsPerRow = Math.max(1, Math.floor(limit / columns / 16));
      const widest = vectorsPerRow * (128 / bitsOf(dtype));
      for (let first = 0; first < k; first += widest) {
        const part = { rows: columns, columns: k, begin: first, end: Math.min(k, first + widest) };
        await this.#transpose(plan, rowCodes, part, staged, columns, matrix * k + first);
      }
    }
    return staged;
  }

  /** All of A from a buffer: read where it lies, or written anew where the kernel wants it otherwise. */
  async #stageBuffer(
    plan: MatmulPlan,
    view: GPUBuffer | MatrixView,
    count: number,
    own: Own,
  ): Promise<Staged> {
    const { m, k, a: dtype, aLayout } = plan;
    const source = placedOf(view, operandShapes(plan).a);
    if (aLayout === 'k-major' && stationaryDtype(dtype) === dtype)
      return count === 1 ? { ...source, matrix: 0 } : source;
    const stride = rowWords(stationaryDtype(dtype), m);
    const buffer = await own('operand A', count * k * stride, 'transposition');
    const staged = { buffer, offset: 0, stride, matrix: count === 1 ? 0 : k * stride };
    for (let matrix = 0; matrix < count; matrix++) {
      const from = { ...source, offset: source.offset + matrix * source.matrix };
      await this.#write(plan, from, k, staged, m, matrix * k);
    }
    return staged;
  }

  /** Uploads part of A and writes it into rows offset, offset+1, ... of the K-major buffer. */
  async #transpose(
    plan: MatmulPlan,
    codes: CodeArray,
    part: Part,
    target: Staged,
    columns: number,
    offset: number,
  ): Promise<void> {
    const gpu = this.#gpu;
    const width = part.end - part.begin;
    const stride = rowWords(plan.a, width);
    const rows = plan.aLayout === 'k-major' ? part.rows : width;
    const copy = await gpu.createBuffer(
      'a copy of operand A',
      part.rows * stride * 4,
      USAGE.STORAGE | USAGE.COPY_DST,
      'staging',
    );
    try {
      uploadRows(gpu, copy, plan.a, codes, part);
      await this.#write(plan, { buffer: copy, stride, offset: 0, matrix: 0 }, rows, target, columns, offset);
    } finally {
      gpu.release(copy);
    }
  }

  /** Writes A, as it lies in `source`, into `rows` rows of the K-major buffer from row `offset` on. */
  async #write(
    plan: MatmulPlan,
    source: Staged,
    rows: number,
    target: Staged,
    columns: number,
    offset: number,
  ): Promise<void> {
    const gpu = this.#gpu;
    const pipeline = await this.#pipeline(plan);
    const shape = await gpu.createBuffer(
      'shape of operand A',
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
        await gpu.submit('transposing operand A', (encoder) => {
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

  /** Begins to compile what a plan's A is transposed by; whoever stages it is told of a failure. */
  compile(plan: MatmulPlan): void {
    this.#pipeline(plan).catch(() => undefined);
  }

  #pipeline({ a, aLayout }: MatmulPlan): Promise<Pipeline> {
    const key = `${a} ${aLayout}`;
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = this.#gpu.createPipeline(`transpose ${key}`, transposeWgsl(a, aLayout), [
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
