/**
 * A NeuronCore on a WebGPU device: what `open` gives. Products go through the fused kernel, which is proved before its first
 * use, Programs through the interpreter; every buffer made here is counted, and freed by `release` or `close`.
 */
import type { ChipName } from '../chip';
import { checkSignal } from '../execute/matmul';
import { createWasmMatmul, type WasmMatmul } from '../execute/wasm';
import type { PreparedMatmul, ProbeReport, WebGpuMatmul } from '../execute/webgpu';
import { keepFound, USAGE, type TuneOptions, type TuningStore } from '../execute/webgpu';
import { idle } from '../host';
import { WebGpuInterpreter, type Inputs, type WebGpuRun } from '../execute/webgpu/interpreter';
import { requireFields, rowWords, type CodeArray } from '../numerics';
import type { Program } from '../program';
import { sourcesOf, type Operand } from './operands';
import { addedOf, checkRun, planOf, type ProductOptions, type ProgramOptions } from './options';
import { MatmulResult } from './result';

/** That tunings are not kept, or not taken, is no failure: one line. */
export const note = (line: string): void => {
  console.warn(`systole: ${line}`);
};

export class NeuronCore implements Disposable {
  readonly chip: ChipName;
  readonly device: GPUDevice;
  /** Resolves when the device is gone, by `close` too where the device was opened here. */
  readonly lost: Promise<GPUDeviceLostInfo>;
  readonly #matmul: WebGpuMatmul;
  readonly #closeDevice: () => void;
  readonly #tunings: TuningStore | undefined;
  #checker: Promise<WasmMatmul> | undefined;
  #interpreter: Promise<WebGpuInterpreter> | undefined;
  #closed = false;

  constructor(chip: ChipName, matmul: WebGpuMatmul, closeDevice: () => void, tunings?: TuningStore) {
    this.chip = chip;
    this.device = matmul.gpu.device;
    this.lost = this.device.lost;
    this.#matmul = matmul;
    this.#closeDevice = closeDevice;
    this.#tunings = tunings;
  }

  /**
   * out[M, N] = encode(out, A[M, K] B[K, N] (+ C)), bit for bit as docs/numerics.md says; resolves when it is computed.
   *
   * @throws UserError for what cannot be, DeviceLostError, or the signal's reason; nothing stays allocated.
   */
  async matmul(a: Operand, b: Operand, options: ProductOptions): Promise<MatmulResult> {
    this.#checkOpen();
    const plan = planOf(options, this.chip);
    const { batch = 1, into, signal } = options;
    signal?.throwIfAborted();
    const { gpu, subnormals } = this.#matmul;
    const sources = sourcesOf(gpu, plan, { a, b, ...addedOf(options) }, batch);
    const bytes = batch * plan.m * rowWords(plan.out, plan.n) * 4;
    const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
    const result = into ?? (await gpu.createBuffer('the result', bytes, usage, 'result'));
    try {
      const product = await this.#matmul.prepare(plan, sources, { signal, into: result, batch });
      try {
        await product.run(signal);
      } finally {
        product.release();
      }
    } catch (error) {
      if (into === undefined) gpu.release(result);
      throw error;
    }
    return new MatmulResult({
      ...{ gpu, plan, batch, sources, result, adapter: subnormals, owned: into === undefined },
      checker: () => (this.#checker ??= createWasmMatmul()),
      checkOpen: () => {
        this.#checkOpen();
      },
    });
  }

  /** The same product, to be run many times on operands that stay on the device. */
  async prepare(a: Operand, b: Operand, options: ProductOptions): Promise<PreparedMatmul> {
    this.#checkOpen();
    const plan = planOf(options, this.chip);
    const { batch = 1, into, signal } = options;
    const sources = sourcesOf(this.#matmul.gpu, plan, { a, b, ...addedOf(options) }, batch);
    return this.#matmul.prepare(plan, sources, { signal, into, batch });
  }

  /**
   * Executes a Program, which says its chip itself. `inputs` are the codes of its HBM inputs, by name, dense and row-major; the
   * result has those of its outputs, bit for bit as `runProgram` of the reference gives them. A list of inputs is one for each core
   * of the chip that executes it, all of them at once; the result is a list too, core after core.
   *
   * @throws UserError as `runProgram` does, for a Program too large for the adapter, and for more cores than the chip has;
   * DeviceLostError naming the instruction reached; the signal's reason. Nothing stays allocated.
   */
  runProgram(program: Program, inputs: Inputs, options?: ProgramOptions): Promise<Record<string, CodeArray>>;
  runProgram(
    program: Program,
    inputs: readonly Inputs[],
    options?: ProgramOptions,
  ): Promise<readonly Record<string, CodeArray>[]>;
  async runProgram(
    program: Program,
    inputs: Inputs | readonly Inputs[],
    options: ProgramOptions = {},
  ): Promise<Record<string, CodeArray> | readonly Record<string, CodeArray>[]> {
    checkRun('runProgram', options, ['budget', 'signal', 'onProgress']);
    const onApart = (reason: string): void => {
      note(`cores were run one after the other: ${reason}`);
    };
    return (await this.#programs()).run(program, inputs, { ...options, onApart });
  }

  /**
   * Starts a run of a Program that is stepped through and looked into; nothing is executed yet. Of a list of inputs every core takes the
   * steps. Call `release` when done with it.
   *
   * @throws UserError as `runProgram` does before anything runs.
   */
  async startProgram(
    program: Program,
    inputs: Inputs | readonly Inputs[],
    options: Pick<ProgramOptions, 'budget'> = {},
  ): Promise<WebGpuRun> {
    checkRun('startProgram', options, ['budget']);
    return (await this.#programs()).start(program, inputs, options);
  }

  /**
   * Measures which kernel is fastest here, in some seconds; products from then on take it, and `tunings` keep it. Nothing is measured
   * where they had it already.
   */
  async tune(signal?: AbortSignal, options: TuneOptions = {}): Promise<void> {
    this.#checkOpen();
    checkSignal(signal);
    requireFields('tune', options, ['whenIdle', 'anew']);
    const { whenIdle = false, anew } = options;
    const measured = await this.#matmul.tune(signal, { anew, pause: whenIdle ? idle : undefined });
    if (measured && this.#tunings !== undefined) await keepFound(this.#matmul, this.#tunings, note);
  }

  /** What was found out about the adapter's arithmetic, and the kernels proved so far. */
  get probe(): ProbeReport {
    return this.#matmul.probe;
  }

  /** Bytes on the device that were allocated here and not freed yet. */
  get memory(): number {
    return Object.values(this.#matmul.gpu.live).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Frees everything allocated here, and destroys the device unless it is yours. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#matmul.gpu.close();
    this.#closeDevice();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Made with the first Program. */
  #programs(): Promise<WebGpuInterpreter> {
    this.#checkOpen();
    return (this.#interpreter ??= WebGpuInterpreter.on(this.#matmul.gpu, this.#matmul.probe));
  }

  #checkOpen(): void {
    this.#matmul.gpu.checkOpen();
  }
}
