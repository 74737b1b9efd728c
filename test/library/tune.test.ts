/** Tuning by the library, on every adapter: what is kept and taken, in idle time, anew; kept kernels that are wrong; a device that is lost meanwhile. */
import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from 'vitest';
import {
  DeviceLostError,
  tuningKey,
  tuningsText,
  type TuningClass,
  type Tunings,
  type TuningStore,
} from '../../src/execute/webgpu';
import { Gpu } from '../../src/execute/webgpu/gpu';
import { candidatesFor, forEachClass, tuningText, type Tuning } from '../../src/execute/webgpu/tuning';
import type { Host } from '../../src/host';
import type { NeuronCore, ProductOptions } from '../../src/library';
import { open } from '../../src/node';
import { ADAPTERS, changeKernels, open as openHost, replaced } from '../execute/webgpu/devices';
import { valuesOf } from './values';

const SHAPE = { m: 40, n: 130, k: 300 };
const PRODUCT: ProductOptions = { ...SHAPE, dtype: 'bfloat16' };
const A = valuesOf(SHAPE.m * SHAPE.k, 1);
const B = valuesOf(SHAPE.k * SHAPE.n, 2);

/** Keeps one text, and counts how often it is written. */
function memoryStore(text?: string): TuningStore & { text: string | undefined; writes: number } {
  const store = {
    ...{ host: 'Host 1', text, writes: 0 },
    read: () => Promise.resolve(store.text),
    write: (_: string, given: string) => {
      store.text = given;
      store.writes++;
      return Promise.resolve();
    },
    forget: () => Promise.resolve(0),
  };
  return store;
}

async function isRight(core: NeuronCore): Promise<boolean> {
  using result = await core.matmul(A, B, PRODUCT);
  const { passed, compared } = await result.verify();
  expect(compared).toBe(SHAPE.m * SHAPE.n);
  return passed;
}

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let warned: MockInstance<typeof console.warn>;
  /** Labels of the fused kernels that were compiled since the device was opened. */
  let compiled: string[];

  const subgroupLanes = (): number =>
    host.device.features.has('subgroups') ? host.device.adapterInfo.subgroupMinSize : 0;

  /** As a search might have left it: of each class the second candidate is the fastest. */
  function kept(): { readonly text: string; readonly tunings: Tunings; readonly tuning: Tuning } {
    const choice = (of: TuningClass) => {
      const [, tuning] = candidatesFor(of, subgroupLanes());
      if (tuning === undefined) throw new Error('too few candidates');
      return { tuning, candidates: [{ tuning, compileMs: 9, gflops: 2 }], discarded: [] };
    };
    const tunings = forEachClass(choice);
    const gpu = new Gpu(host.device);
    const key = tuningKey({ gpu, subgroupLanes: subgroupLanes() }, 'Host 1');
    return { tunings, text: tuningsText(key, tunings), tuning: tunings.narrow.tuning };
  }

  beforeEach(async () => {
    host = await openHost(name);
    warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    compiled = [];
  });
  afterEach(() => {
    warned.mockRestore();
    vi.unstubAllGlobals();
    host.close();
  });

  /** Of each class the first kernel compiles, and of few rows the second: that spares the time of other trials. */
  const watch = (onKernel: () => void = () => undefined): void => {
    changeKernels(host.device, (code, label) => {
      if (!label.startsWith('fused')) return code;
      compiled.push(label);
      onKernel();
      if (/unroll 1, lanes (16x4|64x1)/.test(label) && !label.includes('vectors of B')) return code;
      throw new Error('left out');
    });
  };

  test('what is measured is kept and taken at the next opening, and measured again only anew', async () => {
    watch();
    const store = memoryStore();
    using first = await open({ device: host.device, tunings: store });
    await first.tune();
    expect(store.writes).toBe(1);
    const { tunings } = first.probe;
    expect(Object.values(tunings).map(({ candidates }) => candidates.length > 0)).not.toContain(false);
    await first.tune();
    expect(first.probe.tunings).toBe(tunings);

    using next = await open({ device: host.device, tunings: store });
    expect(next.probe.tunings).toEqual(tunings);
    const before = compiled.length;
    await next.tune();
    expect(compiled).toHaveLength(before);
    expect(store.writes).toBe(1);
    expect(await isRight(next)).toBe(true);

    await next.tune(undefined, { anew: true });
    expect(store.writes).toBe(2);
    expect(next.probe.tunings).not.toEqual(tunings); // times of two searches
    expect(store.text).toContain(JSON.stringify(next.probe.tunings.wide.candidates[0]?.gflops));
    expect(warned).not.toHaveBeenCalled();
  });

  test('in the background each kernel waits until the host is idle', async () => {
    watch();
    const turns: (() => void)[] = [];
    let waits = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (waits = resolve));
    vi.stubGlobal('requestIdleCallback', (turn: () => void) => {
      turns.push(turn);
      waits();
    });
    using core = await open({ device: host.device });
    const stop = new AbortController();
    const search = core.tune(stop.signal, { whenIdle: true });
    await waiting;
    expect(compiled).toEqual([]);

    // The next trial asks for the next turn: one kernel between two of them.
    const second = new Promise<void>((resolve) => (waits = resolve));
    turns[0]?.();
    await second;
    expect(compiled).toHaveLength(1);
    expect(await isRight(core)).toBe(true); // nobody waits for the search
    stop.abort(new Error('enough'));
    turns[1]?.();
    await expect(search).rejects.toThrow('enough');
    expect(turns).toHaveLength(2);
    expect(Object.values(core.probe.tunings).flatMap(({ candidates }) => candidates)).toEqual([]);
  });

  test.each(['wrong', 'refused'])(
    'a kept kernel that is %s here is discarded in one line, and the safe one gives the right bits',
    async (how) => {
      const { text, tuning, tunings } = kept();
      changeKernels(host.device, (code, label) => {
        if (!label.startsWith('fused') || !label.includes(tuningText(tuning))) return code;
        if (how === 'refused') throw new Error('no such instruction');
        const stored = 'let code = encode_out(bitcast<u32>(value))';
        return replaced(code, `${stored};`, `${stored} ^ u32(row + i == 3u);`);
      });
      const store = memoryStore(text);
      using core = await open({ device: host.device, tunings: store });
      expect(core.probe.tunings).toEqual(tunings);
      expect(await Promise.all([isRight(core), isRight(core)])).toEqual([true, true]);
      expect(warned.mock.calls).toEqual([
        [
          `systole: The kernel found fastest for operands of 16 bits (${tuningText(tuning)}) cannot be proved on this adapter: it is discarded, and the safe one runs.`,
        ],
      ]);
      const [safe] = candidatesFor('narrow', subgroupLanes());
      const why = how === 'refused' ? /no such instruction/ : /keeps the order of additions/;
      expect(core.probe.tunings).toEqual({
        ...tunings,
        narrow: {
          tuning: safe,
          candidates: tunings.narrow.candidates,
          discarded: [{ tuning, why: expect.stringMatching(why) as string }],
        },
      });
      expect(await isRight(core)).toBe(true);
      expect(warned).toHaveBeenCalledTimes(1);
      expect(store.writes).toBe(0);
    },
  );

  test.each(['compiled', 'run'])(
    'a device that is lost while a candidate is %s leaves what is kept, for the next opening',
    async (when) => {
      const { text, tunings } = kept();
      const store = memoryStore(text);
      const { device } = host;
      watch(() => {
        if (compiled.length < 3) return;
        if (when === 'compiled') device.destroy();
        else vi.spyOn(device.queue, 'submit').mockImplementationOnce(() => { device.destroy(); }); // prettier-ignore
      });
      using core = await open({ device, tunings: store });
      await expect(core.tune(undefined, { anew: true })).rejects.toBeInstanceOf(DeviceLostError);
      expect((await core.lost).reason).toBe('destroyed');
      expect(core.probe.tunings).toEqual(tunings);
      expect({ ...store }).toMatchObject({ text, writes: 0 });

      const again = await openHost(name);
      try {
        using next = await open({ device: again.device, tunings: store });
        expect(next.probe.tunings).toEqual(tunings);
        expect(await isRight(next)).toBe(true);
      } finally {
        again.close();
      }
      expect(warned).not.toHaveBeenCalled();
    },
  );
});
