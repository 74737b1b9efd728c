import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACTIVATIONS,
  exp,
  isValid,
  log,
  power,
  rangeText,
  reciprocalTable,
  rsqrt,
} from '../../../src/isa/functions';
import { ACTIVATION_OPS, type ActivationOp } from '../../../src/program';
import { bitsOf, floatOf, randomInputs, ulpOf, wordsFrom } from './measure';

const f = Math.fround;
const apply = (op: ActivationOp, x: number) => ACTIVATIONS[op].apply(f(x));
const anyFloat = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(floatOf);

describe.each(ACTIVATION_OPS)('%s', (op) => {
  test('gives float32 for float32, and NaN for NaN', () => {
    expect(apply(op, NaN)).toBeNaN();
    fc.assert(
      fc.property(anyFloat, (x) => {
        const y = apply(op, x);
        expect(f(y)).toBe(y);
      }),
    );
  });
});

test.each<[ActivationOp, readonly [number, number, number, number]]>([
  ['copy', [-Infinity, -0, 0, Infinity]],
  ['square', [Infinity, 0, 0, Infinity]],
  ['sigmoid', [0, 0.5, 0.5, 1]],
  ['relu', [0, 0, 0, Infinity]],
  ['gelu', [-0, -0, 0, Infinity]],
  ['gelu_dx', [-0, 0.5, 0.5, 1]],
  ['gelu_apprx_tanh', [-0, -0, 0, Infinity]],
  ['gelu_apprx_sigmoid', [-0, -0, 0, Infinity]],
  ['gelu_apprx_sigmoid_dx', [-0, 0.5, 0.5, 1]],
  ['silu', [-0, -0, 0, Infinity]],
  ['silu_dx', [-0, 0.5, 0.5, 1]],
  ['tanh', [-1, -0, 0, 1]],
  ['softplus', [0, f(Math.LN2), f(Math.LN2), Infinity]],
  ['mish', [-0, -0, 0, Infinity]],
  ['erf', [-1, -0, 0, 1]],
  ['erf_dx', [0, f(2 / Math.sqrt(Math.PI)), f(2 / Math.sqrt(Math.PI)), 0]],
  ['exp', [0, 1, 1, Infinity]],
  ['sign', [-1, 0, 0, 1]],
  ['abs', [Infinity, 0, 0, Infinity]],
  ['log', [NaN, -Infinity, -Infinity, Infinity]],
  ['sin', [NaN, -0, 0, NaN]],
  ['arctan', [-f(Math.PI / 2), -0, 0, f(Math.PI / 2)]],
  ['sqrt', [NaN, -0, 0, Infinity]],
  ['rsqrt', [NaN, -Infinity, Infinity, 0]],
  ['reciprocal', [-0, -Infinity, Infinity, 0]],
])('%s of -infinity, -0, +0, +infinity', (op, expected) => {
  expect([-Infinity, -0, 0, Infinity].map((x) => apply(op, x))).toEqual(expected);
});

test.each<[ActivationOp, number, number]>([
  ['exp', 88.72283, f(Math.exp(f(88.72283)))], // the last but one below overflow
  ['exp', 88.72284, Infinity],
  ['exp', -103.97, 2 ** -149],
  ['exp', -104, 0],
  ['log', 1, 0],
  ['sqrt', 144, 12],
  ['rsqrt', 16, 0.25],
  ['reciprocal', -8, -0.125],
  ['sigmoid', 200, 1],
  ['tanh', 20, 1],
  ['tanh', 2 ** -149, 2 ** -149],
  ['erf', -20, -1],
  ['gelu', 3e38, f(3e38)],
  ['gelu', -3e38, -0],
  ['silu', -3e38, -0],
  ['mish', -200, -0],
  ['gelu_apprx_tanh', -3e38, -0],
  ['gelu_dx', 3e38, 1],
  ['silu_dx', -3e38, -0],
  ['softplus', 3e38, f(3e38)],
  ['softplus', -200, 0],
])('%s(%d)', (op, x, expected) => {
  expect(apply(op, x)).toBe(expected);
});

test.each<ActivationOp>(['tanh', 'erf', 'sin', 'arctan', 'reciprocal'])('%s is odd, bit for bit', (op) => {
  fc.assert(
    fc.property(anyFloat, (x) => {
      expect(apply(op, -x)).toBe(-apply(op, x));
    }),
  );
});

describe('monotone, as the true function is, from one float32 to the next', () => {
  const around = [2 ** -20, 0.3466, 0.4142, 0.5, 0.75, 1, Math.SQRT2, 1.57079, 2, 5.5, 8.99, 16, 87];
  test.each<ActivationOp>(['exp', 'log', 'sqrt', 'sigmoid', 'softplus', 'arctan'])('%s', (op) => {
    for (const place of around.filter((x) => isValid(ACTIVATIONS[op], x))) {
      const start = bitsOf(place) - 1000;
      const values = Array.from({ length: 2000 }, (_, step) => apply(op, floatOf(start + step)));
      const falls = values.filter((value, at) => at > 0 && value < (values[at - 1] ?? NaN));
      expect(falls, `${op} near ${place}`).toEqual([]);
    }
  });
});

describe('outside the valid range', () => {
  test('the sine is the cubic that the vendor tells of', () => {
    expect(apply('sin', 9)).toBeCloseTo(27.65, 2);
  });

  /** The Taylor polynomial in double, and 8 roundings of its terms: those of six operations, of the argument and of a coefficient. */
  function expectCubic(op: ActivationOp, x: number, terms: readonly number[]): void {
    const sum = terms.reduce((total, term) => total + term, 0);
    const size = terms.reduce((total, term) => total + Math.abs(term), 0);
    expect(Math.abs(apply(op, x) - sum), `${op} ${x}`).toBeLessThanOrEqual(8 * 2 ** -24 * size);
  }

  test('every function goes on as its cubic Taylor polynomial at the nearest end', () => {
    const powers = (t: number, [a = 0, b = 0, c = 0, d = 0]: readonly number[]) => [
      a,
      b * t,
      c * t ** 2,
      d * t ** 3,
    ];
    for (const t of [0.5, 1, 3]) {
      const end = f(Math.PI / 2);
      const slope = 1 / (1 + end ** 2);
      const atan = [Math.atan(end), slope, -end * slope ** 2, ((3 * end ** 2 - 1) / 3) * slope ** 3];
      expectCubic('arctan', end + t, powers(f(end + t) - end, atan));
      expectCubic('sin', Math.PI + t, powers(f(Math.PI + t) - f(Math.PI), [0, -1, 0, 1 / 6]));
      expectCubic('log', 2 ** 64 * (1 + t), powers(t, [64 * Math.LN2, 1, -1 / 2, 1 / 3]));
      expectCubic(
        'sqrt',
        2 ** 118 * (1 + t),
        powers(
          t,
          [1, 1 / 2, -1 / 8, 1 / 16].map((c) => c * 2 ** 59),
        ),
      );
      expectCubic(
        'rsqrt',
        2 ** 97 * (1 + t),
        powers(
          t,
          [1, -1 / 2, 3 / 8, -5 / 16].map((c) => c * 2 ** -48.5),
        ),
      );
      expectCubic(
        'reciprocal',
        2 ** 42 * (1 + t),
        powers(
          t,
          [1, -1, 1, -1].map((c) => c * 2 ** -42),
        ),
      );
    }
    for (const t of [-0.5, -0.9]) {
      const below = 1 + t;
      const u = (end: number) => f(end * below) / end - 1;
      expectCubic('log', 2 ** -64 * below, powers(u(2 ** -64), [-64 * Math.LN2, 1, -1 / 2, 1 / 3]));
      expectCubic(
        'sqrt',
        2 ** -116 * below,
        powers(
          u(1),
          [1, 1 / 2, -1 / 8, 1 / 16].map((c) => c * 2 ** -58),
        ),
      );
      expectCubic(
        'rsqrt',
        2 ** -87 * below,
        powers(
          u(1),
          [1, -1 / 2, 3 / 8, -5 / 16].map((c) => c * 2 ** 43.5),
        ),
      );
      expectCubic(
        'reciprocal',
        2 ** -42 * below,
        powers(
          u(1),
          [1, -1, 1, -1].map((c) => c * 2 ** 42),
        ),
      );
    }
  });

  test('negative inputs of functions that have none are NaN', () => {
    for (const op of ['log', 'sqrt', 'rsqrt'] as const) expect(apply(op, -1)).toBeNaN();
  });

  test('is told by the range, ends inclusive', () => {
    const { sin, log: logarithm, reciprocal, exp: exponential } = ACTIVATIONS;
    expect([f(Math.PI), -f(Math.PI), 3.1415932, NaN].map((x) => isValid(sin, f(x)))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect([2 ** -64, 2 ** 64, 0, -1].map((x) => isValid(logarithm, x))).toEqual([true, true, false, false]);
    expect([2 ** -42, -(2 ** 42), 0].map((x) => isValid(reciprocal, x))).toEqual([true, true, false]);
    expect(isValid(exponential, -Infinity)).toBe(true);
    const texts = [sin, logarithm, reciprocal].map(({ valid }) => valid && rangeText(valid));
    expect(texts).toEqual(['[-3.1415927, 3.1415927]', '[2^-64, 2^64]', '±[2^-42, 2^42]']);
  });
});

describe('power', () => {
  test.each([
    [0, -1, Infinity],
    [-0, -1, -Infinity],
    [-0, -2, Infinity],
    [-0, 3, -0],
    [-0, 2, 0],
    [0, 0.5, 0],
    [-0, 0.5, 0],
    [0, -Infinity, Infinity],
    [Infinity, -1, 0],
    [Infinity, 2, Infinity],
    [-Infinity, 3, -Infinity],
    [-Infinity, 2, Infinity],
    [-Infinity, -3, -0],
    [-Infinity, 0.5, Infinity],
    [2, Infinity, Infinity],
    [2, -Infinity, 0],
    [0.5, Infinity, 0],
    [0.5, -Infinity, Infinity],
    [-1, Infinity, 1],
    [-1, -Infinity, 1],
    [1, NaN, 1],
    [NaN, 0, 1],
    [NaN, 1, NaN],
    [2, NaN, NaN],
    [-8, 1 / 3, NaN],
    [-2, 3, -8],
    [-2, 2, 4],
    [-2, -1, -0.5],
    [10, 10, 1e10],
    [3, 5, 243],
    [2, -149, 2 ** -149],
    [2, 128, Infinity],
    [-2, 129, -Infinity],
    [-1, 16777217, 1],
    [-1, 16777215, -1],
    [1 + 2 ** -23, 3e38, Infinity],
    [1 - 2 ** -24, 3e38, 0],
    [-1, 3e38, 1],
    [-2, Infinity, Infinity],
  ])('%d to the power of %d is %d', (x, y, expected) => {
    expect(power(f(x), f(y))).toBe(expected);
  });

  test('is within one unit of the double result', () => {
    const word = wordsFrom(7);
    for (let i = 0; i < 20000; i++) {
      const x = floatOf(word() & 0x7fffffff);
      const y = f((word() / 2 ** 32 - 0.5) * (i % 2 === 0 ? 8 : 200));
      const truth = Math.pow(x, y);
      if (!Number.isFinite(f(truth)) || !Number.isFinite(x)) continue;
      expect(Math.abs(power(x, y) - truth) / ulpOf(truth), `${x} ** ${y}`).toBeLessThan(1);
    }
  });
});

test('what ALUs use has no valid range', () => {
  expect([-1, -0, 0, 2 ** -140, 2 ** 120, Infinity].map(rsqrt)).toEqual([
    NaN,
    -Infinity,
    Infinity,
    2 ** 70,
    2 ** -60,
    0,
  ]);
  expect([-1, -0, 2 ** -149, Infinity].map(log)).toEqual([NaN, -Infinity, f(-149 * Math.LN2), Infinity]);
  expect([NaN, -Infinity, 0].map(exp)).toEqual([NaN, 0, 1]);
  expect([4, -0].map(reciprocalTable)).toEqual([0.25, -Infinity]);
});

/** FNV-1a over the results' bits, NaN canonical. */
function fingerprint(op: ActivationOp): string {
  let hash = 0x811c9dc5;
  for (const x of randomInputs(20260, 4096)) hash = Math.imul(hash ^ bitsOf(apply(op, x)), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

test('bits stay as they are: where they are meant to change, run scripts/measure-functions.js too', () => {
  expect(Object.fromEntries(ACTIVATION_OPS.map((op) => [op, fingerprint(op)]))).toMatchInlineSnapshot(`
    {
      "abs": "967a1b31",
      "arctan": "fd7e39a6",
      "copy": "167a1b31",
      "erf": "df80bc5e",
      "erf_dx": "456f39d0",
      "exp": "bc8e2c70",
      "gelu": "cbc4be82",
      "gelu_apprx_sigmoid": "fd83b196",
      "gelu_apprx_sigmoid_dx": "222295fc",
      "gelu_apprx_tanh": "381c6ba1",
      "gelu_dx": "b524251d",
      "log": "6ef3a611",
      "mish": "40498cdf",
      "reciprocal": "841d299d",
      "relu": "a31cd1aa",
      "rsqrt": "38656be8",
      "sigmoid": "9773341c",
      "sign": "98431dc5",
      "silu": "ea693aec",
      "silu_dx": "299c6b37",
      "sin": "1afdadcb",
      "softplus": "de59a597",
      "sqrt": "5c48de31",
      "square": "3b5dc7d0",
      "tanh": "5341d003",
    }
  `);
});
