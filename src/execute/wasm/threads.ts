/**
 * Threads of the WASM executor: workers that share a product's memory and take its units of work in turns. The thread that asks
 * waits for messages and does not block, but for products of some tens of milliseconds (`joint.ts`). How a worker is started is the host's matter.
 */

import { WORDS } from './joint';

/** A worker, whatever the host calls it. */
export interface Thread {
  post(message: unknown): void;
  /** Whether the process stays alive for it, where that is a question. */
  keep(alive: boolean): void;
  end(): void;
}

/** Starts a worker that runs a classic script. What it posts and what breaks it is told. */
export type StartThread = (
  script: string,
  told: { readonly message: (data: unknown) => void; readonly broken: (reason: string) => void },
) => Thread;

/** How long a worker lingers after a product that others may ask for again at once, and for how much of it without sleeping. */
const LINGER_MS = 2;
const AWAKE_MS = 0.1;

/**
 * What a thread does: a message with a product starts it, one without forgets it; each is answered by its number. With `words` it
 * joins the thread that asks (`joint.ts`, which has the meaning of the words).
 */
const SCRIPT = `
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : self;
const instances = new Map();
port.onmessage = ({ data: { number, product, module, memory, job, scratch, words, called } }) => {
  if (module) {
    const { step } = new WebAssembly.Instance(module, { env: { memory } }).exports;
    instances.set(product, { step, words: words && new Int32Array(memory.buffer, words) });
  }
  const instance = instances.get(product);
  if (job === undefined) instances.delete(product);
  else if (words === undefined) while (instance.step(job, scratch));
  else join(instance, job, scratch, called);
  port.postMessage(number);
};
port.postMessage(0);
function join({ step, words }, job, scratch, called) {
  for (let run, lingers = true; lingers; ) {
    run = Atomics.load(words, 0);
    Atomics.add(words, 1, 1);
    while (step(job, scratch));
    Atomics.sub(words, 1, 1);
    const until = performance.now() + ${AWAKE_MS};
    while (Atomics.load(words, 0) === run && performance.now() < until);
    lingers = Atomics.wait(words, 0, run, ${LINGER_MS}) !== 'timed-out';
  }
  Atomics.store(words, called, 0);
}
`;

/** A worker of the page, from a Blob: a Content-Security-Policy must allow worker-src blob:. */
export const startPageThread: StartThread = (script, { message, broken }) => {
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }: MessageEvent<unknown>) => {
    URL.revokeObjectURL(url);
    message(data);
  };
  worker.onerror = (event) => {
    broken(event.message || 'its script did not load');
  };
  return {
    post(data) {
      worker.postMessage(data);
    },
    keep: () => undefined,
    end() {
      worker.terminate();
    },
  };
};

export interface SharedProduct {
  readonly product: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly job: number;
  /** One for each thread. */
  readonly scratch: readonly number[];
}

export interface JoinedProduct extends SharedProduct {
  readonly words: number;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Threads {
  readonly #threads: Thread[] = [];
  /** By the number of the message that was sent; 0 for the greeting of a new thread. */
  readonly #waiting: Map<number, Waiting>[] = [];
  #number = 0;
  #broken: string | undefined;

  /** Rejects with an Error that says why where no worker starts. */
  static async start(count: number, start: StartThread): Promise<Threads> {
    const threads = new Threads();
    try {
      await Promise.all(Array.from({ length: count }, () => threads.#add(start)));
    } catch (error) {
      threads.end();
      throw error;
    }
    return threads;
  }

  get count(): number {
    return this.#threads.length;
  }

  /** Computes a product once. The module and the memory go along the first time. */
  async run({ product, module, memory, job, scratch }: SharedProduct, first: boolean): Promise<void> {
    await Promise.all(
      this.#threads.map((_, index) =>
        this.#ask(index, {
          product,
          job,
          scratch: scratch[index],
          ...(first && { module, memory }),
        }),
      ),
    );
  }

  /** Has one worker join in computing a product. The module and the memory go along the first time. */
  async join(
    worker: number,
    { product, module, memory, job, scratch, words }: JoinedProduct,
    first: boolean,
  ): Promise<void> {
    const own = { scratch: scratch[worker], called: WORDS.called + worker };
    await this.#ask(worker, { product, job, words, ...own, ...(first && { module, memory }) });
  }

  /** @throws Error where they were released, or broke. */
  check(): void {
    if (this.#broken !== undefined) throw this.#error(this.#broken);
  }

  /** Lets go of a product's memory. */
  forget(product: number): void {
    this.#threads.forEach((_, index) => {
      this.#ask(index, { product }).catch(() => undefined); // ended threads hold nothing
    });
  }

  end(): void {
    this.#break('they were released');
    for (const thread of this.#threads) thread.end();
  }

  #add(start: StartThread): Promise<void> {
    const waiting = new Map<number, Waiting>();
    const greeting = new Promise<void>((resolve, reject) => waiting.set(0, { resolve, reject }));
    greeting.catch(() => undefined); // nobody waits for it where the start itself throws
    this.#waiting.push(waiting);
    const index = this.#threads.length;
    this.#threads.push(
      start(SCRIPT, {
        message: (number) => {
          this.#answered(index, Number(number));
        },
        broken: (reason) => {
          this.#break(reason);
        },
      }),
    );
    return greeting;
  }

  #ask(index: number, message: Readonly<Record<string, unknown>>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) {
        reject(this.#error(this.#broken));
        return;
      }
      const number = ++this.#number;
      this.#waiting[index]?.set(number, { resolve, reject });
      this.#threads[index]?.keep(true);
      this.#threads[index]?.post({ ...message, number });
    });
  }

  #answered(index: number, number: number): void {
    const waiting = this.#waiting[index];
    const found = waiting?.get(number);
    waiting?.delete(number);
    if (waiting?.size === 0) this.#threads[index]?.keep(false);
    found?.resolve();
  }

  #break(reason: string): void {
    this.#broken ??= reason;
    for (const waiting of this.#waiting) {
      for (const { reject } of waiting.values()) reject(this.#error(reason));
      waiting.clear();
    }
  }

  #error(reason: string): Error {
    return new Error(`The threads of the WASM executor are gone: ${reason}.`);
  }
}
