/** The worker of the peers' page: one field of the comparison, so that the page never freezes. */
import { openBrowserDevice } from '../../src/host';
import { runField } from '../peers/field';
import { packages } from '../peers/packages';
import type { FromPeersWorker, ToPeersWorker } from './peers-protocol';

const stop = new AbortController();

const send = (message: FromPeersWorker): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<ToPeersWorker>) => {
  if (data.type === 'stop') {
    stop.abort();
    return;
  }
  const request = {
    ...data.request,
    signal: stop.signal,
    onProgress: (progress: Extract<FromPeersWorker, { type: 'progress' }>['progress']) => {
      send({ type: 'progress', progress });
    },
  };
  void runField(data.field, request, { packages, openAdapter }).then((report) => {
    send({ type: 'report', report });
  });
});

async function openAdapter() {
  const host = await openBrowserDevice();
  host.close();
  return host.facts;
}
