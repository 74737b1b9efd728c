/** Waiting for a host to have nothing better to do, so that work in the background leaves a page its frames. */

/** A page that is never idle gets on with it nonetheless. */
const LONGEST_MS = 1000;

/** Resolves when the page is idle; in a worker, and in Node, once what was queued before has had its turn. */
export function idle(): Promise<void> {
  const { requestIdleCallback: ask } = globalThis as {
    readonly requestIdleCallback?: typeof requestIdleCallback;
  };
  return new Promise((resolve) => {
    if (ask === undefined) setTimeout(resolve, 0);
    else
      ask(
        () => {
          resolve();
        },
        { timeout: LONGEST_MS },
      );
  });
}
