/** Layers: what they give against plain loops, and their gradients against differences in float64. */
import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/numerics';
import { add, openArrays, type Arrays, type NDArray } from '../../../src/tensor/array';
import { grad, stopGradient, valueAndGrad } from '../../../src/tensor/gradient';
import {
  attention,
  crossEntropy,
  embedding,
  layerNorm,
  linear,
  meanSquaredError,
  mlp,
  multiHeadAttention,
  rmsNorm,
  rotary,
} from '../../../src/tensor/nn';
import type { Node } from '../../../src/tensor/graph';
import { check, numbers } from '../gradient/differences';

let arrays: Arrays;
beforeAll(async () => {
  arrays = await openArrays({ executor: 'reference' });
});

/** Builds on arrays of nodes. */
const on =
  (build: (...inputs: NDArray[]) => NDArray) =>
  (inputs: readonly Node[]): Node =>
    build(...inputs.map((node) => arrays.adopt(node))).node;

/** The first of what is there. */
function got<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing there');
  return value;
}

/** Softmax attention in float64, of [T, D], [S, D], [S, D]. */
function plainAttention(q: number[][], k: number[][], v: number[][], causal: boolean): number[][] {
  const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  return q.map((query, i) => {
    const seen = k.flatMap((key, j) =>
      causal && j > i + k.length - q.length
        ? []
        : [{ j, weight: Math.exp(dot(query, key) / Math.sqrt(query.length)) }],
    );
    const total = seen.reduce((sum, { weight }) => sum + weight, 0);
    return query.map((_, d) =>
      seen.reduce((sum, { j, weight }) => sum + (weight / total) * (v[j]?.[d] ?? 0), 0),
    );
  });
}

describe('attention', () => {
  const rows = (count: number, depth: number, seed: number): number[][] =>
    Array.from({ length: count }, (_, i) => numbers(depth, seed + i));

  test.each([
    { causal: false, block: 512 },
    { causal: true, block: 512 },
    { causal: false, block: 2 },
    { causal: true, block: 3 },
  ])('equals the plain softmax, $causal, in blocks of $block', async ({ causal, block }) => {
    const [q, k, v] = [rows(4, 3, 1), rows(7, 3, 20), rows(7, 3, 40)];
    const result = attention(arrays.array(q), arrays.array(k), arrays.array(v), { causal, block });
    const expected = plainAttention(q, k, v, causal).flat();
    // Sums of at most 7 weighted values below 1, each of a few roundings.
    for (const [i, value] of (await result.data()).entries())
      expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(2 ** -19);
  });

  test('gradients, in one block and in several', () => {
    for (const block of [512, 2])
      check(
        [
          [1, 3, 2],
          [1, 5, 2],
          [1, 5, 2],
        ],
        on((q, k, v) => attention(got(q), got(k), got(v), { causal: true, block })),
        { roundings: 4 },
      );
  });

  test('shapes that do not fit', () => {
    const [q, k] = [arrays.zeros([3, 2]), arrays.zeros([5, 4])];
    expect(() => attention(q, k, k)).toThrow('attention: takes queries [..., T, D]');
    expect(() => multiHeadAttention({ width: 10, heads: 4 })).toThrow('does not divide into 4 heads');
  });
});

describe('gradients', () => {
  const x = [2, 4];
  test('layer norm and rms norm', () => {
    const [norm, root] = [layerNorm({ width: 4 }), rmsNorm({ width: 4 })];
    check(
      [x, [4], [4]],
      on((a, scale, shift) => norm.apply({ scale: got(scale), shift: got(shift) }, got(a))),
      {
        roundings: 8,
      },
    );
    check(
      [x, [4]],
      on((a, scale) => root.apply({ scale: got(scale) }, got(a))),
      { roundings: 4 },
    );
  });

  test('linear, MLP, gated MLP', () => {
    const layer = linear({ inputs: 4, outputs: 3 });
    check(
      [x, [4, 3], [3]],
      on((a, weight, bias) => layer.apply({ weight: got(weight), bias: got(bias) }, got(a))),
    );
    for (const activation of ['gelu', 'silu', 'tanh'] as const) {
      const both = mlp({ width: 4, hidden: 5, activation, bias: false });
      const gated = mlp({ width: 4, hidden: 5, activation, bias: false, gated: true });
      check(
        [x, [4, 5], [5, 4]],
        on((a, up, down) => both.apply({ up: { weight: got(up) }, down: { weight: got(down) } }, got(a))),
        { roundings: 2 },
      );
      check(
        [x, [4, 5], [4, 5], [5, 4]],
        on((a, up, gate, down) =>
          gated.apply(
            { up: { weight: got(up) }, gate: { weight: got(gate) }, down: { weight: got(down) } },
            got(a),
          ),
        ),
        { roundings: 2 },
      );
    }
  });

  test('rotary, embedding, multi-head attention', () => {
    check(
      [[3, 4]],
      on((a) => rotary(got(a), { offset: 2 })),
    );
    const table = embedding({ count: 5, width: 2 });
    const ids = arrays.array([[3, 0, 3]], { dtype: 'int32' });
    check(
      [[5, 2]],
      on((rows) => table.apply({ table: got(rows) }, ids)),
    );
    const layer = multiHeadAttention({ width: 4, heads: 2, causal: true, rotary: true, bias: false });
    const weights = [4, 4];
    check(
      [[2, 3, 4], weights, weights, weights, weights],
      on((a, query, key, value, output) => {
        const of = (weight: NDArray | undefined) => ({ weight: got(weight) });
        return layer.apply({ query: of(query), key: of(key), value: of(value), output: of(output) }, got(a));
      }),
      { roundings: 4 },
    );
  });

  test('losses', () => {
    const labels = arrays.array([2, 0], { dtype: 'int32' });
    check(
      [[2, 3]],
      on((scores) => crossEntropy(got(scores), labels)),
    );
    check(
      [x, x],
      on((a, b) => meanSquaredError(got(a), got(b))),
    );
  });
});

describe('values', () => {
  test('a linear layer is the sum of products and the bias, rounded once', async () => {
    const layer = linear({ inputs: 2, outputs: 2, dtype: 'bfloat16' });
    const weight = arrays.array(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'bfloat16' },
    );
    const bias = arrays.array([0.5, -256], { dtype: 'bfloat16' });
    const x = arrays.array([[1, 1]], { dtype: 'bfloat16' });
    const y = layer.apply({ weight, bias }, x);
    expect([y.dtype, ...(await y.data())]).toEqual(['bfloat16', 4.5, -250]);
  });

  test('the same seed gives the same parameters, other tensors other ones', async () => {
    const layer = mlp({ width: 4, hidden: 4 });
    const [a, b] = [layer.init(arrays, 7), layer.init(arrays, 7)];
    expect(await a.up.weight.data()).toEqual(await b.up.weight.data());
    expect(await a.up.weight.data()).not.toEqual(await a.down.weight.data());
    const values = Array.from(await linear({ inputs: 64, outputs: 64 }).init(arrays, 1).weight.data());
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1 / 8);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan((5 * (1 / 8 / Math.sqrt(3))) / 64);
  });

  test('a number outside of the table, and a label that is no class', async () => {
    const layer = embedding({ count: 3, width: 2 });
    const parameters = layer.init(arrays);
    const known = arrays.array([0, 3], { dtype: 'int32' });
    expect(() => layer.apply(parameters, known)).toThrow(
      'embedding: numbers are 0 to 2; received 3 in int32[2].',
    );
    await expect(layer.apply(parameters, add(known, 0)).data()).rejects.toThrow(
      /^embedding of int32\[2\] in a table of 3 rows: an index lies outside/,
    );
    const scores = arrays.zeros([1, 3]);
    const label = arrays.array([-1], { dtype: 'int32' });
    expect(() => crossEntropy(scores, label)).toThrow(
      'crossEntropy: labels are 0 to 2; received -1 in int32[1].',
    );
    await expect(crossEntropy(scores, add(label, 0)).data()).rejects.toThrow(UserError);
    const slope = grad((x: NDArray) => crossEntropy(x, add(label, 0)))(scores);
    await expect(slope.data()).rejects.toThrow(/^crossEntropy.*index lies outside/);
  });

  test('arrays of another context', async () => {
    using others = await openArrays({ executor: 'reference' });
    const layer = embedding({ count: 3, width: 2 });
    const numbersThere = others.zeros([1], 'int32');
    const told = 'int32[1] belongs to arrays of another context';
    expect(() => layer.apply(layer.init(arrays), numbersThere)).toThrow(`embedding: ${told}`);
    expect(() => crossEntropy(arrays.zeros([1, 3]), numbersThere)).toThrow(`crossEntropy: ${told}`);
    const inner = linear({ inputs: 2, outputs: 2 });
    expect(() => inner.apply(inner.init(others), arrays.zeros([1, 2]))).toThrow(
      'linear: float32[2, 2] belongs to arrays of another context',
    );
  });
});

describe('grad', () => {
  test('the gradient has the form of the argument, and zeros where there is none', async () => {
    const parameters = { w: arrays.array([1, 2]), list: [arrays.array([3, 4]), arrays.array([9])] as const };
    const step = valueAndGrad(({ w, list }: typeof parameters) => meanSquaredError(w, list[0]));
    const [value, gradient] = step(parameters);
    expect(await value.item()).toBe(4);
    expect(Object.keys(gradient)).toEqual(['w', 'list']);
    expect([...(await gradient.w.data())]).toEqual([-2, -2]);
    expect([...(await gradient.list[1].data())]).toEqual([0]);
  });

  test('stopGradient, and what cannot be derived', () => {
    const x = arrays.array([1, 2]);
    const [, gradient] = valueAndGrad((a: NDArray) => meanSquaredError(a, stopGradient(a)))(x);
    expect(gradient.shape).toEqual([2]);
    expect(() => valueAndGrad((a: NDArray) => a)(x)).toThrow(
      'must give one float, of shape []; received float32[2]',
    );
    expect(() => valueAndGrad((a: NDArray) => a)(arrays.array([1], { dtype: 'int32' }))).toThrow(
      'have no gradient',
    );
  });
});
