/** The worker that judges a tiling: one for each, begun by its first message. */
import { createWasmMatmul } from '../../src/execute/wasm';
import { createWebGpuMatmul } from '../../src/execute/webgpu';
import { openBrowserDevice } from '../../src/host';
import { UserError } from '../../src/numerics';
import { judgeTiling, readTiling, verdictText, type Adapter, type JudgeProgress } from '../tiling';
import type { FromJudge, ToJudge } from './tiling-protocol';

const send = (message: FromJudge): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data }: MessageEvent<ToJudge>) => {
  judged(data).then(send, (error: unknown) => {
    if (!(error instanceof UserError)) throw error; // an `error` event of the worker tells the page
    send({ type: 'refused', message: error.message });
  });
});

async function judged({ text, wanted, seed }: ToJudge): Promise<FromJudge> {
  const verdict = await judgeTiling({
    tiled: readTiling(text, wanted),
    seed,
    reference: await createWasmMatmul(),
    adapter: openAdapter,
    onProgress: (progress: JudgeProgress) => {
      send({ type: 'progress', progress });
    },
  });
  return { type: 'judged', verdict, text: verdictText(verdict) };
}

async function openAdapter(): Promise<Adapter | { readonly leftOut: string }> {
  try {
    const { device, facts } = await openBrowserDevice();
    return { name: facts.name, device: await createWebGpuMatmul(device) };
  } catch (error) {
    if (error instanceof UserError) return { leftOut: error.message };
    throw error;
  }
}
