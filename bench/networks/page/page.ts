/** The page of `systole bench --peers --networks --browser`, of local builds only: all that is measured happens in its worker. */
import type { AskedOfPage, FromNetworksWorker, ToNetworksWorker } from './protocol';

const worker = new Worker(new URL('networks-worker.js', import.meta.url), { type: 'module' });
const post = (message: ToNetworksWorker): void => {
  worker.postMessage(message);
};
const tell = (detail: FromNetworksWorker): void => {
  dispatchEvent(new CustomEvent('systole', { detail }));
};
worker.addEventListener('message', ({ data }: MessageEvent<FromNetworksWorker>) => {
  tell(data);
});
worker.addEventListener('error', ({ message }) => {
  tell({ type: 'failed', message: message || 'the worker did not load' });
});
document.getElementById('run')?.addEventListener(
  'click',
  () => {
    const request = JSON.parse(decodeURIComponent(location.hash.slice(1))) as AskedOfPage;
    post({ type: 'run', request });
  },
  { once: true },
);
document.getElementById('stop')?.addEventListener('click', () => {
  post({ type: 'stop' });
});
