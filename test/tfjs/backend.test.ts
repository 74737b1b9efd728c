/** The backend as a program of tfjs sees it: values, memory, modes, and what is computed when. */
import * as tf from '@tensorflow/tfjs-core';
import { getKernelsForBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeArray, encodeArray, type CodeArray } from '../../src/numerics';
import type { Executor } from '../../src/tensor/executor';
import type { Node } from '../../src/tensor/graph';
import { evaluateAll, ReferenceExecutor } from '../../src/tensor/reference';
import { DELEGATED_KERNELS, registerSystole } from '../../src/tfjs';

const executor = await ReferenceExecutor.create();

registerSystole({ arrays: { executor } });
registerSystole({ name: 'systole-bfloat16', precision: 'bfloat16', arrays: { executor } });

beforeEach(async () => {
  await tf.setBackend('systole');
});

describe('values', () => {
  it('are those of the call: an array that is changed afterwards changes nothing', async () => {
    const given = Float32Array.of(1, 2, 3);
    const x = tf.tensor(given);
    given[0] = 100;
    expect([...(await x.data())]).toEqual([1, 2, 3]);
    const read = await x.data();
    read[0] = 100;
    expect([...(await x.data())]).toEqual([1, 2, 3]);
  });

  it('of int32 are exact, and of bool bytes of 1 and 0', async () => {
    const x = tf.tensor1d([123456789, -7], 'int32');
    expect([...(await tf.mul(x, tf.scalar(2, 'int32')).data())]).toEqual([246913578, -14]);
    expect(await tf.less(x, tf.scalar(0, 'int32')).data()).toEqual(Uint8Array.of(0, 1));
  });

  it('can be asked for at once as long as the host has what they hang on', () => {
    const x = tf.tensor1d([1, 2, 3]);
    expect([...tf.add(x, 1).dataSync()]).toEqual([2, 3, 4]);
  });

  it('move to another backend and back', async () => {
    const x = tf.add(tf.tensor1d([1, 2]), tf.tensor1d([10, 20]));
    await tf.setBackend('systole-bfloat16');
    const y = tf.add(x, tf.tensor1d([100, 200]));
    expect([...(await y.data())]).toEqual([111, 222]);
  });
});

describe('in Node', () => {
  it('a backend without arrays is told how to have a device', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    registerSystole({ name: 'systole-alone' });
    await tf.setBackend('systole-alone');
    const told = warn.mock.calls.map(String).join();
    warn.mockRestore();
    await tf.setBackend('systole');
    tf.removeBackend('systole-alone');
    expect(told).toContain(
      'Node has no WebGPU of its own: say registerSystole({ arrays: openArrays() }), with import { openArrays } from "systole/node".',
    );
  });
});

describe('memory', () => {
  it('is what it was before once what was made is disposed', async () => {
    const before = { live: executor.memory.live, ids: tf.engine().backend.numDataIds() };
    const step = (): tf.Tensor =>
      tf.tidy(() => {
        const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
        const loss = (w: tf.Tensor): tf.Scalar => tf.mean(tf.square(tf.matMul(x, w)));
        return tf.grad(loss)(tf.ones([2, 2]));
      });
    for (let i = 0; i < 10; i++) {
      const gradient = step();
      await gradient.data();
      gradient.dispose();
    }
    expect(executor.memory.live).toBe(before.live);
    expect(tf.engine().backend.numDataIds()).toBe(before.ids);
  });

  it('is not asked for by kernels that only name elements anew', () => {
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const before = tf.engine().backend.numDataIds();
    expect(tf.expandDims(tf.reshape(x, [4]), 0).shape).toEqual([1, 4]);
    expect(tf.engine().backend.numDataIds()).toBe(before);
    tf.dispose(x);
  });

  it('is bounded where a program never reads: what is recorded is computed now and then', async () => {
    const before = executor.counts.submissions;
    let x = tf.tensor1d([0]);
    for (let i = 0; i < 12_000; i++) {
      const next = tf.add(x, 1);
      x.dispose();
      x = next as tf.Tensor1D;
      if (i % 1000 === 0) await Promise.resolve();
    }
    expect(executor.counts.submissions - before).toBeGreaterThanOrEqual(2);
    expect([...(await x.data())]).toEqual([12_000]);
    x.dispose();
  });
});

describe('in bfloat16', () => {
  beforeEach(async () => {
    await tf.setBackend('systole-bfloat16');
  });

  const rounded = (values: readonly number[]): number[] => [
    ...decodeArray('bfloat16', encodeArray('bfloat16', Float32Array.from(values))),
  ];

  it('floats are rounded when they are stored, once, and integers are not', async () => {
    expect(tf.engine().backend.floatPrecision()).toBe(16);
    const x = tf.tensor1d([1.01, 2.003, 1000.7]);
    expect([...(await x.data())]).toEqual(rounded([1.01, 2.003, 1000.7]));
    const y = tf.mul(x, x);
    expect([...(await y.data())]).toEqual(rounded(rounded([1.01, 2.003, 1000.7]).map((v) => v * v)));
    expect([...(await tf.tensor1d([123456789], 'int32').data())]).toEqual([123456789]);
  });

  it('products take what is stored', async () => {
    const a = tf.tensor2d([1.5, 2.25, -3, 4], [2, 2]);
    expect([...(await tf.matMul(a, a).data())]).toEqual([-4.5, 12.375, -16.5, 9.25]);
  });

  it('halves what tensors take', async () => {
    const before = executor.memory.live;
    const x = tf.add(tf.ones([1000]), 1);
    await x.data();
    expect(executor.memory.live - before).toBeLessThan(3 * 2 * 1000);
    tf.dispose(x);
  });
});

describe('a device that the host does not see into', () => {
  const upstream = (nodes: readonly Node[]): ReadonlySet<Node> =>
    new Set(nodes.flatMap((node) => [node, ...upstream(node.inputs)]));

  /** The reference, but what it computes is on the host only once it has been read. */
  function hiding(): Executor {
    const hidden = new WeakMap<Node, CodeArray>();
    return {
      name: 'hiding',
      chip: executor.chip,
      memory: executor.memory,
      counts: executor.counts,
      place: (codes) => executor.place(codes),
      run(nodes) {
        const given = new Map(
          [...upstream(nodes)].map((node) => {
            const codes = hidden.get(node);
            return [node, codes === undefined ? node.stored : { codes, release: () => undefined }];
          }),
        );
        for (const [i, { codes }] of evaluateAll(nodes, { given }).entries()) {
          const node = nodes[i];
          if (node === undefined) continue;
          node.settle({ release: () => undefined });
          hidden.set(node, codes);
        }
        return Promise.resolve();
      },
      read: (node) => Promise.resolve(hidden.get(node) ?? encodeArray(node.dtype, new Float32Array())),
      compile: (inputs, outputs) => executor.compile(inputs, outputs),
      close: () => undefined,
    };
  }

  afterEach(() => {
    tf.removeBackend('systole-hiding');
  });

  it('makes dataSync an error that says what to do, and data() the way', async () => {
    registerSystole({ name: 'systole-hiding', arrays: { executor: hiding() } });
    await tf.setBackend('systole-hiding');
    const x = tf.add(tf.tensor1d([1, 2]), 1);
    await tf.time(() => undefined); // all is computed
    const y = tf.add(x, 1);
    expect(() => y.dataSync()).toThrow(/on the adapter: await its data\(\)/);
    expect([...(await y.data())]).toEqual([3, 4]);
  });
});

describe('kernels', () => {
  it('are told by name where there is none: nothing else computes in its place', () => {
    expect(() => tf.engine().runKernel('NoSuchKernel', {})).toThrow(
      "Kernel 'NoSuchKernel' not registered for backend 'systole'",
    );
  });

  it('of strings are tfjs’s, and said to be', () => {
    expect(getKernelsForBackend('cpu')).toEqual([]);
    for (const call of [() => tf.string.stringSplit(['a b'], ' '), () => tf.concat([['a'], ['b']])])
      expect(call).toThrow(
        /of strings is computed by tfjs's backend 'cpu': import '@tensorflow\/tfjs-backend-cpu'/,
      );
    expect(DELEGATED_KERNELS).toContain('StringSplit');
  });

  it('take unknown options for an error', () => {
    expect(() => {
      registerSystole({ precison: 'bfloat16' } as never);
    }).toThrow(/precison/);
    expect(() => {
      registerSystole({ precision: 'float16' as never });
    }).toThrow(/precision is one of float32, bfloat16; received float16/);
  });
});
