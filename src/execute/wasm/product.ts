/** A product whose operands lie in a WASM memory of its own, packed, to be computed many times: by threads, or by the one that asks. */
import type { MatmulPlan } from '../../lower';
import { codeArray, UserError, type CodeArray } from '../../numerics';
import { ADDED_OPERANDS, checkWindow, type MatmulOperands, type Window } from '../matmul';
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
  /** Computes it so many times, or until it is released. */
  readonly compute: (count: number, signal?: AbortSignal) => Promise<void>;
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

  async run(signal?: AbortSignal): Promise<void> {
    const { plan, added, layout, memory, compute } = this.#held();
    signal?.throwIfAborted();
    await compute(1, signal);
    signal?.throwIfAborted();
    if (!isCanonical(plan)) this.#finished = read(memory.buffer, layout, plan, added);
  }

  async runMany(count: number, signal?: AbortSignal): Promise<number> {
    const start = performance.now();
    const { plan, compute } = this.#held();
    signal?.throwIfAborted();
    if (isCanonical(plan)) await compute(count, signal);
    else for (let i = 0; i < count; i++) await this.run(signal);
    signal?.throwIfAborted();
    this.#held();
    return performance.now() - start;
  }

  read(window?: Window): Promise<CodeArray> {
    const { plan, added, layout, memory } = this.#held();
    if (window !== undefined) checkWindow(plan, window);
    const whole = window === undefined ? this.#finished : undefined;
    return Promise.resolve(whole?.slice() ?? read(memory.buffer, layout, plan, added, { window }));
  }

  release(): void {
    this.#parts?.onRelease();
    this.#parts = undefined;
    this.#finished = undefined;
  }

  #held(): ProductParts {
    if (this.#parts === undefined)
      throw new UserError('This product was released, and its memory with it: prepare it again.');
    return this.#parts;
  }
}
