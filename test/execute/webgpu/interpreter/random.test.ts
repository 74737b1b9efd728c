/** Random numbers on every adapter: draws, what is made of them, and the states that the generators are left in. */
import fc from 'fast-check';
import { test } from 'vitest';
import { FORMATS, type Dtype, type Rounding } from '../../../../src/numerics';
import { ANY, codes, column, FLOATS, INTEGERS, shapes, source, target } from '../../../isa/vector-arbitrary';
import { rounds } from '../../runs';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';
import { Instances, type Given } from './instances';

/** More of them, by hand. */
const RUNS = rounds(1);
const EACH = 16;
const PARTITIONS = 128;
/** What the counter of XORWOW grows by. */
const WEYL = 362437;
const STATE_WORDS = { vector: 24, gpsimd: 6 } as const;

type Engine = keyof typeof STATE_WORDS;
type Step = (made: Instances) => void;

const engines = fc.constantFrom<Engine>('vector', 'gpsimd');
const inSbuf = (given: Given): Given => ({
  ...given,
  tensor: { ...given.tensor, space: 'sbuf' } as Given['tensor'],
});
/** About probabilities and the ends of their range. */
const probability = fc.oneof(
  fc.float({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 2 ** -149, 2 ** -33, 2 ** -32, 2 ** -31, 0.5, 1 - 2 ** -24, 1),
);
const write = fc.constantFrom(
  {},
  { saturate: true },
  { rounding: 'toward-zero' as Rounding },
  { rounding: 'stochastic' as Rounding, seed: 2 ** 40 + 7, element: 2 ** 33 - 3, pitch: 5 },
);

const draws: fc.Arbitrary<Step> = shapes.chain((shape) =>
  fc.record({ engine: engines, dst: target(shape, INTEGERS) }).map(({ engine, dst }): Step => (made) => {
    const reached = engine === 'gpsimd' ? inSbuf(dst) : dst;
    made.add({ opcode: 'rng', engine, dst: made.on(reached), sources: {}, attributes: {} });
  }),
);

const bounds = fc.constantFrom([0, 1], [-1, 1], [-1e-40, 1e-40], [3, 1e6], [-1.5e38, 1.5e38], [0.1, 0.2]);
const UNIFORM: readonly Dtype[] = [
  'float8_e4m3',
  'float16',
  'bfloat16',
  'float32',
  'tfloat32',
  'int8',
  'int32',
];

const uniform: fc.Arbitrary<Step> = shapes.chain((shape) =>
  fc
    .record({
      dst: target(shape, UNIFORM),
      bounds,
      low: fc.option(column(shape), { nil: undefined }),
      high: fc.option(column(shape), { nil: undefined }),
      write,
    })
    .map(({ dst, bounds: [min = 0, max = 1], low, high, write: attributes }): Step => (made) => {
      made.add({
        opcode: 'rand2',
        engine: 'vector',
        dst: made.on(dst),
        sources: { ...(low && { min: made.on(low) }), ...(high && { max: made.on(high) }) },
        attributes: { ...(low === undefined && { min }), ...(high === undefined && { max }), ...attributes },
      });
    }),
);

const dropouts: fc.Arbitrary<Step> = shapes.chain((shape) =>
  fc.constantFrom(...ANY).chain((dtype) =>
    fc
      .record({
        data: source(shape, [dtype]),
        dst: target(shape, [dtype]),
        tile: fc.option(column(shape, FORMATS[dtype].kind === 'integer' ? ['float32'] : FLOATS), {
          nil: undefined,
        }),
        prob: probability,
        inPlace: fc.boolean(),
      })
      .map(({ tile, prob, inPlace, ...given }): Step => (made) => {
        const data = made.on(inPlace ? given.dst : given.data);
        made.add({
          opcode: 'dropout',
          engine: 'vector',
          dst: inPlace ? data : made.on(given.dst),
          sources: { data, ...(tile && { prob: made.on(tile) }) },
          attributes: tile === undefined ? { prob } : {},
        });
      }),
  ),
);

const seeds: fc.Arbitrary<Step> = fc
  .record({
    dtype: fc.constantFrom<Dtype>('uint32', 'int32', 'float32'),
    seed: codes('uint32'),
    partition: fc.constantFrom(0, 32, 64, 96),
  })
  .map(({ dtype, seed, partition }): Step => (made) => {
    const src_seeds = made.on({ tensor: { dtype, partition, partitions: 1, elements: 1, codes: [seed] } });
    made.add({
      opcode: 'set_rng_seed',
      engine: 'vector',
      dst: undefined,
      sources: { src_seeds },
      attributes: {},
    });
  });

const states: fc.Arbitrary<Step> = fc
  .record({
    engine: engines,
    partitions: fc.integer({ min: 1, max: 4 }),
    partition: fc.constantFrom(0, 32, 96),
  })
  .chain(({ engine, partitions, partition }) => {
    const elements = STATE_WORDS[engine];
    return fc
      .array(codes('uint32'), { minLength: partitions * elements, maxLength: partitions * elements })
      .map((list): Step => (made) => {
        const tensor = { dtype: 'uint32', partition, partitions, elements, codes: list } as const;
        const src_seeds = made.on({ tensor });
        made.add({
          opcode: 'rand_set_state',
          engine,
          dst: undefined,
          sources: { src_seeds },
          attributes: {},
        });
      });
  });

/** Draws that are known, of states of zeros but for the counter, against probabilities that are theirs x 2^-32 or next to it. */
const thresholds: fc.Arbitrary<Step> = fc
  .record({
    draw: fc.integer({ min: 1, max: 2 ** 24 - 1 }),
    shift: fc.nat(8),
    by: fc.constantFrom(-1, 0, 0.5, 1),
  })
  .map(({ draw, shift, by }): Step => (made) => {
    const counter = (draw * 2 ** shift - WEYL) >>> 0;
    const words = Array.from({ length: STATE_WORDS.vector }, (_, at) => (at % 6 === 5 ? counter : 0));
    const one = { partitions: 1, elements: STATE_WORDS.vector };
    const src_seeds = made.on({ tensor: { dtype: 'uint32', ...one, codes: words } });
    made.add({
      opcode: 'rand_set_state',
      engine: 'vector',
      dst: undefined,
      sources: { src_seeds },
      attributes: {},
    });
    const dst = made.on({ tensor: { dtype: 'uint8', ...one, codes: words.map((_, at) => at + 1) } });
    const prob = (draw + by) * 2 ** (shift - 32);
    made.add({ opcode: 'dropout', engine: 'vector', dst, sources: { data: dst }, attributes: { prob } });
  });

/** The states of all lanes of an engine. */
function takeStates(made: Instances, engine: Engine): void {
  const tensor = { dtype: 'uint32', partitions: PARTITIONS, elements: STATE_WORDS[engine] } as const;
  made.add({ opcode: 'rand_get_state', engine, dst: made.on({ tensor }), sources: {}, attributes: {} });
}

onEveryAdapter((on) => {
  test('instructions on random numbers, one after another', async () => {
    const step = fc.oneof(draws, uniform, dropouts, thresholds, seeds, states);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: EACH, maxLength: EACH }), async (all) => {
        const made = new Instances('trn3');
        for (const each of all) each(made);
        takeStates(made, 'vector');
        takeStates(made, 'gpsimd');
        await expectAgreement(on.interpreter, made.program, made.inputs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 3600_000);
});
