/** The worker that tunes for the browser's adapter: one for each search or import, begun by its first message. */
import {
  createWebGpuMatmul,
  DeviceLostError,
  keepFound,
  keptOrFound,
  readTunings,
  TUNED_CLASSES,
  tuningKey,
  tuningsText,
  tuningText,
  type TrialProgress,
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
    if (asked.type === 'import') {
      matmul.adopt(readTunings(asked.text, key, matmul.subgroupLanes, { anyHost: true }));
      await keepFound(matmul, store, note);
    } else {
      const onTrial = ({ name, tuning }: TrialProgress): void => {
        send({ type: 'progress', words: `${TUNED_CLASSES[name].words}: ${tuningText(tuning)}` });
      };
      await keptOrFound(matmul, store, note, () => matmul.tune(undefined, { onTrial }), asked.again);
    }
    const { tunings } = matmul.probe;
    return { type: 'tuned', adapter: host.facts.name, tunings, document: tuningsText(key, tunings) };
  } finally {
    host.close();
  }
}
