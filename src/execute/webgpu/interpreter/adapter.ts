/** What the interpreter needs of a device, for all runs on it: what its arithmetic does, and kernels compiled once. */
import type { Gpu } from '../gpu';
import { probeArithmetic, type ArithmeticProbe } from '../probes';
import { Kernels } from './kernel';
import { Pipelines } from './session';

export class InterpreterAdapter {
  readonly gpu: Gpu;
  readonly arithmetic: ArithmeticProbe;
  readonly kernels: Kernels;
  readonly pipelines: Pipelines;

  private constructor(gpu: Gpu, arithmetic: ArithmeticProbe) {
    this.gpu = gpu;
    this.arithmetic = arithmetic;
    this.kernels = new Kernels();
    this.pipelines = new Pipelines(gpu);
  }

  static async create(gpu: Gpu): Promise<InterpreterAdapter> {
    return new InterpreterAdapter(gpu, await probeArithmetic(gpu));
  }
}
