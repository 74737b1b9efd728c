/** Every function that takes options refuses a field that it does not know, and what is no object. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/numerics';
import * as api from '../../../src/arrays';
import { sharedArrays } from './open';

const shared = sharedArrays();
const ones = (...shape: number[]): api.NDArray => shared.arrays.ones(shape);
const key = (): api.NDArray => shared.arrays.key(1);

/** A call with options of whatever kind. */
type Call = (options: never) => unknown;

const CALLS: Readonly<Record<string, Call>> = {
  array: (o) => shared.arrays.array([1], o),
  astype: (o) => api.astype(ones(2), 'bfloat16', o),
  attention: (o) => api.nn.attention(ones(2, 2), ones(2, 2), ones(2, 2), o),
  averagePool: (o) => api.averagePool(ones(1, 2, 1), o),
  clip: (o) => api.clip(ones(2), 0, 1, o),
  convolution: (o) => api.nn.convolution(o),
  convolve: (o) => api.convolve(ones(1, 2, 1), ones(1, 1, 1), o),
  dot: (o) => api.dot(ones(2, 2), ones(2, 2), o),
  einsum: (o) => api.einsum('ij,jk', [ones(2, 2), ones(2, 2)], o),
  embedding: (o) => api.nn.embedding(o),
  fp8Matmul: (o) => api.fp8Matmul(ones(2, 2), ones(2, 2), o),
  grad: (o) => api.grad((x: api.NDArray) => x, o),
  layerNorm: (o) => api.nn.layerNorm(o),
  linear: (o) => api.nn.linear(o),
  lossScaling: (o) => api.lossScaling(o),
  matmul: (o) => api.matmul(ones(2, 2), ones(2, 2), o),
  maxPool: (o) => api.maxPool(ones(1, 2, 1), o),
  mlp: (o) => api.nn.mlp(o),
  multiHeadAttention: (o) => api.nn.multiHeadAttention(o),
  outer: (o) => api.outer(ones(2), ones(2), o),
  pad: (o) => api.pad(ones(2), 1, o),
  rmsNorm: (o) => api.nn.rmsNorm(o),
  saveArrays: (o) => api.saveArrays({ x: ones(2) }, o),
  tensordot: (o) => api.tensordot(ones(2, 2), ones(2, 2), 1, o),
  topK: (o) => api.topK(ones(2), 1, o),
  valueAndGrad: (o) => api.valueAndGrad((x: api.NDArray) => x, o),
  where: (o) => api.where(ones(2), 1, 0, o),
};

const UNARY = [
  ...['negative', 'abs', 'square', 'sign', 'relu', 'floor', 'ceil', 'trunc', 'rint', 'reciprocal', 'sqrt'],
  ...['rsqrt', 'exp', 'exp2', 'expm1', 'log', 'log2', 'log10', 'log1p', 'sin', 'cos', 'tan', 'arcsin'],
  ...['arccos', 'arctan', 'sinh', 'cosh', 'tanh', 'arcsinh', 'arccosh', 'arctanh', 'erf', 'erfc', 'sigmoid'],
  ...['softplus', 'gelu', 'geluTanh', 'silu', 'mish', 'sum', 'prod', 'max', 'min', 'any', 'all', 'argmax'],
  ...['argmin', 'countNonzero', 'cumsum', 'cumprod', 'cummax', 'cummin', 'mean', 'variance', 'std', 'norm'],
  ...['logsumexp', 'softmax', 'logSoftmax', 'sort', 'argsort'],
] as const;
const BINARY = [
  ...['add', 'subtract', 'multiply', 'maximum', 'minimum', 'divide', 'floorDivide', 'mod', 'fmod', 'power'],
  ...['arctan2', 'hypot', 'logaddexp', 'copysign'],
] as const;

const ALL: Readonly<Record<string, Call>> = {
  ...CALLS,
  ...Object.fromEntries(UNARY.map((name): [string, Call] => [name, (o) => calling(name)(ones(2, 2), o)])),
  ...Object.fromEntries(BINARY.map((name): [string, Call] => [name, (o) => calling(name)(ones(2), 1, o)])),
};

const calling = (name: string): ((...args: readonly unknown[]) => unknown) =>
  (api as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[name] as (
    ...args: readonly unknown[]
  ) => unknown;

/** Those whose name is not what a message begins with. */
const TOLD: Readonly<Record<string, string>> = { saveArrays: 'Writing .safetensors' };

/** Random functions, and those whose options are tested where they are: with files, devices and programs. */
const WITHOUT = [
  ...['uniform', 'normal', 'truncatedNormal', 'randint', 'bernoulli', 'permutation', 'foldIn', 'splitKey'],
  ...['explain', 'openArrays', 'openArraysOn', 'openSafetensors', 'openSafetensorsStream'],
  ...['safetensorsStream', 'writeSafetensors'],
];

const told = (call: () => unknown): string => {
  try {
    call();
    return 'no error';
  } catch (error) {
    return error instanceof UserError ? error.message : `no UserError: ${String(error)}`;
  }
};

describe('options', () => {
  test.each(Object.entries(ALL))('of %s with a field that is none', (name, call) => {
    expect(told(() => call({ axess: 0 } as never))).toMatch(
      new RegExp(`^${TOLD[name] ?? name} has no option "axess": it takes `),
    );
  });

  test.each(Object.entries(ALL))('of %s that are a number, a list or null', (name, call) => {
    const what = TOLD[name] === undefined ? `${name}: options are an object, as { ` : `${TOLD[name]} takes`;
    expect(told(() => call(0 as never)).slice(0, what.length)).toBe(what);
    expect(told(() => call(null as never)).slice(0, what.length)).toBe(what);
    if (TOLD[name] === undefined) expect(told(() => call([0] as never)).slice(0, what.length)).toBe(what);
  });

  test('are told with what is wanted, and what was probably meant', () => {
    expect(told(() => ALL['sum']?.(0 as never))).toBe(
      'sum: options are an object, as { axis: 0 }; received 0.',
    );
    expect(told(() => ALL['add']?.('bfloat16' as never))).toBe(
      "add: options are an object, as { dtype: 'bfloat16' }; received 'bfloat16'.",
    );
    expect(told(() => ALL['sum']?.({ axes: 0 } as never))).toContain('Did you mean axis?');
    const wide = { inputs: 2, outputs: 2, biass: false };
    expect(told(() => api.nn.linear(wide))).toContain('Did you mean bias?');
  });

  test('that are words are among those that there are', () => {
    expect(told(() => api.pad(ones(2), 1, { mode: 'wrapp' as never }))).toBe(
      "pad: mode is one of constant, edge, reflect, symmetric; received 'wrapp'.",
    );
    expect(told(() => api.searchsorted(ones(2), ones(2), 'middle' as never))).toBe(
      "searchsorted: side is one of left, right; received 'middle'.",
    );
  });

  test('of every function that takes an optional last argument are in this table', () => {
    const seen = Object.entries(api).flatMap(([name, fn]) =>
      typeof fn === 'function' && /options(?: = \{\})?[,)]/.test(head(fn)) ? [name] : [],
    );
    expect(seen.length).toBeGreaterThan(60);
    expect(seen.filter((name) => ALL[name] === undefined && !WITHOUT.includes(name))).toEqual([]);
  });

  test('that are given are taken', async () => {
    expect(await api.sum(ones(2, 2), { axis: 0, keepdims: true }).tolist()).toEqual([[2, 2]]);
    expect(api.normal(key(), [2]).shape).toEqual([2]);
  });
});

const head = (fn: unknown): string => String(fn).split('=>')[0]?.split('{\n')[0] ?? '';
