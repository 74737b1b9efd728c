/**
 * One run of a kernel at a time: it stands in line with the benchmarks of this browser, is traced in the sandbox, and judged in a
 * worker. Both end when the time is over, or with Stop.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { UserError } from '../../../src/numerics';
import { takeTurn } from '../take-turn';
import { askSandbox, sandboxScript } from './sandbox';
import type { Conclusion, FromJudge, ToJudge, TracedReport } from './judge';
import type { KernelSettings } from './settings';

export type Stage = 'waiting' | 'tracing' | 'verifying' | 'running';

/** What the page shows of the last run. */
export interface Shown {
  /** Null when none goes on. */
  readonly stage: Stage | null;
  readonly steps: number;
  readonly report: TracedReport | null;
  readonly end: End | null;
}

export type End =
  | Conclusion
  | { readonly type: 'stopped' }
  | { readonly type: 'overdue'; readonly seconds: number; readonly stage: Stage; readonly steps: number }
  /** No doing of the kernel's. */
  | { readonly type: 'broke'; readonly message: string };

const NOTHING: Shown = { stage: null, steps: 0, report: null, end: null };

export interface KernelRun {
  readonly shown: Shown;
  readonly start: (settings: KernelSettings) => void;
  /** Ends the run, if one goes on. */
  readonly stop: () => void;
}

/** Why a run is ended from outside. */
class Ended extends Error {
  readonly type: 'stopped' | 'overdue';

  constructor(type: 'stopped' | 'overdue') {
    super(type);
    this.type = type;
  }
}

export function useKernelRun(): KernelRun {
  const [shown, setShown] = useState(NOTHING);
  const current = useRef<AbortController | null>(null);
  const stop = (): void => {
    current.current?.abort(new Ended('stopped'));
  };
  useEffect(() => stop, []);
  const start = (settings: KernelSettings): void => {
    if (current.current) return;
    const own = new AbortController();
    current.current = own;
    let last: Shown = NOTHING;
    const show = (change: Partial<Shown>): void => {
      last = { ...last, ...change };
      setShown(last);
    };
    run(settings, own, show)
      .catch((error: unknown): End => {
        if (!(error instanceof Ended)) return { type: 'broke', message: messageOf(error) };
        if (error.type === 'stopped') return { type: 'stopped' };
        return {
          type: 'overdue',
          seconds: last.stage === 'tracing' ? tracingSeconds(settings) : settings.seconds,
          stage: last.stage ?? 'tracing',
          steps: last.steps,
        };
      })
      .then((end) => {
        current.current = null;
        show({ stage: null, end });
      }, reportError);
  };
  return { shown, start, stop };
}

/**
 * Tracing, the only part where the kernel itself runs, may take: a million instructions take half of it, and what fills memory
 * gets less far.
 */
const tracingSeconds = ({ seconds }: KernelSettings): number => Math.min(seconds, 10);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function run(
  settings: KernelSettings,
  own: AbortController,
  show: (change: Partial<Shown>) => void,
): Promise<End> {
  const { signal } = own;
  show({ stage: 'tracing' });
  const release = await takeTurn(signal, () => {
    show({ stage: 'waiting' });
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    show({ stage: 'tracing' });
    const script = await sandboxScript();
    timer = setTimeout(() => {
      own.abort(new Ended('overdue'));
    }, 1000 * settings.seconds);
    const { source, kernel, chip, inputs, budget } = settings;
    const tracing = setTimeout(
      () => {
        own.abort(new Ended('overdue'));
      },
      1000 * tracingSeconds(settings),
    );
    const answer = await askSandbox(script, { source, kernel, chip, inputs, budget }, signal).finally(() => {
      clearTimeout(tracing);
    });
    show({ stage: 'verifying' });
    return await judged({ answer, settings }, signal, show);
  } catch (error) {
    if (error instanceof UserError) return { type: 'failed', message: error.message, line: null };
    throw error;
  } finally {
    clearTimeout(timer);
    release();
  }
}

function judged(
  message: ToJudge,
  signal: AbortSignal,
  show: (change: Partial<Shown>) => void,
): Promise<Conclusion> {
  const worker = new Worker('kernel-worker.js');
  return new Promise<Conclusion>((resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
    worker.addEventListener('error', ({ message: what }) => {
      reject(new Error(what || 'the script of its worker did not load'));
    });
    worker.addEventListener('message', ({ data }: MessageEvent<FromJudge>) => {
      if (data.type === 'concluded') resolve(data.conclusion);
      else if (data.type === 'traced') show({ stage: 'running', report: data.report });
      else show({ steps: data.steps });
    });
    worker.postMessage(message);
  }).finally(() => {
    worker.terminate();
  });
}
