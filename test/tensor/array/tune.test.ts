/** Tuning of arrays: what is computed keeps its bits, what is compiled takes the new kernels, and a store keeps them for the next opening. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type TuningStore } from '../../../src/execute/webgpu';
import type { Host } from '../../../src/host';
import { matmul, openArrays, type Arrays, type NDArray } from '../../../src/tensor/array';
import { ADAPTERS, changeKernels, open } from '../../execute/webgpu/devices';

function memoryStore(): TuningStore & { text: string | undefined } {
  const store = {
    host: 'Host 1',
    text: undefined as string | undefined,
    read: () => Promise.resolve(store.text),
    write: (_: string, given: string) => {
      store.text = given;
      return Promise.resolve();
    },
    forget: () => Promise.resolve(0),
  };
  return store;
}

const ramp = (arrays: Arrays, rows: number, columns: number): NDArray =>
  arrays.array(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i)),
    { shape: [rows, columns], dtype: 'bfloat16' },
  );

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host | undefined;
  afterEach(() => {
    host?.close();
    vi.restoreAllMocks();
  });

  test('products keep their bits, by other kernels; the next opening takes what was kept', async () => {
    host = await open(name);
    const { device } = host;
    const labels: string[] = [];
    // The trials of larger tiles are spared.
    const restore = changeKernels(device, (code, label) => {
      labels.push(label);
      if (label.startsWith('fused') && !/tile (8|1)x(8|16)/.test(label)) throw new Error('left out');
      return code;
    });
    const store = memoryStore();
    using arrays = await openArrays({ device, tunings: store });
    const [a, b] = [ramp(arrays, 40, 300), ramp(arrays, 300, 50)];
    const product = arrays.compile((x: NDArray, y: NDArray) => matmul(x, y));
    const before = await (await product(a, b)).codes();
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(arrays.tune(stop.signal)).rejects.toThrow('enough');
    expect(store.text).toBeUndefined();

    await arrays.tune();
    restore();
    const { text } = store;
    expect(text).toMatch(/"tunings"/);
    labels.length = 0;
    const plans = arrays.counts.plans;
    expect(await (await product(a, b)).codes()).toEqual(before);
    expect(arrays.counts.plans).toBe(plans + 1); // what is compiled was planned anew
    expect(await matmul(a, b).codes()).toEqual(before);
    await arrays.tune(); // the work is done
    expect(arrays.counts.plans).toBe(plans + 1);

    const compiles = vi.spyOn(device, 'createShaderModule');
    using again = await openArrays({ device, tunings: store });
    await again.tune();
    const texts = compiles.mock.calls.map(([{ label = '' }]) => label);
    expect(texts.filter((label) => label.startsWith('fused'))).toEqual([]); // nothing was searched
    expect(await matmul(ramp(again, 40, 300), ramp(again, 300, 50)).codes()).toEqual(before);
    expect(store.text).toBe(text);
  });
});

test('on the CPU there is nothing to tune, and options are checked', async () => {
  using arrays = await openArrays({ executor: 'reference' });
  await arrays.tune(undefined, { whenIdle: true });
  await expect(arrays.tune(undefined, { idle: true } as object)).rejects.toThrow('tune has no option "idle"');
  await expect(openArrays({ tunings: {} as TuningStore })).rejects.toThrow('TuningStore');
});
