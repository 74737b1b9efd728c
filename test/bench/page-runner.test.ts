/** The runner of the page's worker, against workers and locks that answer, wait, break or say nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromWorker, ToWorker } from '../../bench/page/protocol';
import { DISTURBED, type Channel } from '../../bench/page/neighbours';
import { Runner, type RunWorker } from '../../bench/page/runner';
import type { Action } from '../../bench/page/state';
import { DEFAULTS } from '../../bench/settings';
import { ADAPTER, event, FIRST, report, result } from './page-results';

class FakeWorker extends EventTarget implements RunWorker {
  readonly received: ToWorker[] = [];
  terminated = false;

  postMessage(message: ToWorker): void {
    this.received.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(...messages: FromWorker[]): void {
    for (const data of messages) this.dispatchEvent(new MessageEvent('message', { data }));
  }

  break(message: string): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }
}

/** One lock, as browsers keep it. */
class FakeLocks {
  #tail: Promise<unknown> = Promise.resolve();
  #held = 0;

  readonly request = (async (_: string, options: LockOptions, callback: LockGrantedCallback<unknown>) => {
    if (options.ifAvailable === true && this.#held > 0) return callback(null);
    this.#held++;
    const before = this.#tail;
    const aborted = new Promise<never>((_resolve, reject) => {
      options.signal?.addEventListener('abort', () => {
        reject(options.signal?.reason as Error);
      });
    });
    let end: () => void = () => undefined;
    this.#tail = new Promise<void>((resolve) => (end = resolve));
    try {
      await Promise.race([before, aborted]);
      return await callback({ name: 'x', mode: 'exclusive' });
    } finally {
      this.#held--;
      void before.then(end);
    }
  }) as LockManager['request'];
}

/** Channels of one name: what one says, the others hear. */
function fakeChannels(): () => Channel {
  const all: EventTarget[] = [];
  return () => {
    const channel = Object.assign(new EventTarget(), {
      postMessage: (data: unknown) => {
        for (const each of all)
          if (each !== channel) each.dispatchEvent(new MessageEvent('message', { data }));
      },
    });
    all.push(channel);
    return channel;
  };
}

function setUp(locks?: Pick<LockManager, 'request'>, channel?: Channel) {
  const workers: FakeWorker[] = [];
  const actions: Action[] = [];
  const refuse = { with: '' };
  const heard: FromWorker[] = [];
  const runner = new Runner({
    dispatch: (action) => actions.push(action),
    onMessage: (message) => heard.push(message),
    newWorker: () => {
      if (refuse.with !== '') throw new DOMException(refuse.with, 'SecurityError');
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
    locks,
    channel,
    now: () => 7,
  });
  const latest = (): FakeWorker => {
    const worker = workers.at(-1);
    if (worker === undefined) throw new Error('no worker');
    return worker;
  };
  const start = () => runner.start(DEFAULTS, () => false);
  const types = () => actions.map(({ type }) => type);
  return { runner, workers, actions, heard, latest, start, types, refuse };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a run', () => {
  it('sends the settings with their link, once', async () => {
    const { runner, latest, start, types, workers } = setUp();
    await start();
    await start();
    expect(latest().received).toEqual([{ type: 'run', settings: DEFAULTS, link: '', hidden: false }]);
    expect(types()).toEqual(['pressed']);
    expect(workers).toHaveLength(1);
    expect(runner.isRunning).toBe(true);
  });

  it('hands messages on in batches, the first product at once, and all of them before the end', async () => {
    const { latest, start, actions, heard } = setUp();
    await start();
    latest().say(event(ADAPTER));
    expect(actions).toHaveLength(1);
    latest().say(event(FIRST));
    expect(actions[1]).toMatchObject({ type: 'messages', at: 7, messages: [event(ADAPTER), event(FIRST)] });
    latest().say(result('a/b/bf16', 1), result('a/c/bf16', 2));
    expect(actions).toHaveLength(2);
    vi.advanceTimersByTime(250);
    expect(actions[2]).toMatchObject({ messages: { length: 2 } });
    const last: FromWorker = { type: 'report', report: report([]) };
    latest().say(result('a/d/bf16', 3), last);
    expect(actions[3]).toMatchObject({ messages: [result('a/d/bf16', 3), last] });
    expect(heard).toHaveLength(6);
  });

  it('ends its worker and loads the next', async () => {
    const { runner, workers, latest, start } = setUp();
    runner.prepare();
    await start();
    latest().say({ type: 'report', report: report([]) });
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
    expect(runner.isRunning).toBe(false);
    await start();
    expect(workers).toHaveLength(2);
    expect(latest().received).toHaveLength(1);
  });
});

describe('a stop', () => {
  it('is told to the worker, which answers with what it has', async () => {
    const { runner, latest, workers, start, types } = setUp();
    await start();
    runner.stop();
    runner.stop();
    expect(latest().received.map(({ type }) => type)).toEqual(['run', 'stop']);
    latest().say({ type: 'report', report: report([], 'interrupted') });
    vi.advanceTimersByTime(10_000);
    expect(types()).toEqual(['pressed', 'stopping', 'messages']);
    expect(workers[0]?.terminated).toBe(true);
  });

  it('ends a worker that does not answer in two seconds, and keeps what it told', async () => {
    const { runner, workers, latest, start, types } = setUp();
    await start();
    const silent = latest();
    silent.say(result('a/b/bf16', 1));
    runner.stop();
    vi.advanceTimersByTime(1999);
    expect(silent.terminated).toBe(false);
    vi.advanceTimersByTime(1);
    expect(silent.terminated).toBe(true);
    expect(types()).toEqual(['pressed', 'stopping', 'messages', 'broke-off']);
    silent.say({ type: 'failed', message: 'late' });
    expect(types()).toHaveLength(4);
    expect(workers).toHaveLength(2);
  });

  it('does nothing when nothing runs', () => {
    const { runner, actions } = setUp();
    runner.stop();
    expect(actions).toEqual([]);
  });
});

describe('a worker that breaks', () => {
  it('ends the run with its message; the next press runs again', async () => {
    const { latest, start, actions, workers } = setUp();
    await start();
    latest().break('out of memory');
    expect(actions.at(-1)).toEqual({ type: 'broke-off', ending: 'crashed', message: 'out of memory' });
    await start();
    expect(latest().received).toHaveLength(1);
    expect(workers).toHaveLength(2);
  });

  it('before a run is replaced at the press', async () => {
    const { runner, latest, start, actions, workers } = setUp();
    runner.prepare();
    latest().break('');
    expect(actions).toEqual([]);
    await start();
    expect(workers).toHaveLength(2);
    expect(latest().received).toHaveLength(1);
  });
});

it('a worker that cannot be made ends the run with the reason, and the next press tries again', async () => {
  const { runner, start, actions, workers, refuse } = setUp();
  refuse.with = 'workers are switched off';
  runner.prepare();
  await start();
  expect(actions.at(-1)).toEqual({
    type: 'broke-off',
    ending: 'crashed',
    message: 'workers are switched off',
  });
  expect(runner.isRunning).toBe(false);
  refuse.with = '';
  await start();
  expect(workers[0]?.received).toHaveLength(1);
});

describe('two tabs', () => {
  it('run one after the other', async () => {
    const locks = new FakeLocks();
    const [one, two] = [setUp(locks), setUp(locks)];
    await one.start();
    const waiting = two.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(two.types()).toEqual(['pressed', 'queued']);
    expect(two.workers).toEqual([]);
    one.latest().say({ type: 'report', report: report([]) });
    await waiting;
    expect(two.types()).toEqual(['pressed', 'queued', 'granted']);
    expect(two.latest().received).toHaveLength(1);
  });

  it('run beside one another where the user wants it', async () => {
    const locks = new FakeLocks();
    const [one, two] = [setUp(locks), setUp(locks)];
    await one.start();
    const waiting = two.start();
    await vi.advanceTimersByTimeAsync(0);
    two.runner.runAnyway();
    await waiting;
    expect(two.types()).toEqual(['pressed', 'queued', 'granted']);
    two.latest().say({ type: 'report', report: report([]) });
    one.latest().say({ type: 'report', report: report([]) });
    expect(two.runner.isRunning || one.runner.isRunning).toBe(false);
  });

  it('are marked, both of them, where they ran at the same time, and only then', async () => {
    const [locks, channel] = [new FakeLocks(), fakeChannels()];
    const tabs = [setUp(locks, channel()), setUp(locks, channel()), setUp(locks, channel())] as const;
    const [one, two, idle] = tabs;
    const end = ({ latest, heard }: typeof one) => {
      latest().say({ type: 'report', report: report([]) });
      const last = heard.at(-1);
      return last?.type === 'report' ? last.report.disturbances : null;
    };
    await one.start();
    const waiting = two.start();
    await vi.advanceTimersByTimeAsync(0);
    two.runner.runAnyway();
    await waiting;
    expect(one.types()).toEqual(['pressed', 'disturbed']);
    expect(two.types()).toEqual(['pressed', 'queued', 'granted', 'disturbed']);
    expect(end(one)).toEqual([DISTURBED]);
    await vi.advanceTimersByTimeAsync(0);
    // The lock is free, and yet a tab runs.
    await idle.start();
    expect(idle.types()).toEqual(['pressed', 'disturbed']);
    expect([end(two), end(idle)]).toEqual([[DISTURBED], [DISTURBED]]);
    await one.start();
    expect(end(one)).toBeUndefined();
  });

  it('leave the line by a stop', async () => {
    const locks = new FakeLocks();
    const [one, two] = [setUp(locks), setUp(locks)];
    await one.start();
    const waiting = two.start();
    await vi.advanceTimersByTimeAsync(0);
    two.runner.stop();
    await waiting;
    expect(two.types()).toEqual(['pressed', 'queued', 'left-queue']);
    expect(two.runner.isRunning).toBe(false);
  });

  it('do not wait where the browser refuses locks', async () => {
    const request = (() => Promise.reject(new DOMException('no', 'SecurityError'))) as LockManager['request'];
    const { start, latest } = setUp({ request });
    await start();
    expect(latest().received).toHaveLength(1);
  });
});
