/** The interpreter: Programs instruction by instruction on a WebGPU adapter, bit for bit what the reference says. */
import type { CodeArray } from '../../../numerics';
import type { Program } from '../../../program';
import { admit, type RunOptions } from '../../program/admission';
import { Gpu } from '../gpu';
import type { WebGpuOptions } from '../matmul';
import type { ArithmeticProbe } from '../probes';
import { InterpreterAdapter } from './adapter';
import { asideOf } from './aside';
import { Layout } from './layout';
import { WebGpuRun, type GpuRunOptions } from './run';
import { Session } from './session';

export { kernelWgsl } from './kernel';
export { WebGpuRun, type GpuRunOptions } from './run';

/** A kernel as it was compiled. */
export interface Shader {
  /** The instruction, and what else its text depends on, after bars. */
  readonly key: string;
  readonly wgsl: string;
}

export interface StartOptions extends RunOptions {
  /** Whether what a Program overwrites may lie elsewhere meanwhile, so that it waits for less; it does when left out. */
  readonly renames?: boolean;
}

export class WebGpuInterpreter {
  readonly #adapter: InterpreterAdapter;

  private constructor(adapter: InterpreterAdapter) {
    this.#adapter = adapter;
  }

  /** Probes the device's arithmetic. @throws UserError when that cannot keep the numerics contract. */
  static async create(device: GPUDevice, options: WebGpuOptions = {}): Promise<WebGpuInterpreter> {
    const gpu = new Gpu(device);
    gpu.maxStorageBytes = Math.min(gpu.maxStorageBytes, options.maxStorageBytes ?? Infinity);
    return new WebGpuInterpreter(await InterpreterAdapter.create(gpu));
  }

  /** On a device that something else uses too, which has found out about its arithmetic. */
  static async on(gpu: Gpu, arithmetic: ArithmeticProbe): Promise<WebGpuInterpreter> {
    return new WebGpuInterpreter(await InterpreterAdapter.create(gpu, arithmetic));
  }

  /** Every kernel that runs have used so far, in the order of their first use. */
  get shaders(): readonly Shader[] {
    return this.#adapter.pipelines.kernels.map(({ key, wgsl }) => ({ key, wgsl: wgsl() }));
  }

  /** Bytes of buffers on the device, of live runs and of what else uses the same Gpu. */
  get liveBytes(): number {
    return Object.values(this.#adapter.gpu.live).reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * Starts a run that can be stepped through; nothing is executed yet. `inputs` are the codes of the Program's HBM inputs, by
   * name, dense and row-major. Call `release` when done with it.
   *
   * @throws UserError for an illegal instruction, a Program too large for the chip or the adapter, or a wrong input.
   */
  async start(
    program: Program,
    inputs: Readonly<Record<string, CodeArray>>,
    options: StartOptions = {},
  ): Promise<WebGpuRun> {
    const budget = admit(program, inputs, options);
    const { maxStorageBytes } = this.#adapter.gpu;
    const layout = new Layout(program, asideOf(program), options.renames === false ? 0 : maxStorageBytes);
    layout.check(maxStorageBytes);
    const session = await Session.create(this.#adapter, layout);
    return new WebGpuRun(program, this.#adapter, session, layout, inputs, budget);
  }

  /**
   * Executes a Program: the codes of its outputs, by name. Whatever happens, it leaves nothing on the adapter.
   *
   * @throws UserError as the reference does, DeviceLostError, and the signal's reason.
   */
  async run(
    program: Program,
    inputs: Readonly<Record<string, CodeArray>>,
    options: StartOptions & GpuRunOptions = {},
  ): Promise<Record<string, CodeArray>> {
    const run = await this.start(program, inputs, options);
    try {
      await run.runToEnd(options);
      return await run.outputs();
    } finally {
      run.release();
    }
  }
}
