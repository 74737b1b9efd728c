/**
 * One timing at a time: it stands in line with the benchmarks of this browser, which it would disturb, and has a worker of its own, which
 * then lives on for questions about its timeline. To stop it, or for the next, the worker is ended.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Release } from '../line';
import { takeTurn } from '../take-turn';
import type { Detail, FromTimer, Timed, TimeRequest, ToTimer } from './protocol';
import type { Residents } from './residents';

/** What the page shows of the last timing. */
export type Shown =
  | { readonly type: 'none' | 'waiting' | 'stopped' }
  | { readonly type: 'progress'; readonly words: string }
  | { readonly type: 'timed'; readonly timed: Timed; readonly ask: Ask }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'broke'; readonly message: string };

/** Questions about a timeline. A promise stays open for good where the worker was ended before it answered. */
export interface Ask {
  readonly detail: (at: number) => Promise<Detail>;
  readonly memory: (time: number) => Promise<Residents>;
  readonly trace: () => Promise<readonly Uint8Array<ArrayBuffer>[]>;
}

export interface Timer {
  readonly shown: Shown;
  readonly running: boolean;
  /** Ends a timing that goes on, and begins this one. */
  readonly start: (request: TimeRequest) => void;
  readonly stop: () => void;
}

type Answer = Extract<FromTimer, { type: 'detail' | 'memory' | 'trace' }>;

/** Answers come in the order of the questions. */
class Questions implements Ask {
  readonly #worker: Worker;
  readonly #open: ((answer: Answer) => void)[] = [];

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  answered(answer: Answer): void {
    this.#open.shift()?.(answer);
  }

  readonly detail = async (at: number): Promise<Detail> => {
    const answer = await this.#ask({ type: 'detail', at });
    if (answer.type !== 'detail') throw outOfOrder(answer);
    return answer.detail;
  };

  readonly memory = async (time: number): Promise<Residents> => {
    const answer = await this.#ask({ type: 'memory', time });
    if (answer.type !== 'memory') throw outOfOrder(answer);
    return answer;
  };

  readonly trace = async (): Promise<readonly Uint8Array<ArrayBuffer>[]> => {
    const answer = await this.#ask({ type: 'trace' });
    if (answer.type !== 'trace') throw outOfOrder(answer);
    return answer.parts;
  };

  #ask(question: ToTimer): Promise<Answer> {
    return new Promise((resolve) => {
      this.#open.push(resolve);
      this.#worker.postMessage(question);
    });
  }
}

const outOfOrder = ({ type }: Answer): Error => new Error(`Invariant violation: ${type} was not asked for`);

interface Current {
  readonly waiting: AbortController;
  worker?: Worker;
  release?: Release;
}

export function useTimer(): Timer {
  const [shown, setShown] = useState<Shown>({ type: 'none' });
  const current = useRef<Current | null>(null);
  /** The turn is over; the worker may live on. */
  const release = (own: Current): void => {
    own.waiting.abort();
    own.release?.();
    delete own.release;
  };
  const end = (): void => {
    if (current.current === null) return;
    release(current.current);
    current.current.worker?.terminate();
    current.current = null;
  };
  useEffect(() => end, []);
  const finish = (result: Shown): void => {
    end();
    setShown(result);
  };
  const begin = (own: Current, request: TimeRequest): void => {
    const worker = new Worker('time-worker.js', { type: 'module' });
    own.worker = worker;
    const ask = new Questions(worker);
    worker.addEventListener('message', ({ data }: MessageEvent<FromTimer>) => {
      switch (data.type) {
        case 'progress':
          setShown(data);
          return;
        case 'timed':
          release(own);
          setShown({ ...data, ask });
          return;
        case 'refused':
          finish(data);
          return;
        case 'detail':
        case 'memory':
        case 'trace':
          ask.answered(data);
      }
    });
    worker.addEventListener('error', (event) => {
      finish({ type: 'broke', message: event.message });
    });
    worker.postMessage({ type: 'time', request } satisfies ToTimer);
  };
  const start = (request: TimeRequest): void => {
    end();
    const own: Current = { waiting: new AbortController() };
    current.current = own;
    setShown({ type: 'progress', words: 'starting' });
    const wait = (): void => {
      setShown({ type: 'waiting' });
    };
    takeTurn(own.waiting.signal, wait)
      .then((released) => {
        own.release = released;
        begin(own, request);
      })
      .catch((error: unknown) => {
        if (current.current !== own) return; // it was stopped in line
        finish({ type: 'broke', message: error instanceof Error ? error.message : String(error) });
      });
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
