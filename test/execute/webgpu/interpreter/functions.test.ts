/**
 * The WGSL functions of the interpreter against their twins in src/isa, bit for bit: one NaN is as good as another, as every write
 * makes it canonical. The operands are those that adapters get wrong: subnormals, ties at their border, zeros, infinities and NaN.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Gpu } from '../../../../src/execute/webgpu/gpu';
import {
  activationName,
  aluName,
  arithmeticOf,
  functionsWgsl,
  integerName,
  type Arithmetic,
  type Functions,
} from '../../../../src/execute/webgpu/interpreter/functions';
import { probeArithmetic } from '../../../../src/execute/webgpu/probes';
import type { Host } from '../../../../src/host';
import { ARITHMETIC, BITWISE, INTEGER, UNARY } from '../../../../src/isa/alu';
import { ACTIVATIONS } from '../../../../src/isa/functions';
import { stochasticDraws } from '../../../../src/numerics';
import { ACTIVATION_OPS, ARITHMETIC_OPS, BITWISE_OPS, UNARY_OPS } from '../../../../src/program';
import { ADAPTERS, open } from '../devices';
import { compile, elementsWgsl, runElements, type Words } from './elements';

const COUNT = 1 << 18;

const random = (seed: number): Words => stochasticDraws({ seed, launch: 0, instance: 0, element: 0 }, COUNT);
const floats = (words: Words): Float32Array => new Float32Array(words.buffer);
const codes = (values: readonly number[]): Words => new Uint32Array(Float32Array.from(values).buffer);

const SPECIAL = [
  0x00000000, 0x00000001, 0x00000002, 0x003fffff, 0x00400000, 0x00400001, 0x007fffff, 0x00800000, 0x00800001,
  0x00ffffff, 0x01000000, 0x34000000, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x40000000, 0x4b800000,
  0x7e800000, 0x7f000000, 0x7f000001, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff,
].flatMap((word) => [word, (word | 0x80000000) >>> 0]);

/** Every bfloat16, every binade with its ends, subnormals, numbers of everyday size, and any bits. */
function inputs(): Words {
  const words = random(1);
  const fractions = [0, 1, 0x3fffff, 0x400000, 0x7ffffe, 0x7fffff];
  const known = [
    ...SPECIAL,
    ...Array.from({ length: 1 << 16 }, (_, top) => (top << 16) >>> 0),
    ...Array.from({ length: 512 }, (_, top) => fractions.map((low) => ((top << 23) | low) >>> 0)).flat(),
  ];
  for (let index = 0; index < COUNT; index += 4) words[index] = (words[index] ?? 0) & 0x807fffff;
  // Magnitudes of 2^-14 to 2^9: every function bends there.
  for (let index = 1; index < COUNT; index += 4) {
    const word = words[index] ?? 0;
    words[index] = ((word & 0x807fffff) | ((113 + ((word >>> 23) % 23)) << 23)) >>> 0;
  }
  words.set(known);
  return words;
}

/** For each x a y that makes trouble with it; both are kept in the order of the kinds of trouble below. */
function partners(xs: Words): Words {
  const words = random(2);
  const values = floats(xs);
  const f = new Float32Array(1);
  const word = new Uint32Array(f.buffer);
  const codeOf = (value: number): number => {
    f[0] = value;
    return word[0] ?? 0;
  };
  const troubles: readonly ((x: number, code: number, draw: number) => number)[] = [
    (_x, _code, draw) => SPECIAL[draw % SPECIAL.length] ?? 0,
    (_x, _code, draw) => draw & 0x807fffff, // a subnormal
    (_x, code, draw) => code ^ 0x80000000 ^ (draw & 7), // cancels to some last places, or to nothing
    (_x, code, draw) => ((code & 0x7f800000) + (((draw >>> 24) % 52) - 26) * 2 ** 23) ^ (draw & 0x807fffff), // ties of sums
    // Half a place of x, a little more or a little less: ties of sums, and what is no tie by one bit far below.
    (_x, code, draw) =>
      (((code & 0x7f800000) - (23 + (draw % 3)) * 2 ** 23) | (draw & 0x80000000)) + ((draw >>> 8) % 3) - 1,
    (x, _code, draw) => codeOf((2 ** -126 / x) * (1 + ((draw % 64) - 32) * 2 ** -24)), // about the smallest normal product
    (x, _code, draw) => codeOf((2 ** -149 * (draw % 4096)) / 2 / x), // products at ties of subnormals
    (_x, code, draw) => codeOf(((draw >>> 20) + 0.5) * 2 ** ((draw % 24) - 160)) ^ (code & 0x80000000), // few bits
    (x, _code, draw) => codeOf((2 ** 128 / x) * (1 + ((draw % 64) - 32) * 2 ** -24)), // overflow
    (_x, _code, draw) => codeOf((draw % 41) - 20), // whole, for powers
    (_x, _code, draw) => codeOf(((draw >>> 8) - 2 ** 23) * 2 ** -18),
    (_x, _code, draw) => draw,
  ];
  return words.map((draw, index) => {
    const trouble = troubles[index % troubles.length];
    return trouble?.(values[index] ?? 0, xs[index] ?? 0, draw) ?? 0;
  });
}

const xs = inputs();
const ys = partners(xs);
// The known inputs meet few of the kinds of trouble: products and sums see subnormals, few bits and any bits as well.
const shuffled = xs.map((_, index) => xs[(index * 40503 + 7) % COUNT] ?? 0);
const shuffledPartners = partners(shuffled);

const isNaN32 = (code: number): boolean => (code & 0x7fffffff) > 0x7f800000;
const sameFloat = (code: number, expected: number): boolean =>
  code === expected || (isNaN32(code) && isNaN32(expected));

/** The first difference in words that a person can act on; null where there is none. */
function firstDifference(got: Words, wanted: Words, x: Words, y: Words, same = Object.is): string | null {
  const index = got.findIndex((code, at) => !same(code, wanted[at] ?? 0));
  if (index < 0) return null;
  const hex = (words: Words): string => (words[index] ?? 0).toString(16).padStart(8, '0');
  return `x ${hex(x)} y ${hex(y)}: ${hex(got)}, expected ${hex(wanted)}`;
}

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let gpu: Gpu;
  let chosen: Arithmetic;
  beforeAll(async () => {
    host = await open(name);
    gpu = new Gpu(host.device);
    chosen = arithmeticOf(await probeArithmetic(gpu));
  });
  afterAll(() => {
    gpu.close();
    host.close();
  });

  async function check(
    functions: Functions,
    expression: string,
    twin: (x: number, y: number) => number,
    operands: readonly (readonly [Words, Words])[],
  ): Promise<void> {
    const pipeline = await compile(gpu, elementsWgsl(functionsWgsl(functions), expression));
    for (const [x, y] of operands) {
      const got = await runElements(gpu, pipeline, x, y);
      const right = floats(y);
      const wanted = floats(x).map((left, index) => twin(left, right[index] ?? NaN));
      expect(firstDifference(got, new Uint32Array(wanted.buffer), x, y, sameFloat)).toBeNull();
    }
  }

  const pairs = [
    [xs, ys],
    [shuffled, shuffledPartners],
    [shuffledPartners, shuffled],
  ] as const;

  describe.each(['native', 'guarded', 'integer'] as const)('%s', (arithmetic) => {
    test.for(['add', 'subtract', 'multiply'] as const)('%s', async (op, { skip }) => {
      skip(arithmetic === 'native' && chosen !== 'native', 'its own operations are known to be others');
      await check({ arithmetic }, `f_${op}(x, y)`, ARITHMETIC[op], pairs);
    });
  });

  test.each(ARITHMETIC_OPS)('%s of two', async (op) => {
    await check({ arithmetic: chosen, alu: [op] }, `${aluName(op)}(x, y)`, ARITHMETIC[op], pairs.slice(0, 2));
  });

  test.each(UNARY_OPS)('%s of one', async (op) => {
    const call = `${aluName(op)}(x)`;
    await check({ arithmetic: chosen, alu: [op] }, call, UNARY[op], [[xs, xs]]);
  });

  test.each(BITWISE_OPS)('%s of codes', async (op) => {
    for (const width of [8, 16, 32]) {
      const cut = (words: Words, by: number): Words => words.map((word) => (word >>> (32 - width)) % by);
      const [x, y] = [cut(random(3), 2 ** 32), cut(random(4), op.endsWith('shift') ? 40 : 2 ** 32)];
      const call = op === 'invert' ? `${aluName(op)}(x, ${width}u)` : `${aluName(op)}(x, y, ${width}u)`;
      const text = functionsWgsl({ arithmetic: chosen, alu: [op] });
      const got = await runElements(gpu, await compile(gpu, elementsWgsl(text, call)), x, y);
      const wanted = x.map((left, index) => BITWISE[op](left, y[index] ?? 0, width));
      expect(firstDifference(got, wanted, x, y)).toBeNull();
    }
  });

  test.each(ARITHMETIC_OPS.filter((op) => op !== 'power'))('%s of integers', async (op) => {
    const [x, y] = [random(5), random(6)];
    for (let index = 0; index < COUNT; index += 2) {
      x[index] = ((x[index] ?? 0) % 9) - 4; // equal and nearly equal ones, about 0 and about 2^31
      y[index] = (((y[index] ?? 0) % 9) - 4) ^ (index % 8 === 0 ? 0x80000000 : 0);
    }
    for (const [left, right] of [
      [true, true],
      [true, false],
      [false, false],
    ] as const) {
      const call = `${integerName(op)}(alu_integer(x, ${left}), alu_integer(y, ${right}))`;
      const text = functionsWgsl({ arithmetic: chosen, integers: true });
      const got = await runElements(gpu, await compile(gpu, elementsWgsl(text, call)), x, y);
      const read = (word = 0, isSigned: boolean): number => (isSigned ? word | 0 : word);
      const wanted = x.map((word, index) => INTEGER[op](read(word, left), read(y[index], right)));
      expect(firstDifference(got, wanted, x, y)).toBeNull();
    }
  });

  test.each(ACTIVATION_OPS)('function %s', async (op) => {
    const call = `${activationName(op)}(x)`;
    await check({ arithmetic: chosen, activations: [op] }, call, ACTIVATIONS[op].apply, [[xs, xs]]);
  });

  test('functions of one kernel stand beside one another', async () => {
    const all = functionsWgsl({
      arithmetic: chosen,
      activations: ACTIVATION_OPS,
      alu: [...ARITHMETIC_OPS, ...UNARY_OPS, ...BITWISE_OPS],
    });
    const pipeline = await compile(
      gpu,
      elementsWgsl(all, 'activation_exp(alu_maximum(x, alu_left_shift(y, 0u, 32u)))'),
    );
    const got = await runElements(gpu, pipeline, codes([0, -1]), codes([-2, -3]));
    expect(got).toEqual(codes([1, ACTIVATIONS.exp.apply(-1)]));
  });
});

test.each([
  [{ nearestEven: true, keepsNaN: true, subnormals: 'kept' }, 'native'],
  [{ nearestEven: true, keepsNaN: true, subnormals: 'flushed' }, 'guarded'],
  [{ nearestEven: true, keepsNaN: false, subnormals: 'kept' }, 'native'],
  [{ nearestEven: false, keepsNaN: true, subnormals: 'kept' }, 'integer'],
] as const)('an adapter of %o gets %s arithmetic', (probe, expected) => {
  expect(arithmeticOf({ ...probe, fusesMultiplyAdd: true, reordersSums: true })).toBe(expected);
});

test('the text of a function, as a kernel includes it', async () => {
  const text = functionsWgsl({ arithmetic: 'guarded', activations: ['rsqrt'] });
  await expect(text).toMatchFileSnapshot('../../../golden/functions-rsqrt.wgsl');
});
