/**
 * One check of a tiling at a time: it stands in line with the benchmarks of this browser, whose timings it would disturb and
 * whose processors it needs, and then has a worker of its own. To stop it, the worker is ended.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Release } from './line';
import { takeTurn } from './take-turn';
import type { FromJudge, ToJudge } from './tiling-protocol';

/** What the page shows of the last check. */
export type Shown =
  | FromJudge
  | { readonly type: 'none' | 'waiting' | 'stopped' }
  | { readonly type: 'broke'; readonly message: string };

export interface Judge {
  readonly shown: Shown;
  readonly running: boolean;
  readonly start: (message: ToJudge) => void;
  /** Ends the check, if one goes on. */
  readonly stop: () => void;
}

interface Current {
  readonly waiting: AbortController;
  worker?: Worker;
  release?: Release;
}

export function useJudge(): Judge {
  const [shown, setShown] = useState<Shown>({ type: 'none' });
  const current = useRef<Current | null>(null);
  const end = (): void => {
    current.current?.waiting.abort();
    current.current?.worker?.terminate();
    current.current?.release?.();
    current.current = null;
  };
  useEffect(() => end, []);
  const finish = (result: Shown): void => {
    end();
    setShown(result);
  };
  const begin = (own: Current, message: ToJudge): void => {
    try {
      own.worker = new Worker('tiling-worker.js', { type: 'module' });
    } catch (error) {
      finish({ type: 'broke', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    setShown({ type: 'progress', progress: { stage: 'covering', share: 0 } });
    own.worker.addEventListener('message', ({ data }: MessageEvent<FromJudge>) => {
      if (data.type === 'progress') setShown(data);
      else finish(data);
    });
    own.worker.addEventListener('error', (event) => {
      finish({ type: 'broke', message: event.message });
    });
    own.worker.postMessage(message);
  };
  const start = (message: ToJudge): void => {
    if (current.current) return;
    const own: Current = { waiting: new AbortController() };
    current.current = own;
    setShown({ type: 'progress', progress: { stage: 'covering', share: 0 } });
    const wait = (): void => {
      setShown({ type: 'waiting' });
    };
    takeTurn(own.waiting.signal, wait).then(
      (release) => {
        own.release = release;
        begin(own, message);
      },
      () => undefined, // it was stopped in line
    );
  };
  return {
    shown,
    running: shown.type === 'progress' || shown.type === 'waiting',
    start,
    stop: () => {
      if (current.current) finish({ type: 'stopped' });
    },
  };
}
