/**
 * Runs the worker: one at a time, new for each run, so that nothing of a run that broke is left. Messages are handed on in
 * batches, because drawing the page for each would be felt; what a user waits for goes at once.
 */
import type { BenchSettings } from '../settings';
import { turn, type Release } from './line';
import { writeLink } from './link';
import { DISTURBED, Neighbours, type Channel } from './neighbours';
import type { FromWorker, ToWorker } from './protocol';
import type { Action } from './state';

/** The part of a `Worker` that is used here. */
export type RunWorker = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

export interface RunnerHost {
  readonly dispatch: (action: Action) => void;
  /** Every message, at once. */
  readonly onMessage: (message: FromWorker) => void;
  readonly newWorker: () => RunWorker;
  readonly locks: Pick<LockManager, 'request'> | undefined;
  /** To the other tabs of the page. */
  readonly channel: Channel | undefined;
  readonly now: () => number;
}

/** Milliseconds between two batches, and those that a worker has to answer a stop. */
const BATCH_MS = 250;
const ANSWER_MS = 2000;

/** What a run is in need of. */
interface Current {
  readonly waiting: AbortController;
  release: Release;
  queued: boolean;
  started: boolean;
  disturbed: boolean;
}

export class Runner {
  readonly #host: RunnerHost;
  readonly #neighbours: Neighbours;
  #worker: RunWorker | undefined;
  #current: Current | undefined;
  #messages: FromWorker[] = [];
  #batch: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(host: RunnerHost) {
    this.#host = host;
    this.#neighbours = new Neighbours(host.channel, () => {
      if (this.#current === undefined || this.#current.disturbed) return;
      this.#current.disturbed = true;
      host.dispatch({ type: 'disturbed', by: DISTURBED });
    });
  }

  get isRunning(): boolean {
    return this.#current !== undefined;
  }

  /** Loads a worker ahead of the press. */
  prepare(): void {
    try {
      this.#worker ??= this.#load();
    } catch {
      // The press tells it.
    }
  }

  async start(settings: BenchSettings, hidden: () => boolean): Promise<void> {
    if (this.#current) return;
    const { dispatch, locks, now } = this.#host;
    const current: Current = {
      waiting: new AbortController(),
      release: () => undefined,
      queued: false,
      started: false,
      disturbed: false,
    };
    this.#current = current;
    dispatch({ type: 'pressed', settings, at: now(), started: new Date().toISOString() });
    try {
      current.release = await turn(locks, current.waiting.signal, () => {
        current.queued = true;
        dispatch({ type: 'queued' });
      });
    } catch {
      if (current.waiting.signal.reason !== ANYWAY) {
        this.#current = undefined;
        dispatch({ type: 'left-queue' });
        return;
      }
    }
    if (current.queued) dispatch({ type: 'granted', at: now() });
    current.started = true;
    try {
      this.#worker ??= this.#load();
    } catch (error) {
      this.#breakOff('crashed', error instanceof Error ? error.message : String(error));
      return;
    }
    this.#neighbours.begin();
    this.#post({ type: 'run', settings, link: writeLink(settings), hidden: hidden() });
  }

  /** While in line: does not wait for the other tab. */
  runAnyway(): void {
    this.#current?.waiting.abort(ANYWAY);
  }

  stop(): void {
    const current = this.#current;
    if (current === undefined || this.#patience !== undefined) return;
    if (!current.started) {
      current.waiting.abort();
      return;
    }
    this.#host.dispatch({ type: 'stopping' });
    this.#patience = setTimeout(() => {
      this.#breakOff('unanswered', '');
    }, ANSWER_MS);
    this.#post({ type: 'stop' });
  }

  hidden(hidden: boolean): void {
    this.#post({ type: 'hidden', hidden });
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #load(): RunWorker {
    const worker = this.#host.newWorker();
    const broke = (message: string) => (): void => {
      if (this.#worker !== worker) return;
      if (this.#current?.started) this.#breakOff('crashed', message);
      else this.#worker = undefined;
    };
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (this.#worker === worker) this.#receive(data);
    });
    worker.addEventListener('error', (event) => {
      broke(event.message || 'its script did not load')();
    });
    worker.addEventListener('messageerror', broke('one of its messages could not be read'));
    return worker;
  }

  #receive(told: FromWorker): void {
    const message = this.#current?.disturbed ? marked(told) : told;
    this.#host.onMessage(message);
    this.#messages.push(message);
    if (message.type !== 'event') {
      this.#end();
      this.#flush();
      this.prepare();
    } else if (message.event.type === 'first') {
      this.#flush();
    } else {
      this.#batch ??= setTimeout(() => {
        this.#flush();
      }, BATCH_MS);
    }
  }

  #flush(): void {
    clearTimeout(this.#batch);
    this.#batch = undefined;
    const messages = this.#messages;
    this.#messages = [];
    if (messages.length > 0) this.#host.dispatch({ type: 'messages', messages, at: this.#host.now() });
  }

  #breakOff(ending: 'unanswered' | 'crashed', message: string): void {
    this.#end();
    this.#flush();
    this.#host.onMessage(
      ending === 'unanswered'
        ? { type: 'stopped', outcome: 'interrupted', message: 'the worker did not answer and was ended' }
        : { type: 'failed', message },
    );
    this.#host.dispatch({ type: 'broke-off', ending, message });
    this.prepare();
  }

  #end(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#neighbours.end();
    this.#current?.release();
    this.#current = undefined;
  }
}

/** A report that says what its timings suffered. */
function marked(message: FromWorker): FromWorker {
  if (message.type !== 'report') return message;
  return { ...message, report: { ...message.report, disturbances: [DISTURBED] } };
}

const ANYWAY = new Error('run beside the other tab');
