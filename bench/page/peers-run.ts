/** A run of the comparison in the page: a worker for each field, one after the other. */
import { withoutResult } from '../peers/field';
import type { FieldName } from '../peers/fields';
import { runFields, type FieldReport, type PeersReport, type PeersRequest } from '../peers/report';
import { browserEnvironment } from './environment';
import type { FromPeersWorker, ToPeersWorker } from './peers-protocol';

export const runPeersInPage = (fields: readonly FieldName[], request: PeersRequest): Promise<PeersReport> =>
  runFields(fields, request, browserEnvironment(), inWorker);

/** What a worker that was told to stop has to finish in, before it is ended. */
const PATIENCE_MS = 5000;

function inWorker(
  field: FieldName,
  { signal, onProgress, shapes, seed, rounds, budgetSeconds }: PeersRequest,
): Promise<FieldReport> {
  const worker = new Worker(new URL('peers-worker.js', import.meta.url), { type: 'module' });
  const post = (message: ToPeersWorker): void => {
    worker.postMessage(message);
  };
  return new Promise((resolve) => {
    const end = (report: FieldReport): void => {
      signal?.removeEventListener('abort', halt);
      worker.terminate();
      resolve(report);
    };
    const halt = (): void => {
      post({ type: 'stop' });
      setTimeout(() => {
        end(withoutResult(field, 'it did not stop when it was told to'));
      }, PATIENCE_MS);
    };
    signal?.addEventListener('abort', halt, { once: true });
    worker.addEventListener('message', ({ data }: MessageEvent<FromPeersWorker>) => {
      if (data.type === 'progress') onProgress?.(data.progress);
      else end(data.type === 'report' ? data.report : withoutResult(field, data.message));
    });
    worker.addEventListener('error', ({ message }) => {
      end(withoutResult(field, message || 'the worker did not load'));
    });
    post({ type: 'run', field, request: { shapes, seed, rounds, budgetSeconds } });
  });
}
