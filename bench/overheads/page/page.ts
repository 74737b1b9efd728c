/** The page of `systole bench --overheads --browser`: all that is measured happens in its worker, as on the benchmark's page. */
import { COLD_ONLY, type FromOverheadsWorker, type ToOverheadsWorker } from './protocol';

const worker = new Worker(new URL('overheads-worker.js', import.meta.url), { type: 'module' });
const tell = (detail: FromOverheadsWorker): void => {
  dispatchEvent(new CustomEvent('systole', { detail }));
};
worker.addEventListener('message', ({ data }: MessageEvent<FromOverheadsWorker>) => {
  tell(data);
});
worker.addEventListener('error', ({ message }) => {
  tell({ type: 'failed', message: message || 'the worker did not load' });
});
document.getElementById('run')?.addEventListener(
  'click',
  () => {
    const request: ToOverheadsWorker = {
      pageStart: performance.timeOrigin,
      coldOnly: location.hash === `#${COLD_ONLY}`,
    };
    worker.postMessage(request);
  },
  { once: true },
);
document.getElementById('stop')?.addEventListener('click', () => {
  worker.terminate();
  tell({ type: 'failed', message: 'stopped' });
});
