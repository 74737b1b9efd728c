/** How long other people's code is waited for, and what is made of its going wrong. */

/** After this long without an answer, a contestant is given up. */
const PATIENCE_MS = 300_000;

/** Rejects when the caller gives up, or after PATIENCE_MS: work on a device that hangs may never settle. */
export function answerOf<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const interrupt = (): void => {
      reject(new Error('interrupted'));
    };
    const timer = setTimeout(() => {
      reject(new Error(`gave no answer in ${PATIENCE_MS / 1000} s`));
    }, PATIENCE_MS);
    signal?.addEventListener('abort', interrupt, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
    });
  });
}

/** Other people's clean-up may throw, and there is nothing more to do about it. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch {
    return;
  }
}

export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
