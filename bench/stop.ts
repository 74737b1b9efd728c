/** What ends a run before its time: the caller's signal, or the loss of the device. */
import type { BenchTools } from './tools';

/** The reason of the stop signal; its message is the reason given for the cases that were not run. */
export class Stopped extends Error {
  readonly outcome: 'interrupted' | 'device-lost';

  constructor(outcome: Stopped['outcome'], message: string) {
    super(message);
    this.outcome = outcome;
  }
}

export interface Stop {
  /** Aborted with a `Stopped`. */
  readonly signal: AbortSignal;
  /** Settles like `work`, or rejects with the `Stopped` at once: work on a lost device may never settle. */
  race<T>(work: Promise<T>): Promise<T>;
}

export function stopOf(lost: BenchTools['lost'], caller: AbortSignal | undefined): Stop {
  const controller = new AbortController();
  const { promise: stopped, reject } = rejectable();
  const stop = (why: Stopped): void => {
    controller.abort(why);
    reject(why);
  };
  const interrupt = (): void => {
    stop(new Stopped('interrupted', 'not run: the run was interrupted'));
  };
  if (caller?.aborted === true) interrupt();
  caller?.addEventListener('abort', interrupt, { once: true });
  void lost.then(({ reason, message }) => {
    stop(new Stopped('device-lost', `not run: the device was lost (${reason}${message && `: ${message}`})`));
  });
  return { signal: controller.signal, race: (work) => Promise.race([work, stopped]) };
}

function rejectable(): { promise: Promise<never>; reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  promise.catch(() => undefined); // a run that ends before anything stops it leaves nobody to handle the rejection
  return { promise, reject };
}
