/** What the interpreter needs of a device, for all runs on it: what its arithmetic does, and kernels compiled once. */
import { UserError } from '../../../numerics';
import type { Gpu } from '../gpu';
import { probeArithmetic, type ArithmeticProbe } from '../probes';
import { Chains } from './chain';
import { Kernels } from './kernel';
import { Pipelines } from './session';

export class InterpreterAdapter {
  readonly gpu: Gpu;
  readonly arithmetic: ArithmeticProbe;
  readonly kernels: Kernels;
  readonly pipelines: Pipelines;
  readonly chains = new Chains();

  private constructor(gpu: Gpu, arithmetic: ArithmeticProbe) {
    this.gpu = gpu;
    this.arithmetic = arithmetic;
    this.kernels = new Kernels();
    this.pipelines = new Pipelines(gpu);
  }

  /**
   * @param arithmetic what was found out about it already; it is probed when left out.
   * @throws UserError when the adapter's arithmetic cannot keep the contract.
   */
  static async create(gpu: Gpu, arithmetic?: ArithmeticProbe): Promise<InterpreterAdapter> {
    const probed = arithmetic ?? (await probeArithmetic(gpu));
    if (probed.nearestEven) return new InterpreterAdapter(gpu, probed);
    throw new UserError(
      'This adapter does not round float32 sums to nearest even, which every result here relies on: use another adapter.',
    );
  }
}
