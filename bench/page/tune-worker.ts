/** The worker that tunes for the browser's adapter: one for each search or import, begun by its first message. */
import {
  createWebGpuMatmul,
  DeviceLostError,
  keepFound,
  readTunings,
  takeKept,
  TUNED_CLASSES,
  tuningKey,
  tuningsText,
  tuningText,
} from '../../src/execute/webgpu';
import { browserTunings, openBrowserDevice } from '../../src/host';
import { UserError } from '../../src/numerics';
import type { FromTuner, ToTuner } from './tune-protocol';

const send = (message: FromTuner): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<ToTuner>) => {
  tuned(data).then(send, (error: unknown) => {
    // Anything else is an `error` event of the worker, which tells the page.
    if (!(error instanceof UserError || error instanceof DeviceLostError)) throw error;
    send({ type: 'refused', message: error.message });
  });
});

async function tuned(asked: ToTuner): Promise<FromTuner> {
  const host = await openBrowserDevice();
  try {
    const matmul = await createWebGpuMatmul(host.device);
    const store = browserTunings();
    const key = tuningKey(matmul, store.host);
    const note = (words: string): void => {
      send({ type: 'note', words });
    };
    let taken = false;
    if (asked.type === 'import')
      matmul.adopt(readTunings(asked.text, key, matmul.subgroupLanes, { anyHost: true }));
    else taken = !asked.again && (await takeKept(matmul, store, note));
    if (asked.type === 'tune' && !taken) {
      const onTrial: Parameters<typeof matmul.tune>[1] = {
        onTrial: ({ name, tuning }) => {
          send({ type: 'progress', words: `${TUNED_CLASSES[name].words}: ${tuningText(tuning)}` });
        },
      };
      await matmul.tune(undefined, onTrial);
    }
    if (!taken) await keepFound(matmul, store, note);
    const { tunings } = matmul.probe;
    return { type: 'tuned', adapter: host.facts.name, tunings, document: tuningsText(key, tunings) };
  } finally {
    host.close();
  }
}
