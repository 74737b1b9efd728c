/** Tensors of buffers and buffers of tensors, on every adapter: `tf.tensor({buffer})`, `dataToGPU()` and `compute`. */
import * as tf from '@tensorflow/tfjs-core';
import { globals } from 'webgpu';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../../src/host';
import { openArrays as openNodeArrays } from '../../src/node';
import { openArrays, type Arrays } from '../../src/tensor/array';
import { compute, registerSystole } from '../../src/tfjs';
import { ADAPTERS, open } from '../execute/webgpu/devices';

// By which tfjs-core tells a buffer; a browser has it.
globalThis.GPUBuffer = (globals as Pick<typeof globalThis, 'GPUBuffer'>).GPUBuffer;

const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, STORAGE: 0x80 } as const;

describe.each(ADAPTERS)('%s', (adapter) => {
  const inBfloat16 = `${adapter} in bfloat16`;
  let opened: { readonly host: Host; readonly arrays: Arrays } | undefined;
  const get = () => {
    if (opened === undefined) throw new Error('not open yet');
    return opened;
  };
  const live = () => get().arrays.executor.memory.live;
  beforeAll(async () => {
    const host = await open(adapter);
    const arrays = await openArrays({ device: host.device });
    opened = { host, arrays };
    registerSystole({ name: adapter, arrays });
    registerSystole({ name: inBfloat16, precision: 'bfloat16', arrays });
  });
  afterAll(() => {
    tf.removeBackend(adapter);
    tf.removeBackend(inBfloat16);
    opened?.arrays.close();
    opened?.host.close();
  });
  beforeEach(async () => {
    await tf.setBackend(adapter);
  });

  function filled(values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>, device = get().host.device) {
    const buffer = device.createBuffer({
      size: values.byteLength,
      usage: USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST,
    });
    device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  async function bytesOf(buffer: GPUBuffer | undefined, size: number): Promise<ArrayBuffer> {
    if (buffer === undefined) throw new Error('no buffer');
    const { device } = get().host;
    const staging = device.createBuffer({ size, usage: USAGE.MAP_READ | USAGE.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(USAGE.MAP_READ);
    const bytes = staging.getMappedRange().slice(0);
    staging.destroy();
    return bytes;
  }
  const floatsOf = async ({ buffer }: tf.GPUData, count: number) => [
    ...new Float32Array(await bytesOf(buffer, count * 4)),
  ];

  test('a buffer that is copied may be written to and destroyed', async () => {
    const before = live();
    const buffer = filled(Float32Array.of(1, 2, 3, 4));
    const x = tf.tensor({ buffer }, [2, 2]);
    get().host.device.queue.writeBuffer(buffer, 0, Float32Array.of(9, 9));
    buffer.destroy();
    expect([...(await tf.add(x, 1).data())]).toEqual([2, 3, 4, 5]);
    const whole = tf.tensor({ buffer: filled(Int32Array.of(-1, 2 ** 30)) }, [2], 'int32');
    expect(await whole.data()).toEqual(Int32Array.of(-1, 2 ** 30));
    tf.dispose([x, whole]);
    expect(live()).toBeLessThanOrEqual(before + 16 + 4); // the sum and its 1
  });

  test('with zeroCopy it is the tensor itself, and stays the caller’s', async () => {
    const buffer = filled(Float32Array.of(1, 2, 3, 4));
    const x = tf.tensor({ buffer, zeroCopy: true }, [4], 'float32');
    get().host.device.queue.writeBuffer(buffer, 0, Float32Array.of(7));
    expect([...(await tf.square(x).data())]).toEqual([49, 4, 9, 16]);
    x.dispose();
    expect([...new Float32Array(await bytesOf(buffer, 8))]).toEqual([7, 2]);
    buffer.destroy();
  });

  test('what is not computed says how, and gives its buffer afterwards, which is a copy', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.mul(x, 2);
    expect(() => y.dataToGPU()).toThrow(
      'dataToGPU: the values of float32[3] are not computed yet: await compute(x) of systole/tfjs first.',
    );
    await compute(y);
    const before = live();
    const data = y.dataToGPU();
    expect(live()).toBe(before + 12);
    expect(await floatsOf(data, 3)).toEqual([2, 4, 6]);
    if (data.buffer !== undefined) get().host.device.queue.writeBuffer(data.buffer, 0, Float32Array.of(5));
    expect([...(await data.tensorRef.data())]).toEqual([5, 4, 6]);
    expect([...(await y.data())]).toEqual([2, 4, 6]);
    data.tensorRef.dispose();
    expect(live()).toBe(before);
    expect(await floatsOf(x.dataToGPU(), 3)).toEqual([1, 2, 3]); // what the host gave needs no computing
  });

  test('a buffer out of a tensor makes a tensor, and bool is a word for each', async () => {
    const y = tf.greater(tf.tensor1d([1, 5]), 2);
    await compute(y);
    expect([...new Int32Array(await bytesOf(y.dataToGPU().buffer, 8))]).toEqual([0, 1]);
    const { buffer } = tf.tensor1d([3, 4]).dataToGPU();
    if (buffer === undefined) throw new Error('no buffer');
    expect([...(await tf.tensor({ buffer, zeroCopy: true }, [2]).data())]).toEqual([3, 4]);
  });

  test('stored as bfloat16, it is float32 in buffers', async () => {
    await tf.setBackend(inBfloat16);
    for (const zeroCopy of [false, true]) {
      const x = tf.tensor({ buffer: filled(Float32Array.of(1.01, 3)), zeroCopy }, [2]);
      await compute(x);
      expect(await floatsOf(x.dataToGPU(), 2)).toEqual([1.0078125, 3]);
      const before = live();
      x.dispose();
      expect(live()).toBeLessThan(before);
    }
  });

  test('errors say what was required', async () => {
    const buffer = filled(Float32Array.of(1, 2));
    expect(() => tf.tensor({ buffer }, [3])).toThrow('copy: float32[3] takes 12 bytes; received one of 8.');
    expect(() => tf.tensor({ buffer, zeroCopy: true }, [3])).toThrow('wrap: float32[3] takes 12 bytes');
    const closed = get().host.device.createBuffer({ size: 8, usage: USAGE.STORAGE });
    expect(() => tf.tensor({ buffer: closed }, [2])).toThrow('needs the usage COPY_SRC too');
    const texture: tf.WebGLData = { texture: {}, height: 1, width: 1, channels: 'RGBA' };
    expect(() => tf.backend().createTensorFromGPUData(texture, [4], 'float32')).toThrow(
      'a texture of WebGL is of no use here',
    );
    expect(() => tf.complex([1], [2]).dataToGPU()).toThrow('complex64 has no buffer of its own');
    expect(() => tf.tensor1d(['a']).dataToGPU()).toThrow('string has no buffer of its own');
    const gone = tf.tensor1d([1]);
    gone.dispose();
    await expect(compute(gone)).rejects.toThrow('compute: float32[1] is a tensor of another backend');
  });

  test.each([false, true])(
    'a buffer of another device (zeroCopy: %s) is told by the next reading, and the one after it works',
    async (zeroCopy) => {
      const other = await open(adapter);
      const buffer = filled(Float32Array.of(1, 2), other.device);
      const x = tf.tensor({ buffer, zeroCopy }, [2]);
      await expect(x.data()).rejects.toThrow(/a buffer of 8 bytes was refused; is it of another device\?/);
      x.dispose();
      expect([...(await tf.add([1, 2], 1).data())]).toEqual([2, 3]);
      other.close();
    },
  );
});

test('a lost device is told with what went with it, or recovered from, as the caller chose', async () => {
  const [adapter = ''] = ADAPTERS;
  const run = async (onLost: 'report' | 'recover') => {
    using arrays = await openNodeArrays({ adapter, onLost });
    const name = `systole-${onLost}`;
    registerSystole({ name, arrays });
    await tf.setBackend(name);
    const y = tf.mul(tf.tensor1d([1, 2, 3]), 2);
    await compute(y);
    arrays.executor.device?.destroy();
    try {
      return [...(await tf.add(y, 1).data())];
    } finally {
      tf.removeBackend(name);
    }
  };
  await expect(run('report')).rejects.toThrow(/1 array of 12 bytes had values on it alone.*1 float32\[3\]/);
  expect(await run('recover')).toEqual([3, 5, 7]);
});

test('without WebGPU there are no buffers', async () => {
  registerSystole({ name: 'systole-reference', executor: 'reference' });
  await tf.setBackend('systole-reference');
  const x = tf.tensor1d([1]);
  expect(() => x.dataToGPU()).toThrow('dataToGPU: the reference executor has no GPUBuffer');
  tf.removeBackend('systole-reference');
});
