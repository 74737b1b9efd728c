/**
 * The WASM executor: the reference loop's result, bit for bit, by SIMD and, where they are asked for, by threads. It checks large
 * products, and multiplies where there is no GPU. Operands stay packed as they come until a pass's part of them is decoded
 * (`assembly/`); multiply and add are fused where docs/numerics.md, Immunity, says that no bit can change by it.
 */
import type { MatmulPlan } from '../../lower';
import { requireFields, UserError, type CodeArray } from '../../numerics';
import {
  ADDED_OPERANDS,
  checkSignal,
  type MatmulOperands,
  type MatmulOptions,
  type SubnormalMode,
} from '../matmul';
import { checkOperands, wholeOutput } from '../reference/matmul';
import { Caller } from './caller';
import { isJoint, JointProduct } from './joint';
import { provedModules } from './known-answer';
import { layOut, type Layout } from './layout';
import { createMemory, instantiate, type Exports, type Modules } from './module';
import { measurePeaks, type WasmPeaks } from './peaks';
import { Product, type WasmProduct } from './product';
import { isCanonical, write } from './resident';
import { startPageThread, Threads, type JoinedProduct, type StartThread } from './threads';

/** out[M, N] (or its window, row-major) as codes, by the thread that calls. UserError when operands or window do not fit the plan. */
export interface WasmMatmul {
  (plan: MatmulPlan, operands: MatmulOperands, options?: MatmulOptions): CodeArray;
  /** What computes what is prepared: so many threads, or the one that asks. */
  readonly threads: number;
  /** Why there are fewer threads than were asked for. */
  readonly limited: string | undefined;
  /** Whether multiply and add are one operation where products are exact. */
  readonly fuses: boolean;
  readonly subnormals: SubnormalMode;
  /**
   * The same product, to be run many times, by all threads, on operands that stay in WASM memory.
   *
   * @throws UserError for operands that do not fit the plan, or memory.
   */
  prepare(
    plan: MatmulPlan,
    operands: MatmulOperands,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<WasmProduct>;
  /** What one thread reaches in micro-benchmarks. */
  measurePeaks(signal?: AbortSignal): Promise<WasmPeaks>;
  /** Ends the threads. Idle ones do not keep Node alive. */
  release(): void;
}

export interface WasmOptions {
  /** 1, the thread that asks, when left out; more are workers, which need SharedArrayBuffer. */
  readonly threads?: number | undefined;
  /** Starts a worker; a page's own when left out. In Node: `startNodeThread` of systole/node. */
  readonly startThread?: StartThread | undefined;
  /** False leaves relaxed SIMD out; where the engine has it, it is used when left out. */
  readonly relaxed?: boolean | undefined;
}

/** The thread that asks lets others act after so many milliseconds. */
const TURN_MS = 100;
export const MOST_THREADS = 64;
const OPTIONS = ['threads', 'startThread', 'relaxed'] as const satisfies readonly (keyof WasmOptions)[];

/** Compiles the executor and proves it. @throws UserError where WebAssembly is refused, and for options that cannot be. */
export async function createWasmMatmul(options: WasmOptions = {}): Promise<WasmMatmul> {
  requireFields('createWasmMatmul', options, OPTIONS);
  const { threads = 1, relaxed = true, startThread = startPageThread } = options;
  if (typeof startThread !== 'function')
    throw new UserError(
      `startThread must be a function, as startNodeThread of systole/node; received ${typeof startThread}.`,
    );
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new UserError(`threads must be a whole number of 1 to ${MOST_THREADS}; received ${threads}.`);
  const modules = await provedModules(relaxed);
  const { pool, limited } = threads > 1 ? await startThreads(threads, startThread) : NO_THREADS;
  const caller = new Caller(modules);
  const executor = new Executor(modules, pool);
  return Object.assign(caller.multiply.bind(caller), {
    threads: pool?.count ?? 1,
    limited,
    fuses: modules.fuses,
    subnormals: 'exact' as const,
    prepare: executor.prepare.bind(executor),
    measurePeaks: (signal?: AbortSignal) => measurePeaks(modules, signal),
    release: executor.release.bind(executor),
  });
}

interface Started {
  readonly pool: Threads | undefined;
  readonly limited: string | undefined;
}
const NO_THREADS: Started = { pool: undefined, limited: undefined };

/** No threads are no error, but a reason: one thread computes the same. */
async function startThreads(count: number, start: StartThread): Promise<Started> {
  if (!('SharedArrayBuffer' in globalThis)) {
    const limited =
      'One thread: this page has no SharedArrayBuffer. Serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';
    return { pool: undefined, limited };
  }
  try {
    return { pool: await Threads.start(count, start), limited: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy =
      'Worker' in globalThis
        ? 'A Content-Security-Policy needs worker-src blob:.'
        : 'In Node pass startThread: startNodeThread of systole/node.';
    const limited = `One thread: no worker starts (${reason}). ${remedy}`;
    return { pool: undefined, limited };
  }
}

const NONE = new Uint8Array();

/** Computes what is prepared, one product at a time. */
class Executor {
  readonly #modules: Modules;
  readonly #pool: Threads | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #products = 0;
  #released = false;

  constructor(modules: Modules, pool: Threads | undefined) {
    this.#modules = modules;
    this.#pool = pool;
  }

  async prepare(
    plan: MatmulPlan,
    operands: MatmulOperands,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<WasmProduct> {
    requireFields('prepare', options, ['signal']);
    const { signal } = options;
    checkSignal(signal);
    if (this.#released) throw new UserError('This executor was released: create another one.');
    signal?.throwIfAborted();
    checkOperands(plan, operands, wholeOutput(plan));
    const start = performance.now();
    const kind = this.#pool === undefined ? 'own' : 'shared';
    const module = kind === 'own' ? this.#modules.own : await this.#modules.shared();
    const threads = this.#pool?.count ?? 1;
    const base = instantiate(module, createMemory(0, kind)).base();
    const request = {
      plan,
      window: wholeOutput(plan),
      threads,
      subnormals: 'exact',
      kept: true,
      base,
    } as const;
    const layout = layOut({ ...request, canonical: isCanonical(plan) });
    const memory = createMemory(layout.end, kind);
    const exports = instantiate(module, memory);
    const compileMs = performance.now() - start;
    const fused = write({ memory, exports }, layout, plan, operands, this.#modules.fuses);
    const product = ++this.#products;
    const shared = { product, module, memory, job: layout.at, scratch: layout.scratch, words: layout.words };
    let known = false;
    let released = false;
    const next = new Int32Array(memory.buffer, layout.at, 1);
    const pool = this.#pool;
    const joint = pool && isJoint(layout) ? joined(pool, exports, layout, shared) : undefined;
    return new Product({
      ...{ plan, added: addedOf(operands), layout, memory, compileMs },
      kernel: describe(layout, fused, threads),
      compute: (count, finish, stop) =>
        this.#inTurn(async () => {
          const turn = new Turn(stop);
          for (let run = 0; run < count && !released; run++) {
            Atomics.store(next, 0, 0);
            if (pool === undefined) await inSlices(exports, layout, turn);
            else if (joint !== undefined) {
              pool.check();
              await joint.run();
              known = true;
            } else {
              const first = !known;
              known = true;
              const halt = (): void => {
                Atomics.store(next, 0, layout.job.units);
              };
              stop?.addEventListener('abort', halt);
              await pool.run(shared, first).finally(() => stop?.removeEventListener('abort', halt));
              stop?.throwIfAborted();
            }
            finish();
            if (joint !== undefined && turn.isOver) await turn.pause();
          }
        }),
      onRelease: () => {
        released = true;
        if (known) pool?.forget(product);
      },
    });
  }

  release(): void {
    this.#released = true;
    this.#pool?.end();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

/** Copies: the operands are the caller's to change once the product is prepared. */
function addedOf(operands: MatmulOperands): MatmulOperands {
  const added = ADDED_OPERANDS.flatMap((name) => {
    const codes = operands[name];
    return codes === undefined ? [] : [[name, codes.slice()] as const];
  });
  return { a: NONE, b: NONE, ...Object.fromEntries(added) };
}

function describe({ job, bytes }: Layout, fused: boolean, threads: number): string {
  return [
    job.streamed ? 'wasm streamed' : 'wasm tile 4x8',
    ...(bytes.widened > 0 ? ['B widened'] : []),
    fused ? 'fused' : 'multiply and add',
    threads === 1 ? 'one thread' : `${threads} threads`,
  ].join(', ');
}

/** Workers get the module and the memory when they are first called. */
function joined(pool: Threads, exports: Exports, layout: Layout, shared: JoinedProduct): JointProduct {
  const known = new Set<number>();
  return new JointProduct(exports, layout, shared.memory.buffer, (worker) => {
    const first = !known.has(worker);
    known.add(worker);
    return pool.join(worker, shared, first);
  });
}

/** By the thread that asks, which pauses between units. */
async function inSlices(exports: Exports, layout: Layout, turn: Turn): Promise<void> {
  const [scratch = 0] = layout.scratch;
  while (exports.step(layout.at, scratch) !== 0) if (turn.isOver) await turn.pause();
}

/** How long the thread that asks has computed without others' having had a chance to act. */
class Turn {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  get isOver(): boolean {
    return performance.now() - this.#since >= TURN_MS;
  }

  async pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}
