/** Products in fp8, loss scaling, and functions that are computed once more for their gradient. */
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeArray, encodeArray, type Dtype } from '../../../src/numerics';
import { multiply, openArrays, sum, tanh, type Arrays, type NDArray } from '../../../src/tensor/array';
import { checkpoint, grad, valueAndGrad } from '../../../src/tensor/gradient';
import { fp8Matmul, lossScaling } from '../../../src/tensor/precision';
import { numbers } from '../gradient/differences';

let arrays: Arrays;
beforeAll(async () => {
  arrays = await openArrays({ executor: 'reference' });
});

/** Rounded to a format of 8 bits after scaling by the power of two that the contract names. */
function quantised(values: readonly number[], dtype: Dtype, binade: number): number[] {
  const largest = Math.max(...values.map(Math.abs), 2 ** -100);
  const scale = binade / 2 ** Math.floor(Math.log2(largest));
  const codes = encodeArray(
    dtype,
    Float32Array.from(values, (value) => value * scale),
    { saturate: true },
  );
  return Array.from(decodeArray(dtype, codes), (value) => value / scale);
}

const product = (
  a: readonly number[],
  b: readonly number[],
  [m, k, n]: readonly [number, number, number],
): number[] =>
  Array.from({ length: m * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    return Array.from({ length: k }, (_, p) => (a[row * k + p] ?? 0) * (b[p * n + column] ?? 0)).reduce(
      (s, x) => s + x,
      0,
    );
  });
const transposed = (a: readonly number[], rows: number, columns: number): number[] =>
  Array.from({ length: a.length }, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)] ?? 0);

/** Sums of k products in float32. */
function near(values: ArrayLike<number>, expected: readonly number[], k: number, largest: number): void {
  expect(values.length).toBe(expected.length);
  for (const [i, value] of Array.from(values).entries())
    expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(k * largest * 2 ** -22);
}

describe('fp8Matmul', () => {
  const [m, k, n] = [3, 8, 4];
  const x = numbers(m * k, 1).map((value) => value * 1000);
  const w = numbers(k * n, 2).map((value) => value / 1000);
  const g = numbers(m * n, 3);

  test('forward in e4m3, backward the gradient in e5m2, with a power of two for each tensor', async () => {
    const loss = (a: NDArray, b: NDArray): NDArray =>
      sum(multiply(fp8Matmul(a, b), arrays.array(g, { shape: [m, n] })));
    const [a, b] = [arrays.array(x, { shape: [m, k] }), arrays.array(w, { shape: [k, n] })];
    const [x8, w8, g8] = [
      quantised(x, 'float8_e4m3', 64),
      quantised(w, 'float8_e4m3', 64),
      quantised(g, 'float8_e5m2', 2 ** 14),
    ];
    near(await fp8Matmul(a, b).data(), product(x8, w8, [m, k, n]), k, 1);
    const [toX, toW] = grad(loss, { argument: [0, 1] })(a, b);
    near(await toX.data(), product(g8, transposed(w8, k, n), [m, n, k]), n, 1e-3);
    near(await toW.data(), product(transposed(x8, m, k), g8, [k, m, n]), m, 1000);
  });

  test('zeros have a scale too', async () => {
    expect([...(await fp8Matmul(arrays.zeros([2, 4]), arrays.zeros([4, 2])).data())]).toEqual([0, 0, 0, 0]);
  });

  test('the chip must have the format', async () => {
    expect(() => fp8Matmul(arrays.zeros([2, 4]), arrays.zeros([4, 2]), { forward: 'float8_e4m3fn' })).toThrow(
      /trn2 has no float8_e4m3fn/,
    );
    expect(() => fp8Matmul(arrays.zeros([2, 4]), arrays.zeros([5, 2]))).toThrow(
      'takes [..., M, K] and [K, N]',
    );
    const trn3 = await openArrays({ executor: 'reference', chip: 'trn3' });
    const ones = [trn3.ones([1, 4]), trn3.ones([4, 1])] as const;
    expect(await fp8Matmul(...ones, { forward: 'float8_e4m3fn' }).item()).toBe(4);
  });
});

describe('loss scaling', () => {
  test('scales, unscales, halves at an overflow, doubles after the interval', async () => {
    const scaling = lossScaling({ initial: 8, interval: 2 });
    let state = scaling.init(arrays);
    expect(await scaling.scaled(arrays.full([], 3), state).item()).toBe(24);
    const step = async (gradient: number): Promise<[number, number, number]> => {
      const result = scaling.unscaled([arrays.array([gradient])], state);
      state = result.state;
      return [
        (await result.gradients[0]?.item()) ?? NaN,
        await result.finite.item(),
        await state.scale.item(),
      ];
    };
    expect(await step(16)).toEqual([2, 1, 8]);
    expect(await step(16)).toEqual([2, 1, 16]);
    expect(await step(Infinity)).toEqual([Infinity, 0, 8]);
    expect((await step(NaN)).slice(1)).toEqual([0, 4]);
  });

  test('arrays of another context', async () => {
    using others = await openArrays({ executor: 'reference' });
    const scaling = lossScaling();
    const state = scaling.init(arrays);
    const there = others.ones([2]);
    const told = 'float32[2] belongs to arrays of another context';
    expect(() => scaling.unscaled([there], state)).toThrow(`unscaled: ${told}`);
    expect(() => scaling.scaled(arrays.ones([2]), scaling.init(others))).toThrow(
      'scaled: float32[] belongs to arrays of another context',
    );
    const flag = arrays.ones([], 'uint8');
    expect(() => scaling.choose(flag, [there], [there])).toThrow(`choose: ${told}`);
  });

  test('a step that overflowed changes nothing', async () => {
    const scaling = lossScaling();
    const choose = async (finite: number): Promise<number[]> => {
      const flag = arrays.array([finite], { dtype: 'uint8', shape: [] });
      const chosen = scaling.choose(flag, { w: arrays.array([1, NaN]) }, { w: arrays.array([5, 6]) });
      return [...(await chosen.w.data())];
    };
    expect(await choose(0)).toEqual([5, 6]);
    expect(await choose(1)).toEqual([1, NaN]);
    expect(() => lossScaling({ initial: 3 })).toThrow('a power of two of 1 to 2^24');
  });
});

describe('checkpoint', () => {
  const deep = (x: NDArray, w: NDArray): NDArray => tanh(multiply(tanh(multiply(x, w)), w));

  test('gives the same value and the same gradient, bit for bit', async () => {
    const [x, w] = [arrays.array([0.5, -2, 1]), arrays.array([1.5, 0.25, -1])];
    const plain = valueAndGrad((a: NDArray, b: NDArray) => sum(deep(a, b)), { argument: [0, 1] })(x, w);
    const again = valueAndGrad((a: NDArray, b: NDArray) => sum(checkpoint(deep)(a, b)), { argument: [0, 1] })(
      x,
      w,
    );
    expect(await again[0].codes()).toEqual(await plain[0].codes());
    for (const i of [0, 1] as const) expect(await again[1][i].codes()).toEqual(await plain[1][i].codes());
  });
});
