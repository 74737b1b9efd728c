/** Trains nets side by side, in turns of ten steps, so that their curves grow together. */
import { openArrays } from '../../src/tensor/array';
import { fetchDigits, pickDigits, splitDigits } from './data';
import type { FromWorker, Start, ToWorker } from './protocol';
import { train } from './train';

const tell = (message: FromWorker): void => {
  postMessage(message);
};

async function run({ precisions, digits: count, ...options }: Start, signal: AbortSignal): Promise<void> {
  using arrays = await openArrays();
  tell({ type: 'opened', executor: arrays.executor.name });
  const digits = splitDigits(await fetchDigits(new URL('digits.safetensors', self.location.href)));
  const some = pickDigits(
    digits.train,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  const runs = precisions.map((precision) => ({
    precision,
    events: train({ arrays, train: some, heldOut: digits.heldOut, precision, signal, ...options }),
  }));
  let live = runs;
  while (live.length > 0) {
    const ended = new Set<(typeof runs)[number]>();
    for (const each of live) if (!(await turn(each))) ended.add(each);
    live = live.filter((each) => !ended.has(each));
  }
}

/** Ten steps, or what is told after an epoch. Gives whether there is more. */
async function turn({
  precision,
  events,
}: {
  precision: Start['precisions'][number];
  events: ReturnType<typeof train>;
}) {
  for (let told = 0; told < 10; told++) {
    const { done, value } = await events.next();
    if (done === true) return false;
    tell({ type: 'event', precision, event: value });
    if (value.type === 'accuracy') return true;
  }
  return true;
}

let stop = new AbortController();

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'stop') {
    stop.abort();
    return;
  }
  stop = new AbortController();
  const { signal } = stop;
  run(data, signal).then(
    () => {
      tell({ type: 'end', outcome: 'complete' });
    },
    (error: unknown) => {
      if (signal.aborted) tell({ type: 'end', outcome: 'stopped' });
      else tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    },
  );
});
