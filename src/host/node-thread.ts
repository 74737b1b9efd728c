/** Threads for the WASM executor in Node: workers of worker_threads, which keep the process alive only while they are waited for. */
import { Worker } from 'node:worker_threads';
import type { StartThread } from '../execute/wasm';

export const startNodeThread: StartThread = (script, { message, broken }) => {
  const worker = new Worker(script, { eval: true });
  worker.on('message', message);
  worker.on('error', (error: unknown) => {
    broken(error instanceof Error ? error.message : String(error));
  });
  worker.on('exit', () => {
    broken('a worker ended');
  });
  return {
    post(data) {
      worker.postMessage(data);
    },
    keep(alive) {
      if (alive) worker.ref();
      else worker.unref();
    },
    end() {
      void worker.terminate();
    },
  };
};
