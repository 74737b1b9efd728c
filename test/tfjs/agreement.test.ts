/** Kernels whose specs are few, against tfjs's own backend on drawn arguments. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerSystole } from '../../src/tfjs';
import { CALLS, type Drawn } from './drawn-calls';

beforeAll(() => {
  registerSystole();
});

/** What each backend gives: shapes and values, or that it throws. */
async function outcome(backend: string, compute: Drawn) {
  await tf.setBackend(backend);
  const results = (() => {
    try {
      return [compute()].flat();
    } catch {
      return undefined; // messages are tfjs's own, and what its specs look at
    }
  })();
  if (results === undefined) return 'throws';
  return Promise.all(
    results.map(async (result) => {
      const values = [...(await result.data())];
      result.dispose();
      return { shape: result.shape, dtype: result.dtype, values };
    }),
  );
}

/** Values within two millionths of the largest, flags and whole numbers exactly. Whether there are values: both backends may throw. */
async function expectAgreement(compute: Drawn): Promise<boolean> {
  const theirs = await outcome('cpu', compute);
  const own = await outcome('systole', compute);
  if (theirs === 'throws' || own === 'throws') {
    expect(own).toEqual(theirs);
    return false;
  }
  expect(own.map(({ shape, dtype }) => [shape, dtype])).toEqual(
    theirs.map(({ shape, dtype }) => [shape, dtype]),
  );
  for (const [i, { dtype, values }] of theirs.entries()) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const slack = dtype === 'float32' ? largest * 2e-6 : 0;
    for (const [j, value] of values.entries())
      expect(
        Math.abs((own[i]?.values[j] ?? NaN) - value),
        `${i}: ${j}: ${own[i]?.values.join()} ${values.join()}`,
      ).toBeLessThanOrEqual(slack);
  }
  return true;
}

describe('a kernel gives what tfjs’s own gives', () => {
  it.each(Object.entries(CALLS))('%s', async (_, calls) => {
    let computed = 0;
    const agrees = fc.asyncProperty(calls, async (compute) => {
      computed += Number(await expectAgreement(compute));
    });
    await fc.assert(agrees, { numRuns: 25, endOnFailure: true }); // shrinking of whole graphs takes minutes
    expect(computed).toBeGreaterThan(0);
  });
});

describe('where tfjs’s own kernels are wrong', () => {
  it('every image of a batch is transformed', async () => {
    await tf.setBackend('systole');
    const shifted = tf.image.transform(
      tf.tensor4d([1, 2, 3, 4], [2, 1, 2, 1]),
      tf.tensor2d([1, 0, -1, 0, 1, 0, 0, 0], [1, 8]),
    );
    expect([...(await shifted.data())]).toEqual([0, 1, 0, 3]);
  });

  it('a default of several numbers fills the rows of a ragged tensor up', async () => {
    await tf.setBackend('systole');
    const dense = tf.raggedTensorToTensor(
      tf.tensor1d([-1, -1, 2], 'int32'),
      tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]),
      tf.tensor1d([8, 9]),
      [tf.tensor1d([0, 1, 3], 'int32')],
      ['ROW_SPLITS'],
    );
    expect(dense.shape).toEqual([2, 2, 2]);
    expect([...(await dense.data())]).toEqual([1, 2, 8, 9, 3, 4, 5, 6]);
  });

  it('the gradient of resizing has the image’s shape', async () => {
    await tf.setBackend('systole');
    const slope = tf.grad((x) => tf.sum(tf.image.resizeBilinear(x as tf.Tensor4D, [2, 4])))(
      tf.ones([1, 1, 2, 1]),
    );
    expect(slope.shape).toEqual([1, 1, 2, 1]);
    expect([...(await slope.data())]).toEqual([3, 5]);
  });

  it('the gradient of resizing one row to aligned corners is computed', async () => {
    await tf.setBackend('systole');
    const slope = tf.grad((x) => tf.sum(tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [3, 2], true)))(
      tf.ones([1, 1, 2, 1]),
    );
    expect([...(await slope.data())]).toEqual([3, 3]);
  });
});
