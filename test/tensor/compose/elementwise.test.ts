/** Functions of elements against those of doubles: errors within the bounds that docs/arrays.md states, special values, integers. */
import { describe, expect, it } from 'vitest';
import * as compose from '../../../src/tensor/compose';
import type { Dtype } from '../../../src/numerics';
import { make, type Node } from '../../../src/tensor/graph';
import { erfc } from '../../isa/functions/oracle';
import { nodeOf, numbersOf, unitOf, valuesOf } from './values';

/** 32-bit words that look random, the same in every run. */
function words(count: number, seed: number): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(count);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    result[i] = state >>> 0;
  }
  return result;
}

const COUNT = 2000;
/** Of every exponent and sign, infinities and NaN too. */
const everywhere = (seed = 1): Float32Array => new Float32Array(words(COUNT, seed).buffer);
const between = (low: number, high: number, seed = 2): Float32Array =>
  Float32Array.from(words(COUNT, seed), (word) => low + (high - low) * (word / 2 ** 32));
/** Multiples of pi / 2, where sine and cosine are smallest. */
const crossings = Float32Array.from({ length: COUNT }, (_, i) => ((i * 30 + 1) * Math.PI) / 2);

const PI = 314159265358979323846264338327950288419716939937510582097494459230781640628620899n;
/** The sine of (x + quarters pi / 2), reduced in whole numbers: doubles lose too much of large arguments. */
function sineOf(x: number, quarters: 0n | 1n): number {
  const scaled = (BigInt(Math.trunc(x * 2 ** 60)) * 10n ** 80n) / 2n ** 60n + (quarters * PI) / 2n;
  const turns = scaled / PI - (scaled < 0n ? 1n : 0n);
  const rest = Number((scaled - turns * PI) / 10n ** 50n) / 1e30;
  const near = rest > Math.PI / 2 ? Number((PI - (scaled - turns * PI)) / 10n ** 50n) / 1e30 : rest;
  return (turns % 2n === 0n ? 1 : -1) * Math.sin(near);
}

type Unary = readonly [
  name: string,
  of: (x: Node) => Node,
  wanted: (x: number) => number,
  bound: number,
  ...samples: readonly Float32Array[],
];

const near = between(-4, 4);
const unit = between(-1, 1);
const angles = between(-1e5, 1e5);

const FUNCTIONS: readonly Unary[] = [
  ['sqrt', compose.sqrt, Math.sqrt, 0.5, everywhere()],
  ['log', compose.log, Math.log, 1, everywhere(), near],
  ['log2', compose.log2, Math.log2, 1.5, everywhere(), near],
  ['log10', compose.log10, Math.log10, 2, everywhere(), near],
  ['log1p', compose.log1p, Math.log1p, 2, everywhere(), near, between(-1e-3, 1e-3)],
  ['exp2', compose.exp2, (x) => 2 ** x, 1, everywhere(), between(-150, 130)],
  ['expm1', compose.expm1, Math.expm1, 2.75, everywhere(), near, unit],
  ['sin', compose.sin, (x) => sineOf(x, 0n), 3.5, near, angles, crossings],
  ['cos', compose.cos, (x) => sineOf(x, 1n), 3.5, near, angles, crossings],
  ['tan', compose.tan, (x) => sineOf(x, 0n) / sineOf(x, 1n), 5, near, angles, crossings],
  ['asin', compose.asin, Math.asin, 3.25, everywhere(), unit],
  ['acos', compose.acos, Math.acos, 2.5, everywhere(), unit],
  ['atan', compose.atan, Math.atan, 1.5, everywhere(), near],
  ['sinh', compose.sinh, Math.sinh, 4, everywhere(), near, between(-90, 90)],
  ['cosh', compose.cosh, Math.cosh, 2.5, everywhere(), near, between(-90, 90)],
  ['asinh', compose.asinh, Math.asinh, 2, everywhere(), near],
  ['acosh', compose.acosh, Math.acosh, 2, everywhere(), between(1, 3)],
  ['atanh', compose.atanh, Math.atanh, 3, everywhere(), unit],
  ['erfc', compose.erfc, erfc, 2.5, between(-4, 4), between(3, 10)],
  ['elu', (x) => compose.elu(x), (x) => (x >= 0 ? x : Math.expm1(x)), 2.75, near],
];

/** The largest float32 and half a unit more are infinite. */
const overflows = (value: number): boolean => Math.abs(value) >= (2 - 2 ** -24) * 2 ** 127;

function expectWithin(got: readonly number[], wanted: readonly number[], bound: number): void {
  let worst = 0;
  wanted.forEach((value, i) => {
    const result = got[i] ?? NaN;
    if (Number.isNaN(value)) expect(result, `of sample ${i}`).toBeNaN();
    else if (Number.isFinite(result) && Number.isFinite(value))
      worst = Math.max(worst, Math.abs(result - value) / unitOf(value));
    else
      expect(result === value || overflows(value * (1 + bound * 2 ** -23)), `${result} for ${value}`).toBe(
        true,
      );
  });
  expect(worst).toBeLessThanOrEqual(bound);
}

describe('a function of elements', () => {
  const cases = FUNCTIONS.map(([name, of, wanted, bound, ...samples]) => ({
    name,
    of,
    wanted,
    bound,
    samples,
  }));
  it.each(cases)('$name is within its bound', ({ of, wanted, bound, samples }) => {
    for (const sample of samples)
      expectWithin(valuesOf(of(nodeOf(sample))), Array.from(sample, wanted), bound);
  });

  const special = [NaN, -Infinity, -1, -0, 0, 2 ** -149, 1, 8, Infinity];
  const NONE = NaN;
  it.each<readonly [string, (x: Node) => Node, readonly number[]]>([
    [
      'sqrt',
      compose.sqrt,
      [NONE, NONE, NONE, -0, 0, Math.fround(2 ** -74.5), 1, Math.fround(Math.sqrt(8)), Infinity],
    ],
    [
      'log',
      compose.log,
      [
        NONE,
        NONE,
        NONE,
        -Infinity,
        -Infinity,
        Math.fround(-149 * Math.LN2),
        0,
        Math.fround(3 * Math.LN2),
        Infinity,
      ],
    ],
    ['log2', compose.log2, [NONE, NONE, NONE, -Infinity, -Infinity, -149, 0, 3, Infinity]],
    [
      'log1p',
      compose.log1p,
      [NONE, NONE, -Infinity, -0, 0, 2 ** -149, Math.fround(Math.LN2), Math.fround(Math.log(9)), Infinity],
    ],
    [
      'expm1',
      compose.expm1,
      [
        NONE,
        -1,
        Math.fround(Math.expm1(-1)),
        -0,
        0,
        0,
        1.7182817459106445,
        Math.fround(Math.expm1(8)),
        Infinity,
      ],
    ],
    [
      'sin',
      (x) => compose.sin(compose.where(compose.isfinite(x), make.fill(x.shape, 'float32', 0), x)),
      [NONE, NONE, 0, 0, 0, 0, 0, 0, NONE],
    ],
    ['asinh', (x) => compose.asinh(compose.clip(x, -0, 0)), [NONE, -0, -0, -0, 0, 0, 0, 0, 0]],
    ['atan', (x) => compose.sign(compose.atan(x)), [NONE, -1, -1, 0, 0, 1, 1, 1, 1]],
    ['sign', compose.sign, [NONE, -1, -1, 0, 0, 1, 1, 1, 1]],
    ['step', (x) => compose.step(x, 0.5), [NONE, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]],
    ['relu6', compose.relu6, [NONE, 0, 0, 0, 0, 2 ** -149, 1, 6, 6]],
    ['isnan', compose.isnan, [1, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['isinf', compose.isinf, [0, 1, 0, 0, 0, 0, 0, 0, 1]],
    ['isfinite', compose.isfinite, [0, 0, 1, 1, 1, 1, 1, 1, 0]],
    ['signbit', compose.signbit, [0, 1, 1, 1, 0, 0, 0, 0, 0]],
    ['logical not', compose.logicalNot, [0, 0, 0, 1, 1, 0, 0, 0, 0]],
  ])('%s of special values', (_, of, wanted) => {
    expect(valuesOf(of(nodeOf(special)))).toEqual(wanted);
  });

  it('rounds once to the format that is wanted', () => {
    const x = nodeOf(between(0.1, 4), [COUNT], 'bfloat16');
    for (const [, of] of FUNCTIONS)
      expect(valuesOf(of(x))).toEqual(valuesOf(make.cast(of(make.cast(x, 'float32')), 'bfloat16')));
    for (const [, of] of FUNCTIONS) expect(of(x).dtype).toBe('bfloat16');
  });
});

describe('sine and cosine of large numbers', () => {
  it('are right to 1e-7 from 100,000 on', () => {
    const far = everywhere(5).filter((x) => Math.abs(x) >= 1e5 && Math.abs(x) < 2 ** 60);
    for (const [of, quarters] of [
      [compose.sin, 0n],
      [compose.cos, 1n],
    ] as const) {
      const wanted = Array.from(far, (x) => sineOf(x, quarters));
      const worst = Math.max(
        ...valuesOf(of(nodeOf(far))).map((value, i) => Math.abs(value - (wanted[i] ?? NaN))),
      );
      expect(worst).toBeLessThan(1e-7);
    }
  });
});

describe('a function of two elements', () => {
  const [a, b] = [everywhere(3), everywhere(4)];
  const pairs = (
    of: (x: Node, y: Node) => Node,
    wanted: (x: number, y: number) => number,
    bound: number,
    x: Float32Array,
    y: Float32Array,
  ): void => {
    expectWithin(
      valuesOf(of(nodeOf(x), nodeOf(y))),
      Array.from(x, (value, i) => wanted(value, y[i] ?? NaN)),
      bound,
    );
  };
  const grid = [NaN, -Infinity, -2, -0, 0, 2, Infinity];
  const xs = Float32Array.from(grid.flatMap((x) => grid.map(() => x)));
  const ys = Float32Array.from(grid.flatMap(() => grid));

  it('atan2 and hypot are right for every pair, zeros and infinities too', () => {
    pairs((y, x) => compose.atan2(y, x), Math.atan2, 2, a, b);
    pairs((y, x) => compose.hypot(y, x), Math.hypot, 1.25, a, b);
    expect(valuesOf(compose.atan2(nodeOf(xs), nodeOf(ys)))).toEqual(
      Array.from(xs, (y, i) => Math.fround(Math.atan2(y, ys[i] ?? NaN))),
    );
    expect(valuesOf(compose.hypot(nodeOf(xs), nodeOf(ys)))).toEqual(
      Array.from(xs, (y, i) => Math.fround(Math.hypot(y, ys[i] ?? NaN))),
    );
  });

  it('a quotient is x times the rounded reciprocal of y', () => {
    const [x, y] = [between(-9, 9, 5), between(-9, 9, 6)];
    const wanted = Array.from(x, (value, i) => Math.fround(value * Math.fround(1 / (y[i] ?? NaN))));
    expect(valuesOf(compose.divide(nodeOf(x), nodeOf(y)))).toEqual(wanted);
    pairs(
      (p, q) => compose.divide(p, q),
      (p, q) => p / q,
      1.5,
      x,
      y,
    );
    expect(valuesOf(compose.divideNoNan(nodeOf([1, 0]), nodeOf([0, 0])))).toEqual([0, 0]);
  });

  it('remainders have the sign that they should, and are exact', () => {
    const [x, y] = [between(-1000, 1000, 5), between(-9, 9, 6)];
    const python = (p: number, q: number): number => {
      const rest = p % q;
      return rest !== 0 && rest < 0 !== q < 0 ? rest + q : rest;
    };
    pairs((p, q) => compose.mod(p, q), python, 0.5, x, y);
    pairs(
      (p, q) => compose.fmod(p, q),
      (p, q) => p % q,
      0,
      x,
      y,
    );
    pairs(
      (p, q) => compose.floorDivide(p, q),
      (p, q) => Math.round((p - python(p, q)) / q),
      0,
      x,
      y,
    );
    pairs(
      (p, q) => compose.truncateDivide(p, q),
      (p, q) => Math.round((p - (p % q)) / q),
      0,
      x,
      y,
    );
    const wholes = Float32Array.from(x, (_, i) => (words(COUNT, 9)[i] ?? 0) % 2 ** 24).slice(0, 50);
    const divisors = Float32Array.from(wholes, (_, i) => [1, 3, 7, 10, 255, 4095, 1e6][i % 7] ?? 1);
    pairs((p, q) => compose.mod(p, q), python, 0, wholes, divisors);
    expect(valuesOf(compose.mod(nodeOf([5, -5, 5]), nodeOf([Infinity, Infinity, 0])))).toEqual([
      5,
      Infinity,
      NaN,
    ]);
  });

  it('of int32 they are exact for all integers, and 0 where one divides by 0', () => {
    const numerators = Array.from(words(500, 7), (word) => word | 0).concat(-7, 7, -7, 7, 5, -(2 ** 31));
    const divisors = Array.from(words(500, 8), (word, i) => (word | 0) >> (i % 31) || 1).concat(
      2,
      -2,
      -2,
      2,
      0,
      3,
    );
    const [x, y] = [nodeOf(numerators, [506], 'int32'), nodeOf(divisors, [506], 'int32')];
    const check = (node: Node, of: (p: number, q: number) => number): void => {
      expect(node.dtype).toBe('int32');
      expect(valuesOf(node)).toEqual(
        numerators.map((p, i) => (divisors[i] === 0 ? 0 : of(p, divisors[i] ?? 1) + 0)),
      );
    };
    check(compose.floorDivide(x, y), (p, q) => Math.floor(p / q));
    check(compose.mod(x, y), (p, q) => p - Math.floor(p / q) * q);
    check(compose.truncateDivide(x, y), (p, q) => Math.trunc(p / q));
    check(compose.fmod(x, y), (p, q) => p % q);
  });

  it('of int32 they are exact at the ends of the range', () => {
    const ends = [-(2 ** 31), 1 - 2 ** 31, -5, -1, 1, 5, 2 ** 30 + 1, 2 ** 31 - 1];
    const [p, q] = [ends.flatMap((each) => ends.map(() => each)), ends.flatMap(() => ends)];
    const [x, y] = [p, q].map((values) => nodeOf(values, [64], 'int32')) as [Node, Node];
    const each = (of: (a: number, b: number) => number): number[] =>
      p.map((a, i) => (of(a, q[i] ?? 1) + 0) | 0);
    expect(valuesOf(compose.floorDivide(x, y))).toEqual(each((a, b) => Math.floor(a / b)));
    expect(valuesOf(compose.mod(x, y))).toEqual(each((a, b) => a - Math.floor(a / b) * b));
    expect(valuesOf(compose.truncateDivide(x, y))).toEqual(each((a, b) => Math.trunc(a / b)));
    expect(valuesOf(compose.fmod(x, y))).toEqual(each((a, b) => a % b));
  });

  it('of uint32 they are exact for all integers, and 0 where one divides by 0', () => {
    const most = 2 ** 32 - 1;
    const ends = [most, 4000000000, 2147483649, 16777219, 2 ** 31, 5, 1, 0];
    const numerators = [...words(500, 7), ...ends.flatMap((each) => ends.map(() => each))];
    const divisors = [
      ...Array.from(words(500, 8), (each, i) => each >>> (i % 31)),
      ...ends.flatMap(() => ends),
    ];
    const [x, y] = [numerators, divisors].map((each) => nodeOf(each, [564], 'uint32')) as [Node, Node];
    const check = (node: Node, of: (p: number, q: number) => number): void => {
      expect(node.dtype).toBe('uint32');
      expect(valuesOf(node)).toEqual(
        numerators.map((p, i) => (divisors[i] === 0 ? 0 : of(p, divisors[i] ?? 1))),
      );
    };
    check(compose.floorDivide(x, y), (p, q) => Math.floor(p / q));
    check(compose.truncateDivide(x, y), (p, q) => Math.floor(p / q));
    check(compose.mod(x, y), (p, q) => p % q);
    check(compose.fmod(x, y), (p, q) => p % q);
    expect(
      valuesOf(compose.mod(nodeOf([2 ** 24 + 1], [1], 'int32'), nodeOf([2], [1], 'int32'), 'float32')),
    ).toEqual([1]);
  });

  it('of narrow integers they are 0 where one divides by 0', () => {
    const [x, y] = [nodeOf([-7, 7, 5, -128], [4], 'int8'), nodeOf([2, -2, 0, -1], [4], 'int8')];
    expect(valuesOf(compose.floorDivide(x, y))).toEqual([-4, -4, 0, 127]);
    expect(numbersOf(compose.mod(x, y))).toEqual([1, -1, 0, 0]);
    expect(numbersOf(compose.fmod(x, y))).toEqual([-1, 1, 0, 0]);
    const bytes = (values: number[]): Node => nodeOf(values, [2], 'uint8');
    expect(valuesOf(compose.floorDivide(bytes([200, 9]), bytes([7, 0])))).toEqual([28, 0]);
  });

  it('signed integers are shifted right with their sign, unsigned ones with zeros', () => {
    const shifted = (values: readonly number[], amounts: readonly number[], dtype: Dtype): number[] =>
      valuesOf(
        compose.rightShift(nodeOf(values, [values.length], dtype), nodeOf(amounts, [values.length], dtype)),
      );
    expect(shifted([-8, -1, 8, -(2 ** 31), -8, 8], [1, 3, 2, 31, 40, 40], 'int32')).toEqual([
      -4, -1, 2, -1, -1, 0,
    ]);
    expect(shifted([-8, -128, 127, -3], [1, 7, 3, 8], 'int8')).toEqual([-4, -1, 15, -1]);
    expect(shifted([-32768, 5], [4, 1], 'int16')).toEqual([-2048, 2]);
    expect(shifted([2 ** 31, 8], [31, 1], 'uint32')).toEqual([1, 4]);
    expect(shifted([248], [1], 'uint8')).toEqual([124]);
  });

  it('powers of int32 are exact, of floats as IEEE 754 has them', () => {
    const bases = [3, -3, 2, -1, -1, 7, 0, 2, 1, -1, 46341];
    const exponents = [13, 5, 30, 77, 78, 0, 0, -1, -5, -3, 2];
    const wanted = [1594323, -243, 2 ** 30, -1, 1, 1, 1, 0, 1, -1, Math.imul(46341, 46341)];
    expect(valuesOf(compose.power(nodeOf(bases, [11], 'int32'), nodeOf(exponents, [11], 'int32')))).toEqual(
      wanted,
    );
    expect(valuesOf(compose.power(nodeOf([-2, -2, 4, 0]), nodeOf([3, 0.5, 0.5, -1])))).toEqual([
      -8,
      NaN,
      2,
      Infinity,
    ]);
    expect(valuesOf(compose.power(nodeOf([-3, 5]), 2))).toEqual([9, 25]);
  });

  it('broadcasts, clips and mixes', () => {
    const [x, limit] = [nodeOf([1, 5, -3, NaN], [2, 2]), nodeOf([2, 3], [2])];
    expect(valuesOf(compose.clip(x, -1, limit))).toEqual([1, 3, -1, NaN]);
    expect(valuesOf(compose.clip(x, undefined, 2))).toEqual([1, 2, -3, NaN]);
    expect(valuesOf(compose.clip(nodeOf([2 ** 24 + 1], [1], 'int32'), 0, 2 ** 24 + 2))).toEqual([
      2 ** 24 + 1,
    ]);
    expect(valuesOf(compose.squaredDifference(x, limit))).toEqual([1, 4, 25, NaN]);
    expect(valuesOf(compose.lerp(nodeOf([0, 10]), nodeOf([10, 20]), nodeOf([0.5])))).toEqual([5, 15]);
    expect(valuesOf(compose.copysign(nodeOf([1, -2, 0]), nodeOf([-0, 3, -1])))).toEqual([-1, 2, -0]);
    expect(valuesOf(compose.where(nodeOf([1, 0]), x, limit))).toEqual([1, 3, -3, 3]);
    expect(valuesOf(compose.prelu(x, limit))).toEqual([1, 5, -6, NaN]);
    expect(valuesOf(compose.logaddexp(nodeOf([1000, -Infinity, 0]), nodeOf([1000, -Infinity, 0])))).toEqual([
      Math.fround(1000 + Math.LN2),
      -Infinity,
      Math.fround(Math.LN2),
    ]);
  });
});
