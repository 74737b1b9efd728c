/** A product whose operands lie in a WASM memory of its own, packed, to be computed many times: by threads, or by the one that asks. */
import type { MatmulPlan } from '../../lower';
import { codeArray, UserError, type CodeArray } from '../../numerics';
import { ADDED_OPERANDS, checkSignal, checkWindow, type MatmulOperands, type Window } from '../matmul';
import type { Layout } from './layout';
import { isCanonical, read } from './resident';

export interface WasmProduct {
  run(signal?: AbortSignal): Promise<void>;
  /** Milliseconds that `count` runs took, one after the other. */
  runMany(count: number, signal?: AbortSignal): Promise<number>;
  /** Codes of the result, or of a window of it, row-major. */
  read(window?: Window): Promise<CodeArray>;
  /** Bytes by purpose: packed operands, what B of 8 bits takes beyond that where it is widened, ...; `limit` bounds operands + result + scratch. */
  readonly memory: Readonly<Record<'operands' | 'widened' | 'result' | 'scratch' | 'limit', number>>;
  readonly compileMs: number;
  /** How it is computed. */
  readonly kernel: string;
  /** Units of work of one run. */
  readonly dispatches: number;
  release(): void;
}

export interface ProductParts {
  readonly plan: MatmulPlan;
  /** What is added to the sums; A and B are empty here, as they lie in the memory. */
  readonly added: MatmulOperands;
  readonly layout: Layout;
  readonly memory: WebAssembly.Memory;
  readonly kernel: string;
  readonly compileMs: number;
  /** Computes it so many times, or until it is released, and calls `finish` after each. */
  readonly compute: (count: number, finish: () => void, signal?: AbortSignal) => Promise<void>;
  readonly onRelease: () => void;
}

/** What a thread may hold of decoded operands, however small the product. */
const THREAD_BYTES = 2 ** 18;

export class Product implements WasmProduct {
  readonly compileMs: number;
  readonly kernel: string;
  readonly dispatches: number;
  readonly memory: WasmProduct['memory'];
  #parts: ProductParts | undefined;
  /** Where something follows the sums: what the last run made of them. */
  #finished: CodeArray | undefined;
  /** Whether the last run was begun and not completed; undefined before the first. */
  #torn: boolean | undefined;
  /** What is asked of it happens in the order of asking. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(parts: ProductParts) {
    const { layout, plan, added } = parts;
    this.#parts = parts;
    this.compileMs = parts.compileMs;
    this.kernel = parts.kernel;
    this.dispatches = layout.job.units;
    const { operands, widened, result } = layout.bytes;
    const finished = isCanonical(plan) ? 0 : plan.m * plan.n * codeArray(plan.out, 0).BYTES_PER_ELEMENT;
    const bytes = {
      operands: operands + ADDED_OPERANDS.reduce((sum, name) => sum + (added[name]?.byteLength ?? 0), 0),
      widened,
      result: result + finished,
      scratch: layout.end - operands - widened - result,
    };
    const least = bytes.operands + bytes.result;
    this.memory = { ...bytes, limit: Math.ceil(1.1 * least) + layout.scratch.length * THREAD_BYTES };
  }

  run(signal?: AbortSignal): Promise<void> {
    return this.#inOrder(() => this.#compute(1, signal));
  }

  async runMany(count: number, signal?: AbortSignal): Promise<number> {
    if (!Number.isInteger(count) || count < 0)
      throw new UserError(`count must be a whole number of runs; received ${String(count)}.`);
    return this.#inOrder(async () => {
      const start = performance.now();
      await this.#compute(count, signal);
      return performance.now() - start;
    });
  }

  read(window?: Window): Promise<CodeArray> {
    return this.#inOrder(() => {
      const { plan, added, layout, memory } = this.#held();
      if (window !== undefined) checkWindow(plan, window);
      if (this.#torn !== false)
        throw new UserError(
          `This product has no result: ${this.#torn === undefined ? 'run it first' : 'its last run was stopped; run it again'}.`,
        );
      const whole = window === undefined ? this.#finished : undefined;
      return whole?.slice() ?? read(memory.buffer, layout, plan, added, { window });
    });
  }

  release(): void {
    this.#parts?.onRelease();
    this.#parts = undefined;
    this.#finished = undefined;
  }

  async #compute(count: number, signal: AbortSignal | undefined): Promise<void> {
    checkSignal(signal);
    const { plan, added, layout, memory, compute } = this.#held();
    signal?.throwIfAborted();
    if (count === 0) return;
    this.#torn = true;
    const finish = (): void => {
      if (!isCanonical(plan)) this.#finished = read(memory.buffer, layout, plan, added);
    };
    await compute(count, finish, signal);
    this.#held();
    this.#torn = false;
    signal?.throwIfAborted();
  }

  #inOrder<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#before.then(work);
    this.#before = done.catch(() => undefined);
    return done;
  }

  #held(): ProductParts {
    if (this.#parts === undefined)
      throw new UserError('This product was released, and its memory with it: prepare it again.');
    return this.#parts;
  }
}
