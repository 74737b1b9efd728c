/** What callers get wrong, as a stranger does: what is common elsewhere is taken, and the rest is told by the function's name. */
import { describe, expect, test } from 'vitest';
import * as api from '../../../src/arrays';
import { UserError } from '../../../src/numerics';
import { sharedArrays } from './open';

const shared = sharedArrays();
const ones = (...shape: number[]): api.NDArray => shared.arrays.ones(shape);
const wrong = (value: unknown): never => value as never;

async function told(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'no error';
  } catch (error) {
    return error instanceof UserError ? error.message : `no UserError: ${String(error)}`;
  }
}

describe('what is common elsewhere is taken', () => {
  test('a number as the shape of one axis', async () => {
    expect(await shared.arrays.zeros(3).tolist()).toEqual([0, 0, 0]);
    expect(await shared.arrays.ones(2).tolist()).toEqual([1, 1]);
    expect(await shared.arrays.full(2, 7).tolist()).toEqual([7, 7]);
    expect(api.reshape(ones(2, 2), 4).shape).toEqual([4]);
    expect(api.reshape(ones(2, 2), -1).shape).toEqual([4]);
  });

  test('one index that is no list', async () => {
    const x = shared.arrays.zeros([3]);
    expect(await api.setAt(x, 1, 5).tolist()).toEqual([0, 5, 0]);
    expect(await api.addAt(x, '1:', 2).tolist()).toEqual([0, 2, 2]);
    expect(await api.maximumAt(x, shared.arrays.array([0, 2], { dtype: 'int32' }), 4).tolist()).toEqual([
      4, 0, 4,
    ]);
    expect(await api.minimumAt(x, { stop: 1 }, -1).tolist()).toEqual([-1, 0, 0]);
  });

  test('the operands of einsum one after the other', async () => {
    const [a, b] = [ones(2, 3), ones(3, 2)];
    const expected = await api.einsum('ij,jk->ik', [a, b], { dtype: 'bfloat16' }).tolist();
    const found = api.einsum('ij,jk->ik', a, b, { dtype: 'bfloat16' });
    expect(found.dtype).toBe('bfloat16');
    expect(await found.tolist()).toEqual(expected);
  });

  test('metadata as an object of texts', async () => {
    const bytes = new Uint8Array(
      await new Response(api.saveArrays({ x: ones(1) }, { metadata: { step: '1' } })).arrayBuffer(),
    );
    expect([...(await api.openSafetensors(bytes)).metadata]).toEqual([['step', '1']]);
  });
});

const M = () => shared.arrays.zeros([2, 3, 4], 'int32');

/** Each with the beginning of what it is told. */
const MISTAKES: readonly (readonly [string, () => unknown, string])[] = [
  ['matmul by a number', () => api.matmul(ones(2, 2), wrong(3)), 'matmul: takes an array; received 3.'],
  ['a number by matmul', () => api.matmul(wrong(3), ones(2, 2)), 'matmul: takes an array; received 3.'],
  ['dot of a number', () => api.dot(ones(2, 2), wrong(3)), 'dot: takes an array; received 3.'],
  ['outer of a number', () => api.outer(ones(2), wrong(3)), 'outer: takes an array; received 3.'],
  [
    'einsum of a number',
    () => api.einsum('i,->i', wrong([ones(2), 3])),
    'einsum: takes an array; received 3.',
  ],
  ['einsum without text', () => api.einsum(wrong(ones(2)), [ones(2)]), 'einsum: needs an equation first'],
  [
    'concatenate with a number',
    () => api.concatenate(wrong([ones(2), 3])),
    'concatenate: takes an array; received 3.',
  ],
  [
    'concatenate without a list',
    () => api.concatenate(wrong(ones(2))),
    'concatenate: takes a list of arrays',
  ],
  [
    'tensordot with an axis twice',
    () =>
      api.tensordot(ones(2, 2), ones(2, 2), [
        [0, 0],
        [0, 1],
      ]),
    'tensordot: an axis of float32[2, 2] is given twice: 0, 0.',
  ],
  [
    'tensordot of fewer axes than none',
    () => api.tensordot(ones(2, 2), ones(2, 2), -1),
    'tensordot: the number of axes is a whole number of 0 to 2; received -1.',
  ],
  ['tensordot of no axes', () => api.tensordot(ones(2), ones(2), wrong('i')), 'tensordot: axes are a number'],
  [
    'an axis that is text',
    () => api.argmax(ones(2), { axis: wrong('x') }),
    "argmax: an axis is a whole number; received 'x'.",
  ],
  [
    'an axis that is null',
    () => api.sum(ones(2), { axis: wrong(null) }),
    'sum: an axis is a whole number; received null.',
  ],
  [
    'an axis that is text, of softmax',
    () => api.softmax(ones(2), { axis: wrong('x') }),
    'softmax: an axis is a whole number; received',
  ],
  [
    'an axis given twice',
    () => api.sum(M(), { axis: [0, -3] }),
    'sum: an axis of int32[2, 3, 4] is given twice: 0, -3.',
  ],
  ['no index', () => api.at(ones(2), wrong(undefined)), 'at: an index is a whole number, a range'],
  [
    'no index to set',
    () => api.setAt(ones(2), wrong(undefined), 1),
    'setAt: an index is a whole number, a range',
  ],
  [
    'a list of values to set',
    () => api.setAt(ones(2), [], wrong([1, 2])),
    'setAt: values are an array or a number',
  ],
  ['64-bit integers', () => shared.arrays.array(wrong(new BigInt64Array(2))), 'array: a BigInt64Array'],
  [
    'a shape that is text',
    () => shared.arrays.zeros(wrong('3')),
    'zeros: a shape is a list of whole numbers',
  ],
  [
    'pooling by a window',
    () => api.maxPool(ones(1, 2, 1), wrong({ window: [2] })),
    'maxPool has no option "window"',
  ],
  ['pooling without taps', () => api.maxPool(ones(1, 2, 1), wrong({})), 'maxPool: needs taps'],
  ['pooling in a layer without taps', () => api.nn.maxPool(ones(1, 2, 1), wrong({})), 'maxPool: needs taps'],
  [
    'loading without arrays',
    () => api.loadArrays(new Uint8Array(8), wrong(undefined)),
    'loadArrays: needs the arrays',
  ],
  [
    'restoring null',
    () => api.restoreArrays(wrong(null), { x: ones(1) }),
    'restoreArrays: takes a Uint8Array',
  ],
  [
    'restoring a path',
    () => api.restoreArrays(wrong('a.safetensors'), { x: ones(1) }),
    'restoreArrays: takes a Uint8Array',
  ],
  [
    'loading a path',
    () => api.loadArrays(wrong('a.safetensors'), shared.arrays),
    'loadArrays: takes a Uint8Array',
  ],
  [
    'metadata of a number',
    () => api.saveArrays({ x: ones(1) }, { metadata: wrong({ step: 1 }) }),
    'Metadata has texts, under keys',
  ],
  ['no device', () => api.openArrays({ device: wrong({}) }), 'device must be a GPUDevice'],
  [
    'an axis for expandDims',
    () => api.expandDims(M(), 7),
    'expandDims: axis 7 lies outside of the result of int32[2, 3, 4]: axes are -4 to 3.',
  ],
  [
    'an axis for stack',
    () => api.stack([M(), M()], 7),
    'stack: axis 7 lies outside of the result of int32[2, 3, 4]: axes are -4 to 3.',
  ],
  [
    'grad of no argument',
    () => api.grad((x: api.NDArray) => x, { argument: 1 as 0 })(ones(1)),
    'grad: argument 1',
  ],
  [
    'grad of no number',
    () => api.grad((x: api.NDArray) => x)(ones(2)),
    'grad: the function must give one float',
  ],
];

test.each(MISTAKES)('%s is told', async (_, call, message) => {
  expect((await told(call)).slice(0, message.length)).toBe(message);
});

test('an index that only the device knows to lie outside is told with its axis', async () => {
  const x = shared.arrays.zeros([10], 'int32');
  const index = shared.arrays.full(2, 12, 'int32');
  expect(await told(() => api.at(x, index).data())).toBe(
    'at of int32[10] along axis 0 of 10 elements: an index lies outside.',
  );
  expect(await told(() => api.setAt(ones(2, 3), [':', index], 1).data())).toBe(
    'setAt of float32[2, 3] along axis 1 of 3 elements: an index lies outside.',
  );
});

test('a closed context makes no arrays, and does not advise to keep old ones', async () => {
  const arrays = await api.openArrays({ executor: 'reference' });
  const old = arrays.ones(2);
  arrays.close();
  for (const call of [
    () => arrays.ones(2),
    () => arrays.array([1]),
    () => arrays.key(1),
    () => arrays.eye(2),
  ])
    expect(await told(call)).toBe('arrays: this context was closed: open another with openArrays().');
  expect(await told(() => api.add(old, 1))).toBe(
    'add: the array float32[2] was closed with its context: open another with openArrays(), and make it anew there.',
  );
});
