/** The worker of the page of `systole bench --peers --networks --browser`. */
import { openBrowserDevice, type AdapterFacts } from '../../../src/host';
import { browserEnvironment } from '../../page/environment';
import { packages } from '../../peers/networks';
import { networksReport, runNetworks } from '../field';
import type { FromNetworksWorker, ToNetworksWorker } from './protocol';

const stop = new AbortController();

const send = (message: FromNetworksWorker): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<ToNetworksWorker>) => {
  if (data.type === 'stop') {
    stop.abort();
    return;
  }
  const request = {
    ...data.request,
    signal: stop.signal,
    onProgress: (progress: Extract<FromNetworksWorker, { type: 'progress' }>['progress']) => {
      send({ type: 'progress', progress });
    },
  };
  void networksReport(request, browserEnvironment(), () => runNetworks(request, packages, openAdapter)).then(
    (report) => {
      send({ type: 'report', report });
    },
  );
});

async function openAdapter(): Promise<AdapterFacts> {
  const host = await openBrowserDevice();
  host.close();
  return host.facts;
}
