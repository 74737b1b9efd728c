/**
 * Whether the page is in front. A browser may slow a hidden tab down or stop it, so a timing that a hiding disturbed is thrown
 * away and taken again once the tab is visible. Time spent hidden does not count as spent of a budget.
 */

export interface Attention {
  /** How often the page was hidden so far. */
  readonly hidings: number;
  /** Milliseconds that it was hidden so far. */
  readonly hiddenMs: number;
  /** Resolves when the page is visible. @throws the signal's reason. */
  visible(signal?: AbortSignal): Promise<void>;
}

/** In Node, and in a page that nobody hides. */
export const UNDIVIDED: Attention = { hidings: 0, hiddenMs: 0, visible: () => Promise.resolve() };

export interface Undisturbed<T> {
  readonly value: T;
  /** Attempts thrown away. */
  readonly discarded: number;
}

/** Repeats the work until the page was visible from its start to its end. */
export async function undisturbed<T>(
  attention: Attention,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<Undisturbed<T>> {
  for (let discarded = 0; ; discarded++) {
    await attention.visible(signal);
    const before = attention.hidings;
    const value = await work();
    if (attention.hidings === before) return { value, discarded };
  }
}

/** Is told by the page whenever its visibility changes. */
export class PageAttention implements Attention {
  readonly #now: () => number;
  #hidings = 0;
  #earlierMs = 0;
  #hiddenSince: number | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get hidings(): number {
    return this.#hidings;
  }

  get hiddenMs(): number {
    return this.#earlierMs + (this.#hiddenSince === undefined ? 0 : this.#now() - this.#hiddenSince);
  }

  set(hidden: boolean): void {
    if (hidden === (this.#hiddenSince !== undefined)) return;
    this.#earlierMs = this.hiddenMs;
    this.#hiddenSince = hidden ? this.#now() : undefined;
    if (hidden) this.#hidings++;
    else for (const resume of this.#waiting) resume();
  }

  visible(signal?: AbortSignal): Promise<void> {
    if (this.#hiddenSince === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => (): void => {
        this.#waiting.delete(resume);
        signal?.removeEventListener('abort', abort);
        how();
      };
      const resume = settle(resolve);
      const abort = settle(() => {
        reject(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
      });
      this.#waiting.add(resume);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
