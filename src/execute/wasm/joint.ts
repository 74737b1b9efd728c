/**
 * Products that take so little time that a message to a worker and its answer would show: the thread that asks computes, and workers join it. A worker
 * that has done so lingers for the next run before it goes back to its messages, and is called by a word in shared memory.
 */
import type { Exports } from './module';
import type { Layout } from './layout';

/** Words of `Layout.words`: how many runs were begun, how many workers are at a unit, then for each worker whether it was called. */
export const WORDS = { run: 0, busy: 1, called: 2 } as const;

/** Operations below which the thread that asks takes part, for some tens of milliseconds at most; and below which it is quickest alone. */
const JOINT_FLOPS = 2 ** 30;
const ALONE_FLOPS = 2 ** 17;
/** How long the last units of others are waited for without pause. */
const PATIENCE_MS = 20;

export const isJoint = ({ job: { m, n, k } }: Layout): boolean => 2 * m * n * k < JOINT_FLOPS;

export class JointProduct {
  readonly #exports: Exports;
  readonly #layout: Layout;
  readonly #words: Int32Array;
  readonly #call: (worker: number) => Promise<void>;
  /** Answers that workers owe, which tell that they went back to their messages, or that they are gone. */
  readonly #owed = new Set<Promise<void>>();

  /** `call` sends a worker the product. */
  constructor(
    exports: Exports,
    layout: Layout,
    memory: ArrayBufferLike,
    call: (worker: number) => Promise<void>,
  ) {
    this.#exports = exports;
    this.#layout = layout;
    this.#words = new Int32Array(memory, layout.words, WORDS.called + layout.scratch.length);
    this.#call = call;
  }

  async run(): Promise<void> {
    const { at, scratch, job } = this.#layout;
    const [own = 0] = scratch.slice(-1);
    if (2 * job.m * job.n * job.k >= ALONE_FLOPS) this.#callOthers();
    while (this.#exports.step(at, own) !== 0);
    // No unit is left; one that a worker took is done once it is busy no more.
    const until = performance.now() + PATIENCE_MS;
    while (Atomics.load(this.#words, WORDS.busy) !== 0) {
      if (performance.now() < until) continue;
      await Promise.all(this.#owed);
      return;
    }
  }

  /** All but the last, whose place the thread that asks takes. */
  #callOthers(): void {
    Atomics.add(this.#words, WORDS.run, 1);
    Atomics.notify(this.#words, WORDS.run);
    for (let worker = 0; worker < this.#layout.scratch.length - 1; worker++) {
      if (Atomics.exchange(this.#words, WORDS.called + worker, 1) === 1) continue;
      const answer = this.#call(worker).finally(() => this.#owed.delete(answer));
      this.#owed.add(answer);
      answer.catch(() => undefined); // told to whoever waits for it
    }
  }
}
