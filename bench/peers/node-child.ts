/** Work in a process of its own, this one's program with other arguments, which tells its parent how it goes. */
import { fork } from 'node:child_process';

/** What a child says: any number of `progress`, then one of the others. */
export type FromChild<P, R> =
  | { readonly type: 'progress'; readonly progress: P }
  | { readonly type: 'report'; readonly report: R }
  | { readonly type: 'failed'; readonly message: string };

export interface Listener<P> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: P) => void) | undefined;
}

/** Resolves with the report when the process has ended. Rejects with why there is none. */
export function inChild<P, R>(
  [script, ...args]: readonly [string, ...string[]],
  { signal, onProgress }: Listener<P>,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const child = fork(script, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let ended: { readonly report: R } | { readonly error: Error } | undefined;
    const halt = (): void => {
      if (child.connected) child.send('stop');
    };
    signal?.addEventListener('abort', halt, { once: true });
    child.on('message', (message: FromChild<P, R>) => {
      if (message.type === 'progress') onProgress?.(message.progress);
      else ended = message.type === 'report' ? message : { error: new Error(message.message) };
    });
    child.once('error', (error) => {
      ended ??= { error };
    });
    child.once('close', (code, by) => {
      signal?.removeEventListener('abort', halt);
      ended ??= { error: new Error(`its process ended with ${by ?? `exit code ${code ?? 'none'}`}`) };
      if ('report' in ended) resolve(ended.report);
      else reject(ended.error);
    });
  });
}

/** The child's side: tells the parent, and ends the process. The signal is the parent's. */
export async function tellParent<P, R>(work: (listener: Required<Listener<P>>) => Promise<R>): Promise<void> {
  const stop = new AbortController();
  process.once('message', () => {
    stop.abort();
  });
  process.once('disconnect', () => process.exit(1)); // nobody is left to be told
  process.on('SIGINT', () => undefined); // the parent gets it too, and says when to stop
  const tell = (message: FromChild<P, R>): Promise<void> =>
    new Promise((resolve) => {
      process.send?.(message, () => {
        resolve();
      });
    });
  const onProgress = (progress: P): void => void tell({ type: 'progress', progress });
  await tell({ type: 'report', report: await work({ signal: stop.signal, onProgress }) });
  process.exit(0); // other libraries keep devices and workers alive
}
