/**
 * One run, or check of a tiling, at a time among the tabs of a browser, since two would disturb each other's timings: they stand in line for a lock
 * (https://w3c.github.io/web-locks). A browser that lacks or refuses locks lets every tab run.
 */

const NAME = 'systole-run';

/** Ends the turn. */
export type Release = () => void;

/**
 * Resolves when this one may run. @throws the signal's reason when it is aborted in line.
 * @param onWait is called when another runs.
 */
export async function turn(
  locks: Pick<LockManager, 'request'> | undefined,
  signal: AbortSignal,
  onWait: () => void,
): Promise<Release> {
  if (locks === undefined) return () => undefined;
  try {
    const free = await hold(locks, { ifAvailable: true });
    if (free) return free;
    onWait();
    const granted = await hold(locks, { signal });
    if (granted) return granted;
  } catch {
    signal.throwIfAborted();
  }
  return () => undefined;
}

/** The lock is kept until it is released; null where it is not free and was only asked for if it is. */
function hold(locks: Pick<LockManager, 'request'>, options: LockOptions): Promise<Release | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(NAME, options, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => {
          resolve(release);
        });
      })
      .catch(reject);
  });
}
