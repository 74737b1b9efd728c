/** Progress on stderr: a bar at a terminal, else one line for each case that finished. */
import { SingleBar } from 'cli-progress';
import type { Progress } from '../../bench/run';

export interface ProgressView {
  update(progress: Progress): void;
  stop(): void;
}

export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? barView(stream) : lineView(stream);
}

/** Opening an adapter takes less. */
const PATIENCE_MS = 700;

/** Peaks and the CPU baseline take seconds before the first case begins. */
const FIRST = 'measuring this adapter';

function barView(stream: NodeJS.WriteStream): ProgressView {
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total} {stage} {name}',
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
  });
  let clear: (() => void) | undefined = passingLine(stream, FIRST);
  let started = false;
  const begin = (): void => {
    clear?.();
    clear = undefined;
  };
  return {
    update({ done, total, stage, name }) {
      begin();
      if (!started) bar.start(total, done, { stage, name });
      started = true;
      bar.update(done, { stage, name });
    },
    stop() {
      begin();
      if (started) bar.stop();
    },
  };
}

function lineView(stream: NodeJS.WriteStream): ProgressView {
  stream.write(`${FIRST}\n`);
  return {
    update({ name, result }) {
      if (result === undefined) return;
      const rate = result.gflops === null ? 'check FAILED' : `${result.gflops.toPrecision(3)} GFLOP/s`;
      stream.write(`${name}: ${rate}\n`);
    },
    stop: () => undefined,
  };
}

/**
 * A line that vanishes when the function it gives is called; at anything but a terminal, nothing. It comes after a moment,
 * so that what ends at once shows none, and drivers have printed their warnings.
 */
export function passingLine(stream: NodeJS.WriteStream, text: string): () => void {
  if (!stream.isTTY) return () => undefined;
  let shown = false;
  const timer = setTimeout(() => {
    stream.write(text);
    shown = true;
  }, PATIENCE_MS);
  return () => {
    clearTimeout(timer);
    if (!shown) return;
    stream.cursorTo(0);
    stream.clearLine(0);
  };
}
