/** Products computed at once by the thread that calls, in one memory that is kept from call to call while it is small. */
import type { MatmulPlan } from '../../lower';
import type { CodeArray } from '../../numerics';
import type { MatmulOperands, MatmulOptions } from '../matmul';
import { checkOperands, wholeOutput } from '../reference/matmul';
import { layOut } from './layout';
import { createMemory, instantiate, reserve, type Instance, type Modules } from './module';
import { isCanonical, read, write } from './resident';

/** A memory cannot shrink: a larger one is let go of after the call. */
const KEPT_BYTES = 2 ** 26;

export class Caller {
  readonly #modules: Modules;
  #instance: Instance | undefined;

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  /** out[M, N] (or its window, row-major) as codes. @throws UserError for operands, window or memory. */
  multiply(plan: MatmulPlan, operands: MatmulOperands, options: MatmulOptions = {}): CodeArray {
    const { window = wholeOutput(plan), subnormals = 'exact' } = options;
    checkOperands(plan, operands, window);
    const { memory, exports } = (this.#instance ??= this.#instantiate());
    const request = { plan, window, threads: 1, subnormals, kept: false, canonical: isCanonical(plan) };
    const layout = layOut({ ...request, base: exports.base() });
    reserve(memory, layout.end);
    write({ memory, exports }, layout, plan, operands, this.#modules.fuses);
    const [scratch = 0] = layout.scratch;
    while (exports.step(layout.at, scratch) !== 0);
    const codes = read(memory.buffer, layout, plan, operands, { window, subnormals });
    if (memory.buffer.byteLength > KEPT_BYTES) this.#instance = undefined;
    return codes;
  }

  #instantiate(): Instance {
    const memory = createMemory(0, 'own');
    return { memory, exports: instantiate(this.#modules.own, memory) };
  }
}
