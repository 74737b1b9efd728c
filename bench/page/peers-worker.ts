/** The worker of the peers' page: everything that takes time, so that the page never freezes. */
import { openBrowserDevice } from '../../src/host';
import { UserError } from '../../src/numerics';
import { SYSTOLE } from '../environment';
import { lineup } from '../peers/lineup';
import { packages } from '../peers/packages';
import { peersReport, type PeersProgress, type PeersReport, type PeersRequest } from '../peers/report';
import { comparePeers } from '../peers/run';
import { browserEnvironment } from './environment';

export type ToPeersWorker =
  | {
      readonly type: 'run';
      readonly request: Pick<PeersRequest, 'shapes' | 'seed' | 'rounds' | 'budgetSeconds'>;
    }
  | { readonly type: 'stop' };

/** Of one run: any number of `progress`, then one of the others. The page passes each on as the detail of a `systole` event of its window. */
export type FromPeersWorker =
  | { readonly type: 'progress'; readonly progress: PeersProgress }
  | { readonly type: 'report'; readonly report: PeersReport }
  /** The user's to mend. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };

let stop = new AbortController();

const send = (message: FromPeersWorker): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<ToPeersWorker>) => {
  if (data.type === 'stop') {
    stop.abort();
    return;
  }
  stop = new AbortController();
  const onProgress = (progress: PeersProgress): void => {
    send({ type: 'progress', progress });
  };
  void run({ ...data.request, signal: stop.signal, onProgress }).then(send);
});

async function run(request: PeersRequest): Promise<FromPeersWorker> {
  try {
    const started = new Date().toISOString();
    const host = await openBrowserDevice();
    host.close();
    const result = await comparePeers(lineup(SYSTOLE.version, packages), request);
    const environment = browserEnvironment();
    return {
      type: 'report',
      report: peersReport(result, { started, environment, adapter: host.facts, request }),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { type: error instanceof UserError ? 'refused' : 'failed', message };
  }
}
