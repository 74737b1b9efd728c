import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChipName } from '../../src/chip';
import { initialStates } from '../../src/isa';
import { bitsOf, encode } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine, type TestMachine, type View } from './machine';
import { COUNT, drawsOf, seeded, xorwow, type Engine } from './random-oracle';
import {
  ANY,
  codesAt,
  column,
  FLOATS,
  floatsAt,
  INTEGERS,
  place,
  rows,
  shapes,
  source,
  target,
} from './vector-arbitrary';
import * as oracle from './vector-oracle';

const named = { id: 'i', engine: 'vector' } as const;
const engines = fc.constantFrom<Engine>('vector', 'gpsimd');
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const numbers = (words: readonly bigint[]) => words.map(Number);

const seedBy = (m: TestMachine, seed: string): Instruction => ({
  opcode: 'set_rng_seed',
  ...named,
  dst: undefined,
  sources: { src_seeds: m.on(seed) },
  attributes: {},
});
const setState = (m: TestMachine, engine: Engine, from: string): Instruction => ({
  opcode: 'rand_set_state',
  id: 'i',
  engine,
  dst: undefined,
  sources: { src_seeds: m.on(from) },
  attributes: {},
});
const getState = (m: TestMachine, engine: Engine, to: string, view: View = {}): Instruction => ({
  opcode: 'rand_get_state',
  id: 'i',
  engine,
  dst: m.on(to, view),
  sources: {},
  attributes: {},
});
const rng = (dst: ReturnType<TestMachine['on']>, engine: Engine = 'vector'): Instruction => ({
  opcode: 'rng',
  id: 'i',
  engine,
  dst,
  sources: {},
  attributes: {},
});

describe('the generator', () => {
  test('is XORWOW, from the state of Marsaglia’s paper', () => {
    const state = [123456789, 362436069, 521288629, 88675123, 5783321, 6615241];
    const m = testMachine({
      state: { partitions: 1, elements: 6, dtype: 'uint32', codes: state },
      x: { partitions: 1, elements: 10, dtype: 'uint32' },
    });
    m.run(setState(m, 'gpsimd', 'state'));
    m.run(rng(m.on('x'), 'gpsimd'));
    // As in the tests of std.random of the D language (Xorshift192).
    const known = [246875399, 3690007200, 1264581005, 3906711041, 1866187943, 2481925219, 2464530826, 1604040631, 3653403911]; // prettier-ignore
    expect(m.codes('x').slice(0, 9)).toEqual(known);
    expect(numbers(xorwow(state.map(BigInt), 9))).toEqual(known);
  });

  test('goes on from any state, which can be stored, in the order of the access pattern', () => {
    const operands = shapes.chain((shape) => fc.record({ dst: target(shape, INTEGERS) })).filter(({ dst }) => dst.tensor.space === 'sbuf'); // prettier-ignore
    const seeds = fc.array(u32, { minLength: 4 * 24, maxLength: 4 * 24 });
    fc.assert(
      fc.property(operands, seeds, engines, ({ dst }, words, engine) => {
        const { partition, partitions } = place({ dst }).at('dst');
        const lane = { partitions, partition, elements: 6 * COUNT[engine], dtype: 'uint32' } as const;
        const given = words.slice(0, partitions * lane.elements);
        const m = testMachine({
          dst: dst.tensor,
          from: { ...lane, codes: given },
          to: lane,
        });
        const x = m.on('dst', dst.view);
        const states = rows(given.map(BigInt), partitions);
        const width = codesAt(m, x).length / partitions;
        m.run(setState(m, engine, 'from'), 'trn3');
        for (let turn = 0; turn < 2; turn++) {
          m.run(rng(x, engine), 'trn3');
          const drawn = states.flatMap((state) => drawsOf(engine, state, width));
          const bits = bitsOf(x.dtype);
          expect(codesAt(m, x)).toEqual(numbers(drawn.map((draw) => BigInt.asUintN(bits, draw))));
        }
        m.run(getState(m, engine, 'to'), 'trn3');
        expect(m.codes('to')).toEqual(numbers(states.flat()));
      }),
    );
  });

  test('has states of its own in each of 640 places, whatever the seed', () => {
    for (const seed of [0, 1, 0x80000000, 0xffffffff]) {
      const words = [...seeded('vector', seed), ...seeded('gpsimd', seed)].flatMap((lane) => rows(lane, lane.length / 6)); // prettier-ignore
      expect(new Set(words.map(String)).size).toBe(640);
    }
  });
});

describe('seeds', () => {
  const tensors = {
    seed: { partitions: 1, elements: 1, dtype: 'uint32', codes: [7] },
    again: { partitions: 1, elements: 1, dtype: 'float32', codes: [7] },
    x: { partitions: 128, elements: 5, dtype: 'uint32' },
  } as const;

  test('are expanded by Philox, for every lane and generator of Vector, and for no other', () => {
    fc.assert(
      fc.property(u32, (seed) => {
        const m = testMachine({ ...tensors, seed: { ...tensors.seed, codes: [seed] } });
        m.run(seedBy(m, 'seed'));
        expect(Array.from(m.randomState('vector'))).toEqual(numbers(seeded('vector', seed).flat()));
        expect(Array.from(m.randomState('gpsimd'))).toEqual(Array.from(initialStates('gpsimd')));
      }),
      { numRuns: 5 },
    );
  });

  test('are 0 until something else is set', () => {
    for (const engine of ['vector', 'gpsimd'] as const) {
      expect(Array.from(initialStates(engine))).toEqual(numbers(seeded(engine, 0).flat()));
      expect(testMachine({}).randomState(engine)).toEqual(initialStates(engine));
    }
  });

  test('give the same numbers again, in any 32-bit format; without one the numbers go on', () => {
    const m = testMachine(tensors);
    const drawn = (seed?: string) => {
      if (seed !== undefined) m.run(seedBy(m, seed));
      m.run(rng(m.on('x')));
      return m.codes('x');
    };
    const first = drawn('seed');
    expect(drawn()).not.toEqual(first);
    expect(drawn('again')).toEqual(first);
  });

  test('of one engine leave the draws of the other; partitions that do not draw stay where they are', () => {
    const m = testMachine({ ...tensors, y: { partition: 32, partitions: 32, elements: 5, dtype: 'uint8' } });
    m.run(seedBy(m, 'seed'));
    m.run(rng(m.on('y'), 'gpsimd'));
    expect(m.randomState('vector')).toEqual(Uint32Array.from(numbers(seeded('vector', 7).flat())));
    m.run(rng(m.on('y')));
    const lanes = seeded('vector', 7);
    for (const lane of lanes.slice(32, 64)) drawsOf('vector', lane, 5);
    expect(m.randomState('vector')).toEqual(Uint32Array.from(numbers(lanes.flat())));
  });
});

describe('dropout', () => {
  /** How many of 2^32 draws are dropped: the probability, a multiple of 2^-149, times 2^32, its fraction cut off. */
  function threshold(prob: number): bigint {
    if (Number.isNaN(prob) || prob < 0) return 0n;
    return prob >= 1 ? 1n << 32n : (BigInt(prob * 2 ** 149) << 32n) >> 149n;
  }

  test('drops by comparing the draw with an integer, and keeps the bits of the others', () => {
    const operands = shapes.chain((shape) =>
      fc.record({ data: source(shape, ANY), dst: target(shape, ['uint8']), prob: column(shape) }),
    );
    fc.assert(
      fc.property(operands, u32, ({ data, dst: { tensor, view }, prob }, seed) => {
        const dst = { tensor: { ...tensor, dtype: data.tensor.dtype, codes: tensor.codes ?? [] }, view };
        const { machine: m, at } = place({
          data,
          dst,
          prob,
          seed: { tensor: { partitions: 1, elements: 1, dtype: 'int32', codes: [seed] }, view: {} },
        });
        m.run(seedBy(m, 'seed'));
        const { partition, partitions } = at('dst');
        const probabilities = floatsAt(m, at('prob'));
        const lanes = seeded('vector', seed).slice(partition, partition + partitions);
        const expected = rows(codesAt(m, at('data')), partitions).flatMap((codes, p) => {
          const draws = drawsOf('vector', lanes[p] ?? [], codes.length);
          return codes.map((code, i) => ((draws[i] ?? 0n) < threshold(probabilities[p] ?? NaN) ? 0 : code));
        });
        const sources = { data: at('data'), prob: at('prob') };
        m.run({ opcode: 'dropout', ...named, dst: at('dst'), sources, attributes: {} });
        expect(codesAt(m, at('dst'))).toEqual(expected);
      }),
    );
  });

  test.each([
    [0, 0, 1],
    [0, 2 ** -33, 1],
    [0, 2 ** -32, 0],
    [1, 2 ** -32, 1],
    [1, 1.5 * 2 ** -32, 1],
    [1, 2 ** -31, 0],
    [2 ** 31 - 1, 0.5, 0],
    [2 ** 31, 0.5, 1],
    [2 ** 32 - 1, 1 - 2 ** -24, 1],
    [2 ** 32 - 1, 1, 0],
  ])('the draw %f and the probability %f leave %f', (draw, prob, left) => {
    const m = testMachine({ x: { partitions: 1, elements: 1, dtype: 'uint8', codes: [1] } });
    // Zeros stay zeros: the draw is what the Weyl sequence comes to.
    m.randomState('vector').set([0, 0, 0, 0, 0, draw - 362437]);
    m.run({
      opcode: 'dropout',
      ...named,
      dst: m.on('x'),
      sources: { data: m.on('x') },
      attributes: { prob },
    });
    expect(m.codes('x')).toEqual([left]);
  });

  const N = 512;
  const ones = Array.from({ length: 128 * N }, () => 1);
  const dropped = (prob: number, values = ones) => {
    const m = testMachine({
      seed: { partitions: 1, elements: 1, dtype: 'uint32', codes: [1] },
      x: { partitions: 128, elements: N, dtype: 'bfloat16', values },
    });
    m.run(seedBy(m, 'seed'));
    m.run({
      opcode: 'dropout',
      ...named,
      dst: m.on('x'),
      sources: { data: m.on('x') },
      attributes: { prob },
    });
    return m.values('x').filter((value) => value === 0).length;
  };

  test('drops nothing by 0 and everything by 1, NaN and infinity too', () => {
    const hard = ones.map((_, i) => [NaN, Infinity, -Infinity, 1][i % 4] ?? 0);
    expect(dropped(0, hard)).toBe(0);
    expect(dropped(1, hard)).toBe(128 * N);
  });

  test('drops as often as it should: within 6 standard deviations of a binomial count', () => {
    for (const prob of [0.1, 0.5, 0.9]) {
      const [mean, deviation] = [128 * N * prob, Math.sqrt(128 * N * prob * (1 - prob))];
      expect(Math.abs(dropped(prob) - mean)).toBeLessThan(6 * deviation);
    }
  });

  test('takes one draw for each element, whatever the probability', () => {
    const m = testMachine({
      x: { partitions: 2, elements: 3, dtype: 'uint8', codes: [1, 2, 3, 4, 5, 6] },
      y: { partitions: 2, elements: 3, dtype: 'uint32' },
    });
    const states = [0, 0.3, 1].map((prob) => {
      m.randomState('vector').set(initialStates('vector'));
      m.run({ opcode: 'dropout', ...named, dst: m.on('x'), sources: { data: m.on('x') }, attributes: { prob } }); // prettier-ignore
      return m.randomState('vector').slice();
    });
    m.randomState('vector').set(initialStates('vector'));
    m.run(rng(m.on('y')));
    for (const state of states) expect(state).toEqual(m.randomState('vector'));
  });
});

describe('rand2', () => {
  const { add, subtract, multiply, minimum } = oracle.ARITHMETIC;
  const bound = fc.float({ noNaN: true });

  test('is min + (max - min) u, each rounded, and not above max', () => {
    const operands = shapes.chain((shape) => fc.record({ dst: target(shape, FLOATS.filter((dtype) => dtype !== 'float8_e3m4')), low: column(shape), high: column(shape) })); // prettier-ignore
    fc.assert(
      fc.property(operands, ({ dst, low, high }) => {
        const { machine: m, at } = place({ dst, low, high });
        const { partition, partitions } = at('dst');
        const lanes = seeded('vector', 0).slice(partition, partition + partitions);
        const [lows, highs] = [floatsAt(m, at('low')), floatsAt(m, at('high'))];
        const width = codesAt(m, at('dst')).length / partitions;
        const values = lanes.flatMap((lane, p) => {
          const [min, max] = [lows[p] ?? NaN, highs[p] ?? NaN];
          return drawsOf('vector', lane, width).map((draw) => {
            const u = Number(draw >> 8n) / 2 ** 24;
            return minimum(add(min, multiply(subtract(max, min), u)), max);
          });
        });
        const sources = { min: at('low'), max: at('high') };
        m.run({ opcode: 'rand2', ...named, dst: at('dst'), sources, attributes: {} }, 'trn3');
        expect(codesAt(m, at('dst'))).toEqual(values.map((value) => encode(dst.tensor.dtype, value)));
      }),
    );
  });

  const uniform = (min: number, max: number, elements: number, seed = 0) => {
    const m = testMachine({
      seed: { partitions: 1, elements: 1, dtype: 'uint32', codes: [seed] },
      x: { partitions: 128, elements, dtype: 'float32' },
    });
    m.run(seedBy(m, 'seed'));
    m.run({ opcode: 'rand2', ...named, dst: m.on('x'), sources: {}, attributes: { min, max } }, 'trn3');
    return m.values('x').map((value) => value ?? NaN);
  };

  test('stays within its bounds, however near or far they are', () => {
    fc.assert(
      fc.property(bound, bound, u32, (one, other, seed) => {
        const [min, max] = one < other ? [one, other] : [other, one];
        fc.pre(min < max && Number.isFinite(Math.fround(max - min)));
        for (const value of uniform(min, max, 1, seed)) {
          expect(value).toBeGreaterThanOrEqual(min);
          expect(value).toBeLessThanOrEqual(max);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('is uniform: chi-squared of 64 equal parts within 6 standard deviations', () => {
    // Of 63 degrees of freedom: mean 63, variance 126.
    const values = uniform(-1, 1, 512);
    const counts = Array.from({ length: 64 }, () => 0);
    for (const value of values) {
      const part = Math.floor((value + 1) * 32);
      counts[part] = (counts[part] ?? NaN) + 1;
    }
    const expected = values.length / 64;
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(Math.abs(chi - 63)).toBeLessThan(6 * Math.sqrt(126));
  });
});

test('every bit of a draw is set half of the time, and differs from the next lane’s half of the time', () => {
  const N = 512;
  const m = testMachine({ x: { partitions: 128, elements: N, dtype: 'uint32' } });
  m.run(rng(m.on('x')));
  const lanes = rows(codesAt(m, m.on('x')), 128);
  const others = [...lanes.slice(1), ...lanes.slice(0, 1)];
  for (let bit = 0; bit < 32; bit++) {
    let [set, differing] = [0, 0];
    lanes.forEach((lane, p) => {
      lane.forEach((draw, i) => {
        set += (draw >>> bit) & 1;
        differing += ((draw ^ (others[p]?.[i] ?? 0)) >>> bit) & 1;
      });
    });
    // A binomial count of 2^16 halves: standard deviation 128.
    expect(Math.abs(set - 2 ** 15)).toBeLessThan(6 * 128);
    expect(Math.abs(differing - 2 ** 15)).toBeLessThan(6 * 128);
  }
});

describe('legality', () => {
  const m = testMachine({
    x: { partitions: 32, elements: 8, dtype: 'float32' },
    bf: { partitions: 32, elements: 8, dtype: 'bfloat16' },
    int: { partitions: 32, elements: 8, dtype: 'int32' },
    bank: { space: 'psum', partitions: 32, elements: 8, dtype: 'uint32' },
    words: { space: 'psum', partitions: 32, elements: 24, dtype: 'uint32' },
    one: { partitions: 32, elements: 1, dtype: 'float32' },
    half: { partitions: 32, elements: 1, dtype: 'bfloat16' },
    whole: { partitions: 32, elements: 1, dtype: 'int32' },
    seed: { partitions: 1, elements: 1, dtype: 'uint32' },
    small: { partitions: 1, elements: 1, dtype: 'uint16' },
    six: { partitions: 32, elements: 6, dtype: 'uint32' },
    many: { partitions: 32, elements: 24, dtype: 'uint32' },
  });
  const dropout = (data: string, prob: string | number | undefined, dst = data): Instruction<'dropout'> => ({
    opcode: 'dropout',
    ...named,
    dst: m.on(dst),
    sources: { data: m.on(data), ...(typeof prob === 'string' && { prob: m.on(prob) }) },
    attributes: typeof prob === 'number' ? { prob } : {},
  });
  const rand2 = (
    min: string | number | undefined,
    max: string | number,
    dst = 'x',
  ): Instruction<'rand2'> => ({
    opcode: 'rand2',
    ...named,
    dst: m.on(dst),
    sources: {
      ...(typeof min === 'string' && { min: m.on(min) }),
      ...(typeof max === 'string' && { max: m.on(max) }),
    },
    attributes: { ...(typeof min === 'number' && { min }), ...(typeof max === 'number' && { max }) },
  });

  test.each<[string, Instruction, ChipName]>([
    ['rng on Vector of trn1', rng(m.on('int')), 'trn1'],
    ['rng in PSUM', rng(m.on('bank')), 'trn1'],
    ['rng on GpSimd of trn2', rng(m.on('int'), 'gpsimd'), 'trn2'],
    ['dropout by a float32 tile', dropout('int', 'one'), 'trn1'],
    ['dropout by a tile of another float format', dropout('x', 'half'), 'trn2'],
    ['dropout by a constant', dropout('bf', 0.25), 'trn3'],
    ['rand2 between constants', rand2(0, 1), 'trn3'],
    ['rand2 between tiles', rand2('one', 'one', 'bf'), 'trn3'],
    ['a seed', seedBy(m, 'seed'), 'trn1'],
    ['a state of GpSimd on trn2', setState(m, 'gpsimd', 'six'), 'trn2'],
    ['a state of Vector on trn3', setState(m, 'vector', 'many'), 'trn3'],
    ['a state of Vector stored in PSUM', getState(m, 'vector', 'words'), 'trn3'],
  ])('legal: %s', (_, instruction, chip) => {
    expect(m.problem(instruction, chip)).toBeUndefined();
  });

  test.each<[Instruction, ChipName, string]>([
    [rng(m.on('x')), 'trn2', 'dst must have an integer format, received float32.'],
    [rng(m.on('int'), 'gpsimd'), 'trn1', 'trn1 has no rng on gpsimd: use vector.'],
    [rng(m.on('bank'), 'gpsimd'), 'trn3', 'dst: gpsimd does not reach PSUM.'],
    [dropout('x', undefined), 'trn2', 'prob must be a tile or a constant, received neither.'],
    [{ ...dropout('x', 'one'), attributes: { prob: 0 } }, 'trn2', 'prob must be a tile or a constant, received both.'],
    [dropout('x', 1.5), 'trn2', 'prob must be 0 to 1, received 1.5.'],
    [dropout('x', NaN), 'trn2', 'prob must be 0 to 1, received NaN.'],
    [dropout('x', 'whole'), 'trn2', 'prob must have a float format, received int32.'],
    [dropout('int', 'half'), 'trn2', 'prob must be 32 x 1 of float32, received 32 x 1 of bfloat16.'],
    [dropout('x', 'x'), 'trn2', 'prob must be 32 x 1, received 32 x 8 of float32.'],
    [dropout('x', 0, 'bf'), 'trn2', 'dst must be float32, as data is, received bfloat16.'],
    [rand2(0, 1), 'trn2', 'it exists on trn3, received trn2.'],
    [rand2(undefined, 1), 'trn3', 'min must be a tile or a constant, received neither.'],
    [rand2('half', 1), 'trn3', 'min must be 32 x 1 of float32, received 32 x 1 of bfloat16.'],
    [rand2(1, 1), 'trn3', 'min must be less than max, by no more than the largest float32, received 1 and 1.'],
    [rand2(-3e38, 3e38), 'trn3', 'min must be less than max, by no more than the largest float32, received -3e+38 and 3e+38.'],
    [seedBy(m, 'small'), 'trn2', 'src_seeds must be 1 x 1 of uint32 or int32 or float32, received 1 x 1 of uint16.'],
    [seedBy(m, 'one'), 'trn2', 'src_seeds must be 1 x 1 of uint32 or int32 or float32, received 32 x 1 of float32.'],
    [setState(m, 'vector', 'many'), 'trn2', 'trn2 has no states on vector: use gpsimd.'],
    [setState(m, 'gpsimd', 'many'), 'trn3', 'src_seeds must have 6 words a partition on gpsimd, received 24.'],
    [setState(m, 'vector', 'words'), 'trn3', 'src_seeds must be in sbuf, received psum.'],
    [getState(m, 'vector', 'six'), 'trn3', 'dst must have 24 words a partition on vector, received 6.'],
    [getState(m, 'gpsimd', 'six'), 'trn1', 'it exists on trn2 and trn3, received trn1.'],
    [getState(m, 'gpsimd', 'six', { dtype: 'int32' }), 'trn3', 'dst must be uint32, received int32.'],
  ])('illegal: %#', (instruction, chip, problem) => {
    expect(m.problem(instruction, chip)).toBe(problem);
  }); // prettier-ignore
});
