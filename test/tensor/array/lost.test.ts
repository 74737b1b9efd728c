/** A device that is lost in the middle: told, with what went with it, or recovered from, with the same bits. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DeviceLostError } from '../../../src/execute/webgpu';
import { openArrays } from '../../../src/node';
import * as np from '../../../src/tensor/array';
import { valueAndGrad } from '../../../src/tensor/gradient';
import { linear, meanSquaredError } from '../../../src/tensor/nn';
import { adam } from '../../../src/tensor/optim';
import { ADAPTERS } from '../../execute/webgpu/devices';

const STEPS = 3;

/** A layer in bfloat16, rounded stochastically by Adam, learns a sum. Gives the bits of losses, parameters and state. */
async function train(arrays: np.Arrays, before: (step: number) => void = () => undefined) {
  const layer = linear({ inputs: 4, outputs: 1, dtype: 'bfloat16' });
  const rule = adam({ learningRate: 0.01, rounding: 'stochastic', seed: 3 });
  const x = np.normal(arrays.key(1), [16, 4], { dtype: 'bfloat16' });
  const y = np.sum(x, { axis: 1, keepdims: true });
  type Parameters = ReturnType<typeof layer.init>;
  const loss = (given: Parameters) =>
    meanSquaredError(np.astype(np.relu(layer.apply(given, x)), 'float32'), np.astype(y, 'float32'));
  using step = arrays.compile((parameters: Parameters, state: ReturnType<typeof rule.init>) => {
    const [value, gradients] = valueAndGrad(loss)(parameters);
    return [...rule.update(parameters, gradients, state), value] as const;
  });
  let parameters = layer.init(arrays, 5);
  let state = rule.init(parameters);
  const losses: np.NDArray[] = [];
  for (let i = 0; i < STEPS; i++) {
    before(i);
    const [next, after, value] = await step(parameters, state);
    [parameters, state] = [next, after];
    losses.push(value);
  }
  return await Promise.all(np.flatten([losses, parameters, state]).arrays.map((array) => array.codes()));
}

/** Destroys the device as soon as it was given so many submissions more. */
function loseAfter(device: GPUDevice, submissions: number): void {
  const submit = device.queue.submit.bind(device.queue);
  let left = submissions;
  vi.spyOn(device.queue, 'submit').mockImplementation((buffers) => {
    submit(buffers);
    if (--left === 0) device.destroy();
  });
}

const deviceOf = ({ executor: { device } }: np.Arrays): GPUDevice => {
  if (device === undefined) throw new Error('no device');
  return device;
};

describe.each(ADAPTERS)('%s', (adapter) => {
  test('recovered, training has the bits that it has without a loss', async () => {
    using reference = await openArrays({ executor: 'reference' });
    const expected = await train(reference);
    await fc.assert(
      fc.asyncProperty(fc.nat(STEPS - 1), fc.nat(4), async (at, submissions) => {
        using arrays = await openArrays({ adapter, onLost: 'recover' });
        const device = deviceOf(arrays);
        const codes = await train(arrays, (step) => {
          if (step !== at) return;
          if (submissions === 0) device.destroy();
          else loseAfter(device, submissions);
        });
        expect(codes).toEqual(expected);
        expect(deviceOf(arrays)).not.toBe(device);
      }),
      { numRuns: 2 },
    );
  });

  test('recovered, steps that are recorded anew each time have them too', async () => {
    using reference = await openArrays({ executor: 'reference' });
    using arrays = await openArrays({ adapter, onLost: 'recover' });
    const run = async (on: np.Arrays, before: (step: number) => void = () => undefined) => {
      let [w, velocity] = [np.normal(on.key(1), [5]), on.zeros([5])];
      const losses = [];
      for (let i = 0; i < 6; i++) {
        velocity = np.add(np.multiply(velocity, 0.9), w);
        w = np.subtract(w, np.multiply(velocity, 0.1));
        before(i);
        losses.push(await np.sum(np.square(w)).item());
      }
      return [losses, await w.codes()];
    };
    const lose = (step: number): void => {
      if (step === 2) deviceOf(arrays).destroy();
      if (step === 4) loseAfter(deviceOf(arrays), 1);
    };
    expect(await run(arrays, lose)).toEqual(await run(reference));
  });

  test('recovered twice, and what was read before is not computed again', async () => {
    using arrays = await openArrays({ adapter, onLost: 'recover' });
    const x = np.exp(arrays.array([1, 2, 3]));
    const [before] = await Promise.all([x.codes(), np.sum(x).item()]);
    const { live } = arrays.memory();
    for (let i = 0; i < 2; i++) {
      deviceOf(arrays).destroy();
      await arrays.scope(async () => {
        const y = np.negative(x);
        await arrays.realize(y);
        expect(await np.negative(y).codes()).toEqual(before);
      });
      expect(arrays.memory().live).toBeLessThanOrEqual(live);
    }
  });

  test('a run that loses every device is told after three', async () => {
    using arrays = await openArrays({ adapter, onLost: 'recover' });
    const type = Object.getPrototypeOf(deviceOf(arrays).queue) as GPUQueue;
    const x = arrays.array([1, 2]);
    await arrays.realize(np.add(x, 1));
    const lost = new Set<GPUDevice>();
    const spy = vi.spyOn(type, 'submit').mockImplementation(() => {
      lost.add(deviceOf(arrays));
      deviceOf(arrays).destroy();
    });
    await expect(np.add(x, 2).data()).rejects.toThrow(DeviceLostError);
    spy.mockRestore();
    expect(lost.size).toBeGreaterThan(0);
    expect(await np.add(x, 2).tolist()).toEqual([3, 4]);
  });

  test('an index outside is told after a loss too, and by what lies inside not', async () => {
    using arrays = await openArrays({ adapter, onLost: 'recover' });
    const data = arrays.array([1, 2, 3]);
    const index = np.add(arrays.array(Int32Array.of(1, 1)), arrays.array(Int32Array.of(1, 7)));
    const [inside, outside] = [np.take(data, np.at(index, 0)), np.take(data, index)];
    await arrays.realize(inside, outside);
    deviceOf(arrays).destroy();
    await arrays.realize(np.add(data, 1));
    expect(await inside.item()).toBe(3);
    await expect(outside.data()).rejects.toThrow(/outside/);
  });

  test('reported, the error tells what was on the device alone; what the host has can be read', async () => {
    using arrays = await openArrays({ adapter });
    const given = arrays.array([1, 2, 3]);
    const read = np.add(given, 1);
    expect(await read.tolist()).toEqual([2, 3, 4]);
    const [one, two] = [np.multiply(given, 2), np.multiply(read, 3)];
    const matrix = np.outer(given, read);
    const kept = np.sum(matrix);
    await arrays.realize(one, two, matrix);
    deviceOf(arrays).destroy();
    const told =
      /the WebGPU device was lost \(.*\): .*\. 3 arrays of 60 bytes had values on it alone, which are lost: 1 float32\[3, 3\], 2 float32\[3\]\. What was given or read before can still be read: open another device/;
    for (const use of [() => one.data(), () => kept.item(), () => np.add(one, 1).data(), () => two.codes()]) {
      await expect(use()).rejects.toThrow(DeviceLostError);
      await expect(use()).rejects.toThrow(told);
    }
    expect(await given.tolist()).toEqual([1, 2, 3]);
    using anew = await openArrays({ adapter });
    const step = np.add(
      anew.array(await read.data()),
      anew.array({ codes: await given.codes() }, { dtype: 'float32' }),
    );
    expect(await step.tolist()).toEqual([3, 5, 7]);
  });

  test('reported, a compiled training step in flight fails with the same words', async () => {
    using arrays = await openArrays({ adapter });
    const lost = train(arrays, (step) => {
      if (step === 1) loseAfter(deviceOf(arrays), 1);
    });
    await expect(lost).rejects.toThrow(/had values on it alone, which are lost: .*bfloat16\[4, 1\]/);
  });
});

test('options that cannot be', async () => {
  await expect(openArrays({ onLost: 'ignore' as 'report' })).rejects.toThrow(
    'openArrays: onLost is one of report, recover; received ignore.',
  );
  const device = {} as GPUDevice;
  await expect(openArrays({ device, onLost: 'recover' })).rejects.toThrow(
    'openArrays: onLost: recover needs a device that is opened here',
  );
});
