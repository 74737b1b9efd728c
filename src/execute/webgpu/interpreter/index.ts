/** The interpreter: Programs instruction by instruction on a WebGPU adapter, bit for bit what the reference says. */
import type { CodeArray } from '../../../numerics';
import type { Program } from '../../../program';
import { admitProgram, checkInputs, type RunOptions } from '../../program/admission';
import { Gpu } from '../gpu';
import type { WebGpuOptions } from '../matmul';
import type { ArithmeticProbe } from '../probes';
import { InterpreterAdapter } from './adapter';
import { asideOf } from './aside';
import { checkCores, CoresDifferError, ofCores, onCores } from './cores';
import { Layout } from './layout';
import { WebGpuRun, type GpuRunOptions } from './run';
import { Session } from './session';

export { checkCores, CoresDifferError } from './cores';
export { kernelWgsl } from './kernel';
export { WebGpuRun, type GpuRunOptions } from './run';

/** A kernel as it was compiled. */
export interface Shader {
  /** The instruction, and what else its text depends on, after bars. */
  readonly key: string;
  readonly wgsl: string;
}

/** Codes of a Program's HBM inputs, and outputs, by name. */
export type Inputs = Readonly<Record<string, CodeArray>>;
export type Outputs = Record<string, CodeArray>;

export interface StartOptions extends RunOptions {
  /** Whether what a Program overwrites may lie elsewhere meanwhile, so that it waits for less; it does when left out. */
  readonly renames?: boolean;
}

export interface CoresOptions extends StartOptions, GpuRunOptions {
  /** Told why, before cores that cannot run together are run each by itself. */
  readonly onApart?: ((reason: string) => void) | undefined;
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
   * name, dense and row-major; or a list of them, one for each core of the chip that runs it. Call `release` when done with it.
   *
   * @throws UserError for an illegal instruction, a Program too large for the chip or the adapter, more cores than the chip has, or a
   * wrong input.
   */
  async start(
    program: Program,
    inputs: Inputs | readonly Inputs[],
    options: StartOptions = {},
  ): Promise<WebGpuRun> {
    const each = isList(inputs) ? inputs : [inputs];
    const budget = admitProgram(program, options);
    checkEach(program, each);
    const { maxStorageBytes } = this.#adapter.gpu;
    const maxBytes = options.renames === false ? 0 : maxStorageBytes;
    const layout = new Layout(program, asideOf(program), { maxBytes, cores: each.length });
    layout.check(maxStorageBytes);
    const session = await Session.create(this.#adapter, layout);
    return new WebGpuRun(program, this.#adapter, session, layout, each, budget);
  }

  /**
   * Executes a Program: the codes of its outputs, by name; of a list of inputs, a list of them, core after core. Whatever happens, it
   * leaves nothing on the adapter. Cores that load different values into a register cannot run together: each is run by itself then.
   *
   * @throws UserError as the reference does, DeviceLostError, and the signal's reason.
   */
  run(program: Program, inputs: Inputs, options?: CoresOptions): Promise<Outputs>;
  run(program: Program, inputs: readonly Inputs[], options?: CoresOptions): Promise<readonly Outputs[]>;
  run(
    program: Program,
    inputs: Inputs | readonly Inputs[],
    options?: CoresOptions,
  ): Promise<Outputs | readonly Outputs[]>;
  async run(
    program: Program,
    inputs: Inputs | readonly Inputs[],
    options: CoresOptions = {},
  ): Promise<Outputs | readonly Outputs[]> {
    const run = await this.start(program, inputs, options);
    try {
      await run.runToEnd(options);
      return isList(inputs) ? await run.allOutputs() : await run.outputs();
    } catch (error) {
      if (!(error instanceof CoresDifferError) || !isList(inputs)) throw error;
      options.onApart?.(error.message);
    } finally {
      run.release();
    }
    const outputs: Outputs[] = [];
    for (const [core, own] of inputs.entries()) {
      try {
        outputs.push(await this.run(program, own, options));
      } catch (error) {
        throw ofCores([core], error);
      }
    }
    return outputs;
  }
}

const isList = (inputs: Inputs | readonly Inputs[]): inputs is readonly Inputs[] => Array.isArray(inputs);

/** Holds the inputs of each core against the Program. @throws UserError naming the core, and when the chip has not so many. */
function checkEach(program: Program, each: readonly Inputs[]): void {
  checkCores(program.chip, each.length);
  const all = each.map((_, core) => core);
  for (const [core, inputs] of each.entries()) {
    onCores(all, [core], () => {
      checkInputs(program, inputs);
    });
  }
}
