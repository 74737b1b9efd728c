/** The page that runs a Program for a driver: all that happens is in its worker. */
import { DRIVER, type FromDriven } from './protocol';

const worker = new Worker(new URL('program-worker.js', import.meta.url), { type: 'module' });
worker.addEventListener('error', ({ message }) => {
  const failed: FromDriven = { type: 'failed', message: message || 'the worker did not load' };
  void fetch(DRIVER.message, { method: 'POST', body: JSON.stringify(failed) });
});
