/** The worker of the page: opens the browser's adapter, or the threads of WASM, and runs the benchmark, one run at a time. */
import { browserTunings, openBrowserDevice } from '../../src/host';
import { UserError } from '../../src/numerics';
import { PageAttention } from '../attention';
import { benchmark, type BenchHost } from '../benchmark';
import type { DeviceName } from '../device-names';
import { wasmExecutor, webGpuExecutor } from '../executors';
import { checkSettings, filterOf } from '../settings';
import { Stopped } from '../stop';
import { browserEnvironment } from './environment';
import type { FromWorker, ToWorker } from './protocol';

const attention = new PageAttention(() => performance.now());
let stop = new AbortController();

const send = (message: FromWorker): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'run':
      attention.set(data.hidden);
      stop = new AbortController();
      void run(data, stop.signal).then(send);
      break;
    case 'stop':
      stop.abort();
      break;
    case 'hidden':
      attention.set(data.hidden);
      break;
  }
});

async function run(
  { settings, link }: Extract<ToWorker, { type: 'run' }>,
  signal: AbortSignal,
): Promise<FromWorker> {
  try {
    const checked = checkSettings(settings);
    const filter = filterOf(checked);
    const host = await OPEN[checked.device]();
    try {
      const report = await benchmark(
        {
          filter,
          budgetSeconds: checked.budgetSeconds,
          seed: checked.seed,
          arguments: [`#${link}`],
          signal,
          onEvent: (event) => {
            send({ type: 'event', event });
          },
        },
        { ...host, environment: browserEnvironment(), attention },
      );
      return { type: 'report', report };
    } finally {
      host.close();
    }
  } catch (error) {
    return asMessage(error);
  }
}

type OpenHost = Pick<BenchHost, 'open' | 'facts' | 'lost'> & { readonly close: () => void };

const OPEN: Readonly<Record<DeviceName, () => Promise<OpenHost>>> = {
  async webgpu() {
    const host = await openBrowserDevice();
    return { ...host, open: () => webGpuExecutor(host.device, browserTunings()) };
  },
  async wasm() {
    const executor = await wasmExecutor(navigator.hardwareConcurrency);
    return { ...executor, open: () => Promise.resolve(executor), lost: new Promise(() => undefined) };
  },
};

function asMessage(error: unknown): FromWorker {
  if (error instanceof Stopped) return { type: 'stopped', outcome: error.outcome, message: error.message };
  if (error instanceof UserError) return { type: 'refused', message: error.message };
  return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
}
