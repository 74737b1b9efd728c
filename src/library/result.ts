/** The result of a product: a packed matrix on the device, to be read, proved, or handed on as the next operand. */
import { checkSignal, operandShapes, type OperandShape } from '../execute/matmul';
import { blaming, placedOf, stacked, type Gpu } from '../execute/webgpu';
import type { WasmMatmul } from '../execute/wasm';
import type { MatmulPlan } from '../lower';
import { decodeArray, rowWords, UserError, type CodeArray, type Dtype } from '../numerics';
import { readWindow, wholeOf } from './codes';
import { verifyProduct, type Claim, type Verdict } from './verify';

export interface ResultParts extends Claim {
  /** False where the buffer is the caller's. */
  readonly owned: boolean;
  readonly checker: () => Promise<WasmMatmul>;
  /** @throws UserError once the device that made it was closed. */
  readonly checkOpen: () => void;
}

export class MatmulResult implements Disposable {
  readonly plan: MatmulPlan;
  readonly dtype: Dtype;
  /** [M, N]; of a batch, [batch * M, N]. */
  readonly shape: readonly [rows: number, columns: number];
  /** Bytes from one row of the buffer to the next: rows are padded to 16. */
  readonly rowBytes: number;
  readonly #parts: ResultParts;
  #released = false;

  constructor(parts: ResultParts) {
    const { plan } = parts;
    this.#parts = parts;
    this.plan = plan;
    this.dtype = plan.out;
    this.shape = [parts.batch * plan.m, plan.n];
    this.rowBytes = rowWords(plan.out, plan.n) * 4;
  }

  /** Where it lies: usage STORAGE, COPY_SRC and COPY_DST, or the buffer that was given as `into`. @throws UserError once released. */
  get buffer(): GPUBuffer {
    this.#checkHeld();
    return this.#parts.result;
  }

  /** Values, row-major; 32-bit integers beyond 2^24 rounded to float32. */
  async data(): Promise<Float32Array<ArrayBuffer>> {
    return decodeArray(this.dtype, await this.codes());
  }

  /** Bit patterns, row-major. */
  codes(): Promise<CodeArray> {
    const { gpu, plan, batch } = this.#parts;
    const { buffer } = this;
    const shape = { ...stacked(operandShapes(plan).c, batch), name: 'The result' };
    return blaming(true, () => readWindow(gpu, shape, placedOf(buffer, shape), wholeOf(shape)));
  }

  /**
   * Computes the product again on the CPU and compares every code; above 2^34 operations, those of whole tiles spread over the
   * output. Operands are taken as they are now: those given as buffers or results must still hold what was multiplied.
   *
   * @throws UserError for buffers that cannot be read back any more, or the signal's reason.
   */
  async verify(signal?: AbortSignal): Promise<Verdict> {
    this.#checkHeld();
    checkSignal(signal);
    signal?.throwIfAborted();
    return verifyProduct(this.#parts, await this.#parts.checker(), signal);
  }

  /** This result as operand of another product. @throws UserError unless it has that shape and format and the same device. */
  sourceFor(gpu: Gpu, { name, dtype, rows, columns, text }: OperandShape): GPUBuffer {
    const { buffer } = this;
    if (this.#parts.gpu !== gpu) {
      throw new UserError(
        `Operand ${name} is a result of another device: read its codes() and hand those over.`,
      );
    }
    if (this.dtype === dtype && this.shape[0] === rows && this.shape[1] === columns) return buffer;
    throw new UserError(
      `Operand ${name} must be ${dtype} of ${text}; received a result in ${this.dtype} of [${this.shape.join(', ')}].`,
    );
  }

  /** Frees its buffer, unless it is yours. A second call does nothing. */
  release(): void {
    this.#released = true;
    if (this.#parts.owned) this.#parts.gpu.release(this.#parts.result);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #checkHeld(): void {
    this.#parts.checkOpen();
    if (this.#released)
      throw new UserError('This result was released, and its buffer with it: multiply again.');
  }
}
