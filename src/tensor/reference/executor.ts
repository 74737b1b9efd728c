/** Graphs on the CPU: the definition itself, with products by WASM where there is one. What there is without a GPU. */
import type { ChipName } from '../../chip';
import { createWasmMatmul } from '../../execute/wasm';
import { UserError, type CodeArray } from '../../numerics';
import type { CompiledGraph, Executor, ExecutorCounts, ExecutorMemory } from '../executor';
import type { Node, Stored } from '../graph';
import { evaluateAll, outsideError, type EvaluateOptions, type Evaluated } from './evaluate';

/** Codes in the host's memory, counted. */
class Held implements Stored {
  readonly codes: CodeArray;
  readonly fault: string | undefined;
  readonly #onRelease: (bytes: number) => void;
  #released = false;

  constructor({ codes, fault }: Evaluated, onRelease: (bytes: number) => void) {
    this.codes = codes;
    this.fault = fault;
    this.#onRelease = onRelease;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease(this.codes.byteLength);
  }
}

export class ReferenceExecutor implements Executor {
  readonly name = 'reference';
  readonly chip: ChipName;
  readonly #options: EvaluateOptions;
  #memory = { live: 0, peak: 0, pooled: 0, buffers: 0 };
  #counts = { dispatches: 0, submissions: 0, pipelines: 0, plans: 0 };

  private constructor(options: EvaluateOptions & { readonly chip: ChipName }) {
    this.chip = options.chip;
    this.#options = options;
  }

  /** Products go by WASM, or by the loop that defines them where WebAssembly is refused. */
  static async create({ chip = 'trn2' }: { readonly chip?: ChipName } = {}): Promise<ReferenceExecutor> {
    const multiply = await createWasmMatmul().catch(() => undefined);
    return new ReferenceExecutor({ chip, ...(multiply !== undefined && { multiply }) });
  }

  get memory(): ExecutorMemory {
    return { ...this.#memory };
  }

  get counts(): ExecutorCounts {
    return { ...this.#counts };
  }

  place(codes: CodeArray): Stored {
    return this.#keep({ codes, fault: undefined });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- it is asynchronous for those that are
  async run(nodes: readonly Node[]): Promise<void> {
    for (const [i, values] of evaluateAll(nodes, this.#options).entries()) {
      const node = nodes[i];
      if (node?.op.kind !== 'leaf') node?.settle(this.#keep(values));
    }
    this.#counts.submissions++;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async read({ stored, dtype, shape }: Node): Promise<CodeArray> {
    if (!(stored instanceof Held))
      throw new UserError(`${dtype}[${shape.join()}] holds no values of this executor.`);
    if (stored.fault !== undefined) throw outsideError(stored.fault);
    return stored.codes;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async compile(inputs: readonly Node[], outputs: readonly Node[]): Promise<CompiledGraph> {
    this.#counts.plans++;
    for (const output of outputs) output.hold();
    return {
      run: (values) => Promise.resolve(this.#replay(inputs, outputs, values)),
      release: () => {
        for (const output of outputs) output.drop();
      },
    };
  }

  close(): void {
    this.#memory = { ...this.#memory, live: 0, buffers: 0 };
  }

  #replay(inputs: readonly Node[], outputs: readonly Node[], values: readonly Stored[]): readonly Stored[] {
    const given = new Map(inputs.map((input, i) => [input, values[i]]));
    return evaluateAll(outputs, { ...this.#options, given }).map((each) => this.#keep(each));
  }

  #keep(values: Evaluated): Stored {
    const memory = this.#memory;
    memory.live += values.codes.byteLength;
    memory.buffers++;
    memory.peak = Math.max(memory.peak, memory.live);
    return new Held(values, (bytes) => {
      memory.live -= bytes;
      memory.buffers--;
    });
  }
}
