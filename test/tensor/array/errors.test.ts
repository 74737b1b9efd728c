/** Every function tells what is wrong with its arrays by its own name, with their format and shape. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/numerics';
import { openArrays } from '../../../src/node';
import * as np from '../../../src/tensor/array';
import { ADAPTERS } from '../../execute/webgpu/devices';
import { sharedArrays } from './open';

type Call = (x: np.NDArray, y: np.NDArray) => unknown;

/** Calls that are not of one or two arrays alone. */
const CALLS: Readonly<Record<string, Call>> = {
  at: (x) => np.at(x, 0),
  addAt: (x, y) => np.addAt(x, [0], y),
  astype: (x) => np.astype(x, 'bfloat16'),
  averagePool: (x) => np.averagePool(x, { taps: [1] }),
  bernoulli: (x) => np.bernoulli(x, [2], 0.5),
  bitcast: (x) => np.bitcast(x, 'int32'),
  broadcastTo: (x) => np.broadcastTo(x, [2, 2, 2]),
  concatenate: (x, y) => np.concatenate([x, y]),
  convolve: (x, y) => np.convolve(x, y),
  diagonal: (x) => np.diagonal(x),
  einsum: (x, y) => np.einsum('ij,jk', [x, y]),
  expandDims: (x) => np.expandDims(x, 0),
  flip: (x) => np.flip(x, 0),
  foldIn: (x) => np.foldIn(x, 1),
  hstack: (x, y) => np.hstack([x, y]),
  maxPool: (x) => np.maxPool(x, { taps: [1] }),
  maximumAt: (x, y) => np.maximumAt(x, [0], y),
  minimumAt: (x, y) => np.minimumAt(x, [0], y),
  moveaxis: (x) => np.moveaxis(x, 0, 1),
  normal: (x) => np.normal(x, [2]),
  oneHot: (x) => np.oneHot(x, 3),
  pad: (x) => np.pad(x, 1),
  permutation: (x) => np.permutation(x, 3),
  randint: (x) => np.randint(x, [2], 0, 3),
  repeat: (x) => np.repeat(x, 2, 0),
  reshape: (x) => np.reshape(x, [4]),
  roll: (x) => np.roll(x, 1),
  setAt: (x, y) => np.setAt(x, [0], y),
  split: (x) => np.split(x, 2),
  splitKey: (x) => np.splitKey(x),
  squeeze: (x) => np.squeeze(x),
  stack: (x, y) => np.stack([x, y]),
  swapaxes: (x) => np.swapaxes(x, 0, 1),
  take: (x) => np.take(x, [0], 0),
  tensordot: (x, y) => np.tensordot(x, y),
  tile: (x) => np.tile(x, 2),
  topK: (x) => np.topK(x, 1),
  transpose: (x) => np.transpose(x),
  tril: (x) => np.tril(x),
  triu: (x) => np.triu(x),
  truncatedNormal: (x) => np.truncatedNormal(x, [2]),
  uniform: (x) => np.uniform(x, [2]),
  vstack: (x, y) => np.vstack([x, y]),
  where: (x, y) => np.where(x, y, 0),
};

/** What their arrays have to be, where float32[2, 2] will not do. */
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  averagePool: [1, 2, 1],
  convolve: [1, 1, 1],
  maxPool: [1, 2, 1],
};
const OF_INTEGERS = ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'leftShift', 'rightShift', 'invert'];

/** Functions that another one tells for: they are calls of it. */
const TOLD_BY: Readonly<Record<string, string>> = {
  dot: 'matmul',
  hstack: 'concatenate',
  moveaxis: 'transpose',
  ravel: 'reshape',
  splitKey: 'foldIn',
  swapaxes: 'transpose',
  vstack: 'concatenate',
};

const OTHERS = ['openArrays', 'openArraysOn', 'describe', 'flatten', 'promote']; // no functions of arrays
const FUNCTIONS = Object.entries(np).flatMap(([name, value]): (readonly [string, Call])[] =>
  typeof value !== 'function' || !/^[a-z]/.test(name) || OTHERS.includes(name)
    ? []
    : [[name, CALLS[name] ?? (value as unknown as Call)]],
);

/** Functions that meet a second array, of the calls above and of those that need none. */
const OF_TWO = new Set([
  ...Object.keys(CALLS).filter((name) => CALLS[name]?.length === 2),
  ...['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'floorDivide', 'mod', 'fmod', 'power'],
  ...['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'],
  ...['logicalAnd', 'logicalOr', 'logicalXor', 'bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'leftShift'],
  ...['rightShift', 'arctan2', 'hypot', 'logaddexp', 'copysign', 'matmul', 'dot', 'outer', 'searchsorted'],
]);

const shared = sharedArrays();

const wanted = (
  name: string,
): { readonly shape: readonly number[]; readonly dtype: 'int32' | 'float32' } => ({
  shape: SHAPES[name] ?? [2, 2],
  dtype: OF_INTEGERS.includes(name) ? 'int32' : 'float32',
});
const made = (arrays: np.Arrays, name: string): np.NDArray => {
  const { shape, dtype } = wanted(name);
  return arrays.ones(shape, dtype);
};

/** The functions that do not tell so, each with what it tells. */
const mistold = (
  names: readonly (readonly [string, Call])[],
  call: (name: string, fn: Call) => unknown,
  message: (name: string) => string,
): readonly string[] =>
  names.flatMap(([name, fn]) => {
    const expected = `${TOLD_BY[name] ?? name}: ${message(name)}`;
    try {
      call(name, fn);
      return [`${name}: no error`];
    } catch (error) {
      if (!(error instanceof UserError)) return [`${name}: ${String(error)}`];
      return error.message.startsWith(expected) ? [] : [error.message];
    }
  });

describe('each function tells', () => {
  test('an array that was disposed', () => {
    const disposed = (name: string): np.NDArray => {
      const x = made(shared.arrays, name);
      x.dispose();
      return x;
    };
    expect(
      mistold(
        FUNCTIONS,
        (name, fn) => {
          const x = disposed(name);
          // What is no operand would be options.
          return OF_TWO.has(name) ? fn(x, x) : (fn as (only: np.NDArray) => unknown)(x);
        },
        (name) => `the array ${np.describe(wanted(name))} was disposed`,
      ),
    ).toEqual([]);
  });

  test('an array of another context, as its second one', async () => {
    using others = await np.openArrays({ executor: 'reference' });
    expect(
      mistold(
        FUNCTIONS.filter(([name]) => OF_TWO.has(name)),
        (name, fn) => fn(made(shared.arrays, name), made(others, name)),
        (name) => `${np.describe(wanted(name))} belongs to arrays of another context: read it there`,
      ),
    ).toEqual([]);
  });

  test('an axis that there is not', () => {
    const x = () => shared.arrays.ones([2, 2]);
    const calls: Readonly<Record<string, () => unknown>> = {
      argmax: () => np.argmax(x(), { axis: 2 }),
      argsort: () => np.argsort(x(), { axis: 2 }),
      concatenate: () => np.concatenate([x(), x()], 2),
      cumsum: () => np.cumsum(x(), { axis: 2 }),
      flip: () => np.flip(x(), 2),
      logsumexp: () => np.logsumexp(x(), { axis: 2 }),
      max: () => np.max(x(), { axis: 2 }),
      mean: () => np.mean(x(), { axis: 2 }),
      moveaxis: () => np.moveaxis(x(), 2, 0),
      norm: () => np.norm(x(), { axis: 2 }),
      repeat: () => np.repeat(x(), 2, 2),
      roll: () => np.roll(x(), 1, 2),
      softmax: () => np.softmax(x(), { axis: 2 }),
      sort: () => np.sort(x(), { axis: 2 }),
      split: () => np.split(x(), 2, 2),
      squeeze: () => np.squeeze(x(), 2),
      std: () => np.std(x(), { axis: 2 }),
      sum: () => np.sum(x(), { axis: [0, 2] }),
      swapaxes: () => np.swapaxes(x(), 0, 2),
      take: () => np.take(x(), [0], 2),
      takeAlongAxis: () => np.takeAlongAxis(x(), shared.arrays.zeros([2, 2], 'int32'), 2),
      topK: () => np.topK(x(), 1, { axis: 2 }),
      transpose: () => np.transpose(x(), [0, 2]),
      variance: () => np.variance(x(), { axis: 2 }),
    };
    for (const [name, call] of Object.entries(calls))
      expect.soft(call, name).toThrow(`${name}: axis 2 lies outside of float32[2, 2]: axes are -2 to 1.`);
  });

  test('a format of 8 bits that the chip lacks', async () => {
    const x = shared.arrays.ones([2, 2]);
    const dtype = 'float8_e4m3fn';
    const calls: Readonly<Record<string, () => unknown>> = {
      add: () => np.add(x, x, { dtype }),
      astype: () => np.astype(x, dtype),
      bitcast: () => np.bitcast(np.astype(x, 'uint8'), dtype),
      divide: () => np.divide(x, x, { dtype }),
      einsum: () => np.einsum('ij,jk', [x, x], { dtype }),
      exp: () => np.exp(x, { dtype }),
      matmul: () => np.matmul(x, x, { dtype }),
      mean: () => np.mean(x, { dtype }),
      normal: () => np.normal(shared.arrays.key(1), [2], { dtype }),
      oneHot: () => np.oneHot(shared.arrays.zeros([2], 'int32'), 3, dtype),
      sum: () => np.sum(x, { dtype }),
      uniform: () => np.uniform(shared.arrays.key(1), [2], { dtype }),
      where: () => np.where(x, x, 0, { dtype }),
    };
    for (const [name, call] of Object.entries(calls))
      expect.soft(call, name).toThrow(`${name}: trn2 has no float8_e4m3fn`);
    using trn3 = await np.openArrays({ chip: 'trn3', executor: 'reference' });
    expect(await np.astype(trn3.ones([1]), dtype).tolist()).toEqual([1]);
  });

  test('ranges that are none, or have no room', () => {
    const { arrays } = shared;
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['arange: int32[3000000000] takes 12000000000 bytes', () => arrays.arange(3e9)],
      ['arange: float32[1000000000000] takes', () => arrays.arange(0, 1e12, 1, 'float32')],
      ['arange: extents are whole numbers', () => arrays.arange(1e300)],
      ['linspace: float32[3000000000] takes', () => arrays.linspace(0, 1, 3e9)],
      ['linspace: needs finite numbers; received NaN, 1.', () => arrays.linspace(NaN, 1, 3)],
      ['eye: k is a whole number', () => arrays.eye(2, 2, NaN)],
      ['tri: k is a whole number', () => arrays.tri(2, 2, 0.5)],
      ['uniform: high - low must be', () => np.uniform(arrays.key(1), [2], { low: -3e38, high: 3e38 })],
      ['uniform: high - low must be', () => np.uniform(arrays.key(1), [2], { high: 1e300 })],
    ];
    for (const [message, call] of calls) expect.soft(call, message).toThrow(message);
  });

  test('a diagonal far outside is empty', async () => {
    const { arrays } = shared;
    expect(await arrays.eye(2, 2, 2 ** 40).tolist()).toEqual(await arrays.zeros([2, 2]).tolist());
    expect(await arrays.tri(2, 2, 2 ** 40).tolist()).toEqual(await arrays.ones([2, 2]).tolist());
    expect(await arrays.tri(2, 2, -(2 ** 40)).tolist()).toEqual(await arrays.zeros([2, 2]).tolist());
  });

  test('an array of another device', async () => {
    using device = await openArrays({ adapter: ADAPTERS[0] ?? '' });
    const [here, there] = [shared.arrays.ones([2, 2]), device.ones([2, 2])];
    expect(() => np.matmul(here, there)).toThrow(
      'matmul: float32[2, 2] belongs to arrays of another device: read it there and make it anew here.',
    );
    const step = shared.arrays.compile((x: np.NDArray) => np.add(x, 1));
    await expect(step(there)).rejects.toThrow('compile: float32[2, 2] belongs to arrays of another device');
  });
});
