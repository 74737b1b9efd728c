/** The search for tunings with candidates that fail in every way, and what is kept of it, read back whole, corrupt or foreign. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TUNING_CLASSES } from '../../../src/execute/webgpu';
import {
  DeviceLostError,
  keepFound,
  readTunings,
  takeKept,
  tuningKey,
  tuningsText,
  type TuningKey,
  type TuningStore,
  type Tunings,
} from '../../../src/execute/webgpu';
import {
  BUDGET_MS,
  candidatesFor,
  chooseTuning,
  forEachClass,
  type Trial,
  type Tuning,
} from '../../../src/execute/webgpu/tuning';

const FAMILY = candidatesFor('narrow', 4);
const [FIRST, SECOND, THIRD, FOURTH] = FAMILY as [Tuning, Tuning, Tuning, Tuning];
const never = (): boolean => false;
const lost = (error: unknown): boolean => error instanceof DeviceLostError;

/** Trials that do as told; a candidate of which nothing is told is quick to compile and slow. */
function trials(told: ReadonlyMap<Tuning, () => Promise<Trial>>): (tuning: Tuning) => Promise<Trial> {
  return (tuning) => told.get(tuning)?.() ?? Promise.resolve({ compileMs: 10, gflops: 1 });
}
const fast = (gflops: number) => () => Promise.resolve({ compileMs: 10, gflops });
const failing = (message: string) => () => Promise.reject(new Error(message));

describe('the search', () => {
  it('takes the fastest, of repeated trials the best', async () => {
    const speeds = [3, 9, 3];
    const told = new Map([
      [SECOND, fast(8)],
      [THIRD, () => fast(speeds.shift() ?? 0)()],
    ]);
    const { tuning, candidates } = await chooseTuning([FIRST, SECOND, THIRD], trials(told), never);
    expect(tuning).toBe(SECOND); // the third was out of the race after its first trial
    expect(candidates.map(({ gflops }) => gflops)).toEqual([1, 8, 3]);
    const again = await chooseTuning([FIRST, THIRD], trials(new Map([[THIRD, fast(2)]])), never);
    expect(again.tuning).toBe(THIRD);
  });

  it('discards what does not compile or is wrong, however fast, with the first line of the reason', async () => {
    const told = new Map([
      [FIRST, failing('shader does not compile: 3:1 no\nfn main() {}')],
      [THIRD, failing('keeps no order of additions')],
    ]);
    const { tuning, candidates, discarded } = await chooseTuning([FIRST, SECOND, THIRD], trials(told), never);
    expect(tuning).toBe(SECOND);
    expect(candidates).toHaveLength(1);
    expect(discarded).toEqual([
      { tuning: FIRST, why: 'shader does not compile: 3:1 no' },
      { tuning: THIRD, why: 'keeps no order of additions' },
    ]);
  });

  it('discards what turns wrong in a later round', async () => {
    const outcomes = [fast(9), failing('wrong bits')];
    const told = new Map([[SECOND, () => (outcomes.shift() ?? fast(9))()]]);
    const { tuning, discarded } = await chooseTuning([FIRST, SECOND], trials(told), never);
    expect(tuning).toBe(FIRST);
    expect(discarded).toEqual([{ tuning: SECOND, why: 'wrong bits' }]);
  });

  it('refuses an adapter on which nothing is right', async () => {
    const told = new Map([[FIRST, failing('wrong bits.')]]);
    await expect(chooseTuning([FIRST], trials(told), never)).rejects.toThrow(
      /No kernel is right on this adapter.*wrong bits\./,
    );
  });

  it('ends with a lost device, whatever was found', async () => {
    const told = new Map([[SECOND, () => Promise.reject(new DeviceLostError('gone'))]]);
    await expect(chooseTuning([FIRST, SECOND, THIRD], trials(told), lost)).rejects.toThrow('gone');
  });

  describe('with a candidate that hangs', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('gives it up at the end of its budget, and tries nothing beside it', async () => {
      const told = new Map([[SECOND, () => new Promise<Trial>(() => undefined)]]);
      const tried: Tuning[] = [];
      const search = chooseTuning([FIRST, SECOND, THIRD, FOURTH], trials(told), never, (tuning) => {
        tried.push(tuning);
        return Promise.resolve();
      });
      await vi.advanceTimersByTimeAsync(BUDGET_MS - 1);
      expect(tried).toEqual([FIRST, SECOND]);
      await vi.advanceTimersByTimeAsync(1);
      const { tuning, discarded } = await search;
      expect(tried).toEqual([FIRST, SECOND]);
      expect(tuning).toBe(FIRST);
      expect(discarded).toEqual([{ tuning: SECOND, why: 'It was not done within 20 s.' }]);
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});

const LANES = 4;
const KEY: TuningKey = { adapter: 'acme, one', driver: 'driver 1', host: 'Host 1', code: '1-abc' };

/** The last candidate of each class is the fastest, and the first discarded one has a reason. */
const found = (): Tunings => {
  const choice = (name: (typeof TUNING_CLASSES)[number]) => {
    const [wrong, ...right] = candidatesFor(name, LANES);
    const tuning = right.at(-1);
    if (wrong === undefined || tuning === undefined) throw new Error('too few candidates');
    const candidates = right.map((each, index) => ({ tuning: each, compileMs: 12.5, gflops: index + 1 }));
    return { tuning, candidates, discarded: [{ tuning: wrong, why: 'wrong bits' }] };
  };
  return forEachClass(choice);
};

type Loose = Record<string, unknown>;

/** A document with one place of it changed. */
function changed(change: (document: Loose, narrow: Loose & { candidates: Loose[] }) => void): string {
  const document = JSON.parse(tuningsText(KEY, found())) as Loose & {
    tunings: { narrow: Loose & { candidates: Loose[] } };
  };
  change(document, document.tunings.narrow);
  return JSON.stringify(document);
}

describe('a document of tunings', () => {
  it('is read as it was written', () => {
    expect(readTunings(tuningsText(KEY, found()), KEY, LANES)).toEqual(found());
  });

  it.each([
    ['', /no JSON/],
    ['{"format":', /no JSON/],
    ['[]', /must be an object/],
    ['null', /must be an object/],
    ['{}', /format must be "systole tunings"/],
    [' '.repeat(1_000_001), /more than 1000000 characters/],
    [changed((document) => delete document['code']), /code must be a string/],
    [
      changed((document) => (document['adapter'] = 'other\u001b[2J')),
      /another adapter: other \[2J, where this is acme/,
    ],
    [changed((document) => (document['driver'] = 'driver 2')), /another version of the driver: driver 2/],
    [changed((document) => (document['code'] = '1-abd')), /another version of systole/],
    [changed((document) => (document['host'] = 'Host 2')), /another host or version of it/],
    [changed((document) => (document['tunings'] = [])), /tunings must be an object/],
    [changed((document) => (document['tunings'] = {})), /tunings\.narrow must be an object/],
    [changed((_, narrow) => (narrow['tuning'] = { tileM: 1024 })), /none of this adapter's candidates/],
    [
      changed((_, narrow) => (narrow['tuning'] = { ...FIRST, extra: 1 })),
      /none of this adapter's candidates/,
    ],
    [changed((_, narrow) => (narrow['tuning'] = FIRST)), /none of those that were measured/],
    [changed((_, narrow) => (narrow['candidates'] = {} as never)), /must be a list/],
    [changed((_, narrow) => (narrow['discarded'] = undefined)), /must be a list/],
    [
      changed((_, { candidates }) => {
        candidates.forEach((each) => (each['gflops'] = 'fast'));
      }),
      /must be numbers/,
    ],
    [
      changed((_, { candidates }) => {
        candidates.forEach((each) => (each['gflops'] = -1));
      }),
      /must be numbers/,
    ],
  ])('is refused where it is corrupt or foreign (%#)', (text, message) => {
    expect(() => readTunings(text, KEY, LANES)).toThrow(message);
  });

  it('of another host is taken where that is asked for', () => {
    const text = changed((document) => (document['host'] = 'Host 2'));
    expect(readTunings(text, KEY, LANES, { anyHost: true })).toEqual(found());
  });

  it('of wider subgroups has kernels that this adapter lacks', () => {
    expect(() => readTunings(tuningsText(KEY, found()), KEY, 0)).toThrow(/candidates/);
  });
});

/** As much of a tuned product as keeping needs. */
function tuned(tunings: Tunings = found()) {
  const adapterInfo = { vendor: 'acme', architecture: 'a1', device: 'one', description: 'driver 1' };
  const adopted: Tunings[] = [];
  const matmul = {
    gpu: { device: { adapterInfo, features: new Set() } },
    subgroupLanes: LANES,
    probe: { tunings },
    adopt: (given: Tunings) => void adopted.push(given),
  } as unknown as Parameters<typeof takeKept>[0];
  return { matmul, adopted };
}

function memoryStore(texts = new Map<string, string>()): TuningStore {
  return {
    host: 'Host 1',
    read: (name) => Promise.resolve(texts.get(name)),
    write: (name, text) => Promise.resolve(void texts.set(name, text)),
    forget: () => Promise.resolve(texts.size),
  };
}

describe('keeping', () => {
  it('gives the next run what this one found, without a word', async () => {
    const notes: string[] = [];
    const note = (line: string) => void notes.push(line);
    const store = memoryStore();
    const { matmul, adopted } = tuned();
    expect(await takeKept(matmul, store, note)).toBe(false);
    expect(await keepFound(matmul, store, note)).toBe(true);
    expect(await takeKept(matmul, store, note)).toBe(true);
    expect(adopted).toEqual([found()]);
    expect(notes).toEqual([]);
  });

  it('ignores what another version left, in one line, and writes over it', async () => {
    const texts = new Map<string, string>();
    const store = memoryStore(texts);
    const { matmul, adopted } = tuned();
    await keepFound(matmul, store, () => undefined);
    const [[name, text] = ['', '']] = texts;
    texts.set(name, text.replace(tuningKey(matmul, 'Host 1').code, '0-older'));
    const notes: string[] = [];
    expect(await takeKept(matmul, store, (line) => notes.push(line))).toBe(false);
    expect(notes).toEqual([
      expect.stringMatching(/^Kept tunings are ignored: they are of another version of systole.*$/),
    ]);
    expect(adopted).toEqual([]);
    await keepFound(matmul, store, () => undefined);
    expect(texts.get(name)).toBe(text);
    expect(texts.size).toBe(1);
  });

  it('tells in one line that a store cannot be read or written', async () => {
    const deny = (): Promise<never> => Promise.reject(new Error('denied\nat line 1'));
    const store = { ...memoryStore(), read: deny, write: deny };
    const notes: string[] = [];
    const note = (line: string) => void notes.push(line);
    expect(await takeKept(tuned().matmul, store, note)).toBe(false);
    expect(await keepFound(tuned().matmul, store, note)).toBe(false);
    expect(notes).toEqual([
      'Kept tunings are ignored: denied at line 1',
      'Tunings are not kept: denied at line 1',
    ]);
  });
});
