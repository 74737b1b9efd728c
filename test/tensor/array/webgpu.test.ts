import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../../src/host';
import { UserError } from '../../../src/numerics';
import * as np from '../../../src/tensor/array';
import { grad, valueAndGrad } from '../../../src/tensor/gradient';
import * as nn from '../../../src/tensor/nn';
import * as optim from '../../../src/tensor/optim';
import { ADAPTERS, open } from '../../execute/webgpu/devices';

const STORAGE = 0x80;
const COPY = 0x4 | 0x8;

describe.each(ADAPTERS)('%s', (name) => {
  let opened: { readonly host: Host; readonly arrays: np.Arrays; readonly reference: np.Arrays } | undefined;
  const get = () => {
    if (opened === undefined) throw new Error('not open yet');
    return opened;
  };
  beforeAll(async () => {
    const host = await open(name);
    opened = {
      host,
      arrays: await np.openArrays({ device: host.device }),
      reference: await np.openArrays({ executor: 'reference' }),
    };
  });
  afterAll(() => {
    opened?.arrays.close();
    opened?.host.close();
  });

  test('gives the bits of the reference', async () => {
    const step = (arrays: np.Arrays) => {
      const key = arrays.key(7);
      const x = np.normal(key, [6, 10], { dtype: 'bfloat16' });
      const w = np.normal(np.foldIn(key, 1), [10, 4], { dtype: 'bfloat16' });
      const y = np.gelu(np.add(np.matmul(x, w), 0.5));
      const rows = np.at(y, arrays.array(Int32Array.of(0, -1, 2)), '::-1');
      return [y, np.softmax(y), np.sum(y, { axis: 0 }), rows, np.argsort(y), np.setAt(y, ['1:5:2', [0]], 3)];
    };
    const [here, there] = [step(get().arrays), step(get().reference)];
    for (const [i, array] of here.entries()) expect(await array.codes()).toEqual(await there[i]?.codes());
  });

  test('integers have the bits of the reference too', async () => {
    const step = (arrays: np.Arrays) => {
      const wide = arrays.array(Uint32Array.of(2 ** 32 - 1, 4e9, 2 ** 31 + 1, 9));
      const by = arrays.array(Uint32Array.of(3, 7, 2, 0));
      const narrow = arrays.array(Int8Array.of(-8, 127, -128, 5));
      return [
        ...[np.floorDivide(wide, by), np.mod(wide, by), np.fmod(wide, 5), np.rightShift(wide, 31)],
        ...[np.floorDivide(narrow, 0), np.mod(narrow, -3), np.rightShift(narrow, 1)],
      ];
    };
    const [here, there] = [step(get().arrays), step(get().reference)];
    for (const [i, array] of here.entries()) expect(await array.codes()).toEqual(await there[i]?.codes());
    expect(await there[0]?.tolist()).toEqual([1431655765, 571428571, 1073741824, 0]);
    expect(await there[4]?.tolist()).toEqual([0, 0, 0, 0]);
    expect(await there[6]?.tolist()).toEqual([-4, 63, -64, 2]);
  });

  test('a gradient through an index outside that only the device knows', async () => {
    const { arrays } = get();
    const far = np.add(arrays.array(Int32Array.of(5)), 0);
    const gradient = grad((v: np.NDArray) => np.sum(np.at(v, far)))(arrays.array([1, 2]));
    await expect(gradient.data()).rejects.toThrow(/^at of float32\[2\].*an index lies outside/);
  });

  test('wraps a buffer of the device where it lies, and hands out its own', async () => {
    const { host, arrays } = get();
    const given = host.device.createBuffer({ size: 64, usage: STORAGE | COPY });
    host.device.queue.writeBuffer(given, 0, Float32Array.of(1, 2, 3, 4));
    const x = arrays.wrap(given, [2, 2], 'float32');
    expect(await x.buffer()).toBe(given);
    const y = np.add(x, 1);
    expect(await arrays.wrap(await y.buffer(), [4], 'float32').tolist()).toEqual([2, 3, 4, 5]);
    x.dispose();
    host.device.queue.writeBuffer(given, 0, Float32Array.of(9)); // it is still the caller's
    expect(await arrays.wrap(given, [1], 'float32').tolist()).toEqual([9]);
    expect(() => arrays.wrap(given, [17], 'float32')).toThrow('wrap: float32[17] takes 68 bytes');
    const private_ = host.device.createBuffer({ size: 16, usage: STORAGE });
    expect(() => arrays.wrap(private_, [1], 'float32')).toThrow(
      'wrap: the buffer needs the usage COPY_SRC too.',
    );
    given.destroy();
  });

  test('a training loop that reads its loss alone takes as many kernels in every step, and as few plans, however it lets go', async () => {
    const { arrays } = get();
    const rule = optim.adam({ learningRate: 0.01 });
    for (const disposes of [true, false]) {
      let w = arrays.array(
        Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)),
        { shape: [4, 4] },
      );
      let state = rule.init(w);
      const eye = arrays.eye(4);
      const steps: number[] = [];
      const { plans } = arrays.counts;
      for (let step = 0; step < 12; step++) {
        const before = arrays.counts.dispatches;
        const [loss, gradient] = valueAndGrad((at: np.NDArray) =>
          nn.meanSquaredError(np.matmul(at, at), eye),
        )(w);
        const [next, after] = rule.update(w, gradient, state);
        if (disposes) for (const each of np.flatten([w, state, gradient]).arrays) each.dispose();
        [w, state] = [next, after];
        await loss.item();
        loss.dispose();
        steps.push(arrays.counts.dispatches - before);
      }
      expect(new Set(steps.slice(3)).size, steps.join()).toBe(1);
      expect(steps.at(-1)).toBeLessThan(20);
      expect(arrays.counts.plans - plans).toBeLessThan(6);
    }
  });

  test('a wrapped buffer that was destroyed, or is of another device, is told with its array', async () => {
    const { host, arrays } = get();
    const told = 'wrap: the wrapped array float32[3, 5] was used, and its buffer was destroyed, is mapped';
    const made = (): GPUBuffer => host.device.createBuffer({ size: 64, usage: STORAGE | COPY });
    const [early, late, read] = [made(), made(), made()];
    const x = arrays.wrap(late, [3, 5], 'float32');
    const direct = arrays.wrap(read, [3, 5], 'float32');
    await np.add(x, 1).data();
    for (const buffer of [early, late, read]) buffer.destroy();
    await expect(np.add(x, 2).data()).rejects.toThrow(told);
    await expect(np.exp(np.multiply(x, 3)).data()).rejects.toThrow(told);
    await expect(direct.data()).rejects.toThrow(told);
    await expect(arrays.wrap(early, [3, 5], 'float32').data()).rejects.toThrow(UserError);
    const other = await open(name);
    const foreign = other.device.createBuffer({ size: 64, usage: STORAGE | COPY });
    await expect(np.add(arrays.wrap(foreign, [3, 5], 'float32'), 1).data()).rejects.toThrow(UserError);
    other.close();
    expect(() => arrays.wrap(null as never, [1], 'float32')).toThrow('wrap: needs a GPUBuffer');
    expect(() => arrays.wrap({ size: 16, usage: 255 } as never, [1], 'float32')).toThrow(
      'wrap: needs a GPUBuffer',
    );
    expect(await arrays.ones([2]).tolist()).toEqual([1, 1]); // what follows is sound
  });

  test('a compiled step, replayed: the same bits, and no more memory', async () => {
    const { arrays, reference } = get();
    const run = async (on: np.Arrays, steps: number) => {
      using step = on.compile((w: np.NDArray, x: np.NDArray) => {
        const error = np.subtract(np.matmul(x, w), 1);
        return [
          np.subtract(w, np.multiply(np.matmul(np.transpose(x), error), 0.01)),
          np.sum(np.square(error)),
        ];
      });
      const x = np.normal(on.key(1), [8, 4]);
      let w = on.zeros([4, 1]);
      const live = new Set<number>();
      let loss: np.NDArray | undefined;
      for (let i = 0; i < steps; i++) {
        const [before, last] = [w, loss];
        [w = before, loss] = await step(before, x);
        before.dispose();
        last?.dispose();
        if (i > 1) live.add(on.memory().live);
      }
      expect(live.size).toBe(1);
      const codes = await w.codes();
      for (const each of [w, x, loss]) each?.dispose();
      return codes;
    };
    expect(await run(arrays, 20)).toEqual(await run(reference, 20));
  });

  test('more than the adapter has room for is refused, and the next call works', async () => {
    const { arrays } = get();
    await expect(np.add(arrays.zeros([2 ** 20, 2 ** 16]), 1).data()).rejects.toThrow(
      /data: float32\[1048576, 65536\] takes 274877906944 bytes; webgpu has room for \d+ in one array/,
    );
    expect(await np.add(arrays.zeros([2]), 1).tolist()).toEqual([1, 1]);
  });
});
