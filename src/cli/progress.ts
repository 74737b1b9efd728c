/** Progress on stderr: a bar at a terminal, else one line for each case that finished. */
import { SingleBar } from 'cli-progress';
import { STAGES, type BenchEvent } from '../../bench/events';

export interface ProgressView {
  update(event: BenchEvent): void;
  stop(): void;
}

export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? barView(stream) : lineView(stream);
}

/** Opening an adapter takes less. */
const PATIENCE_MS = 700;

/** Opening the adapter takes a moment before anything can be told. */
const FIRST = 'opening the adapter';

function barView(stream: NodeJS.WriteStream): ProgressView {
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total} {text}',
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
    update(event) {
      if (event.type !== 'stage') return;
      begin();
      const { done, total, stage, name } = event;
      const text = `${STAGES[stage]} ${name}`;
      if (!started) bar.start(total, done, { text });
      started = true;
      bar.update(done, { text });
    },
    stop() {
      begin();
      if (started) bar.stop();
    },
  };
}

function lineView(stream: NodeJS.WriteStream): ProgressView {
  const perCase = new Set<string>(['calibrate', 'check', 'time']);
  return {
    update(event) {
      if (event.type === 'stage' && !perCase.has(event.stage)) stream.write(`${STAGES[event.stage]}\n`);
      if (event.type !== 'result') return;
      const { name, gflops } = event.result;
      stream.write(`${name}: ${gflops === null ? 'check FAILED' : `${gflops.toPrecision(3)} GFLOP/s`}\n`);
    },
    stop: () => undefined,
  };
}

/**
 * A line that vanishes when the function it gives is called; at anything but a terminal, nothing, or a line that stays after
 * `elsewhereMs`. It comes after a moment, so that what ends at once shows none, and drivers have printed their warnings; at once where
 * the moment is 0, for what lets no timer run.
 */
export function passingLine(
  stream: NodeJS.WriteStream,
  text: string,
  patienceMs: number = PATIENCE_MS,
  elsewhereMs?: number,
): () => void {
  if (!stream.isTTY) {
    if (elsewhereMs === undefined) return () => undefined;
    const timer = setTimeout(() => stream.write(`${text}\n`), elsewhereMs);
    return () => {
      clearTimeout(timer);
    };
  }
  let shown = false;
  const show = (): void => {
    stream.write(text);
    shown = true;
  };
  const timer = patienceMs > 0 ? setTimeout(show, patienceMs) : undefined;
  if (timer === undefined) show();
  return () => {
    clearTimeout(timer);
    if (!shown) return;
    stream.cursorTo(0);
    stream.clearLine(0);
  };
}

export interface StageLine<Stage extends string> {
  /** A share that is not known is left out. */
  readonly update: (progress: { readonly stage: Stage; readonly share?: number }) => void;
  readonly clear: () => void;
}

export const STAGE_PATIENCE_MS = 2000;

/** At a terminal one line that is written over; elsewhere one for each stage. Nothing in the first two seconds from `start` on. */
export function stageLine<Stage extends string>(
  stream: NodeJS.WriteStream,
  words: Readonly<Record<Stage, string>>,
  start = performance.now(),
): StageLine<Stage> {
  let shown = '';
  const clear = (): void => {
    if (shown !== '' && stream.isTTY) {
      stream.cursorTo(0);
      stream.clearLine(0);
    }
    shown = '';
  };
  return {
    update: ({ stage, share }) => {
      if (performance.now() - start < STAGE_PATIENCE_MS) return;
      const part = share === undefined ? '' : ` ${Math.floor(100 * share)}%`;
      const text = stream.isTTY ? `${words[stage]}${part}` : `${words[stage]}\n`;
      if (text === shown) return;
      clear();
      stream.write(text);
      shown = text;
    },
    clear,
  };
}

/** What is under way, in place at a terminal; elsewhere a line for each text, whatever its round. */
export function changingLine(): {
  show: (text: string, round: number | undefined) => void;
  clear: () => void;
} {
  let clear = (): void => undefined;
  let last = '';
  return {
    show(text, round) {
      clear();
      clear = passingLine(process.stderr, round === undefined ? text : `round ${round}: ${text}`);
      if (!process.stderr.isTTY && text !== last) process.stderr.write(`${text}\n`);
      last = text;
    },
    clear: () => {
      clear();
    },
  };
}
