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

function barView(stream: NodeJS.WriteStream): ProgressView {
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total} {stage} {name}',
    hideCursor: true,
    clearOnComplete: true,
  });
  let started = false;
  return {
    update({ done, total, stage, name }) {
      if (!started) bar.start(total, done, { stage, name });
      started = true;
      bar.update(done, { stage, name });
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

function lineView(stream: NodeJS.WriteStream): ProgressView {
  return {
    update({ name, stage, result }) {
      if (stage === 'calibrate') stream.write('measuring this adapter\n');
      if (result === undefined) return;
      const rate = result.gflops === null ? 'check FAILED' : `${result.gflops.toPrecision(3)} GFLOP/s`;
      stream.write(`${name}: ${rate}\n`);
    },
    stop: () => undefined,
  };
}

/** A line that vanishes when the function it gives is called; at anything but a terminal, nothing. */
export function passingLine(stream: NodeJS.WriteStream, text: string): () => void {
  if (!stream.isTTY) return () => undefined;
  stream.write(text);
  return () => {
    stream.cursorTo(0);
    stream.clearLine(0);
  };
}
