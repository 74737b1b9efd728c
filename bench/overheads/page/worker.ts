/** The worker of the page of `systole bench --overheads --browser`. */
import { openBrowserDevice } from '../../../src/host';
import { UserError } from '../../../src/numerics';
import { SYSTOLE } from '../../environment';
import { browserEnvironment } from '../../page/environment';
import { coldStart } from '../cold';
import { measureOverheads } from '../measure';
import type { FromOverheadsWorker, ToOverheadsWorker } from './protocol';

const send = (message: FromOverheadsWorker): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<ToOverheadsWorker>) => {
  void run(data)
    .catch((error: unknown): FromOverheadsWorker => {
      const message = error instanceof Error ? error.message : String(error);
      return { type: error instanceof UserError ? 'refused' : 'failed', message };
    })
    .then(send);
});

async function run({ pageStart, coldOnly }: ToOverheadsWorker): Promise<FromOverheadsWorker> {
  const started = new Date(pageStart).toISOString();
  const { host, stages, verified } = await coldStart({
    now: () => performance.timeOrigin + performance.now() - pageStart,
    // Where there is none, `open` says what to do.
    request: async () => (navigator as Partial<Navigator>).gpu?.requestAdapter({ powerPreference: 'high-performance' }), // prettier-ignore
    open: openBrowserDevice,
  });
  try {
    const cold = { stages, verified };
    if (coldOnly) return { type: 'cold', cold };
    const measured = await measureOverheads(host.device, {
      now: () => performance.now(),
      onRow: (name) => {
        send({ type: 'row', name });
      },
    });
    return {
      type: 'report',
      report: { systole: SYSTOLE, started, environment: browserEnvironment(), adapter: host.facts, cold: [cold], ...measured }, // prettier-ignore
    };
  } finally {
    host.close();
  }
}
