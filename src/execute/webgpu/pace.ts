/**
 * How long to leave an adapter alone before it is asked whether it has finished: Dawn in Node polls without a pause while
 * something is asked for, which takes a core from an adapter that runs on the processor (gpu.ts, `submit`). A browser does not poll,
 * and holds up the timers of a hidden page: there nothing rests.
 */

const POLLS = 'process' in globalThis && !('document' in globalThis) && !('WorkerGlobalScope' in globalThis);

/** The share of the time that work should take, by the pace so far, for which nothing is asked. */
const RESTED_SHARE = 0.7;

/** What is answered within this was finished when it was asked for. */
const LATE_MS = 1;

export class Pace {
  /** Work per millisecond; nothing rests until it is known. */
  #perMs = Infinity;

  /** Resolves when the adapter may be asked. */
  async rest(work: number, mostMs: number): Promise<void> {
    const ms = Math.min(work / this.#perMs, mostMs) * RESTED_SHARE;
    if (POLLS && ms > LATE_MS) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** @param answeredMs from asking to the answer: next to nothing means that it was asked too late. */
  learn(work: number, tookMs: number, answeredMs: number): void {
    this.#perMs = (work * (answeredMs < LATE_MS ? 2 : 1)) / Math.max(tookMs, LATE_MS);
  }
}
