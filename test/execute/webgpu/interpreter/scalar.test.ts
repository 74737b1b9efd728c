/** The Scalar engine's instructions on every adapter: what the reference leaves, registers and findings too. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { Dtype, Rounding } from '../../../../src/numerics';
import { ACTIVATE2_OPS, ACTIVATION_OPS, type ReduceCommand } from '../../../../src/program';
import { column, FLOATS, shapes, source, target } from '../../../isa/vector-arbitrary';
import { rounds } from '../../runs';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';
import { Instances } from './instances';

/** More of them, by hand. */
const RUNS = rounds(1);
const EACH = 8;

const BIASES = FLOATS.filter((dtype) => dtype !== 'tfloat32');

const commands = fc.constantFrom<ReduceCommand>('idle', 'reset', 'reduce', 'reset_reduce');
const constant = fc.constantFrom(0, -0, 1, -1, 0.1, 1.5, -3, 1e-40, 1e38, Infinity, NaN);
const write = fc.constantFrom(
  {},
  { saturate: true },
  { rounding: 'toward-zero' as Rounding },
  { rounding: 'stochastic' as Rounding, seed: 2 ** 40 + 7, element: 2 ** 33 - 3, pitch: 5 },
);

const activations = shapes.chain((shape) =>
  fc.record({
    data: source(shape, undefined, 'sbuf'),
    bias: fc.option(column(shape, BIASES), { nil: undefined }),
    scaleTile: fc.option(column(shape), { nil: undefined }),
    scale: fc.option(constant, { nil: undefined }),
    dst: target(shape),
    result: fc.option(column(shape), { nil: undefined }),
    op: fc.constantFrom(...ACTIVATION_OPS),
    command: commands,
    write,
    /** Whether data is written over. */
    inPlace: fc.boolean(),
  }),
);

const PAIRS = [
  ['multiply', 'add'],
  ['multiply', 'subtract'],
  ['multiply', 'bypass'],
  ['add', 'bypass'],
  ['subtract', 'bypass'],
  ['bypass', 'bypass'],
] as const;

const activations2 = shapes.chain((shape) =>
  fc.record({
    data: source(shape, FLOATS, 'sbuf'),
    tiles: fc.tuple(column(shape), column(shape), column(shape)),
    constants: fc.tuple(constant, constant, constant),
    /** Which of imm0, imm1 and relu_param are tiles. */
    tiled: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    reverse: fc.tuple(fc.boolean(), fc.boolean()),
    pair: fc.constantFrom(...PAIRS),
    op: fc.oneof(fc.constant('prelu' as const), fc.constantFrom(...ACTIVATE2_OPS)),
    dst: target(shape, FLOATS),
    result: fc.option(column(shape), { nil: undefined }),
    command: commands,
    reduce_op: fc.constantFrom('add', 'maximum', 'minimum', 'abs_max', 'abs_min' as const),
    write,
  }),
);

onEveryAdapter((on) => {
  test('activation and activation_reduce', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(activations, { minLength: EACH, maxLength: EACH }), async (all) => {
        const made = new Instances('trn2');
        for (const { op, command, write, inPlace, ...given } of all) {
          const data = made.on(given.data);
          const dst = inPlace ? data : made.on(given.dst);
          const sources = {
            data,
            ...(given.bias && { bias: made.on(given.bias) }),
            ...(given.scaleTile && { scale: made.on(given.scaleTile) }),
          };
          const scale =
            given.scaleTile === undefined && given.scale !== undefined ? { scale: given.scale } : {};
          const reduce_res = given.result && made.on(given.result);
          const common = { engine: 'scalar', dst, sources } as const;
          if (reduce_res !== undefined && command === 'idle') {
            made.add({
              opcode: 'activation_reduce',
              ...common,
              results: { reduce_res },
              attributes: { op, reduce_op: 'add', ...scale, ...write },
            });
          } else {
            made.add({
              opcode: 'activation',
              ...common,
              ...(reduce_res && { results: { reduce_res } }),
              attributes: { op, reduce_op: 'add', reduce_cmd: command, ...scale, ...write },
            });
          }
        }
        await expectAgreement(on.interpreter, made.program, made.inputs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 3600_000);

  test('activate2', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(activations2, { minLength: EACH, maxLength: EACH }), async (all) => {
        const made = new Instances('trn3');
        for (const { pair, op, reverse, tiled, tiles, constants, command, reduce_op, ...given } of all) {
          const takes = [pair[0] !== 'bypass', pair[1] !== 'bypass', op === 'prelu'];
          const names = ['imm0', 'imm1', 'relu_param'] as const;
          const chosen = (tile: boolean) => names.filter((_, at) => takes[at] === true && tiled[at] === tile);
          const at = (name: (typeof names)[number]) => names.indexOf(name);
          const sides = chosen(true).map((name) => [name, made.on(tiles[at(name)] ?? given.data)]);
          const numbers = chosen(false).map((name) => [name, constants[at(name)] ?? 0]);
          const reduce_res = given.result && made.on(given.result);
          made.add({
            opcode: 'activate2',
            engine: 'scalar',
            dst: made.on(given.dst),
            ...(reduce_res && { results: { reduce_res } }),
            sources: { data: made.on(given.data), ...(Object.fromEntries(sides) as object) },
            attributes: {
              op,
              op0: pair[0],
              op1: pair[1],
              ...(takes[0] === true && reverse[0] && { reverse0: true }),
              ...(takes[1] === true && reverse[1] && { reverse1: true }),
              ...(Object.fromEntries(numbers) as object),
              reduce_op,
              reduce_cmd: command,
              ...given.write,
            },
          });
        }
        await expectAgreement(on.interpreter, made.program, made.inputs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 3600_000);

  test('activation of wide operands, of which lanes are cut, and of such as overlap', async () => {
    const [partitions, elements] = [64, 700];
    const list = Array.from(
      { length: partitions * elements },
      (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 0,
    );
    const made = new Instances('trn2');
    const tensor = (dtype: Dtype) => made.on({ tensor: { dtype, partitions, elements, codes: list } });
    const stochastic = { rounding: 'stochastic', seed: 3, element: 11, pitch: elements } as const;
    const common = { opcode: 'activation', engine: 'scalar' } as const;
    for (const [op, dtype, attributes] of [
      ['tanh', 'bfloat16', stochastic],
      ['exp', 'float32', {}],
      ['log', 'float8_e4m3', { scale: 0.5 }],
    ] as const) {
      const [data, dst] = [tensor('float32'), tensor(dtype)];
      made.add({ ...common, dst, sources: { data }, attributes: { op, ...attributes } });
    }
    const within = (offset: number) => ({ offset, dims: [[1, 600]] }) as const;
    const all = tensor('float16');
    for (const [from, to] of [
      [0, 0],
      [0, 3],
      [100, 0],
    ] as const) {
      const [data, dst] = [
        { ...all, ...within(from) },
        { ...all, ...within(to) },
      ];
      made.add({ ...common, dst, sources: { data }, attributes: { op: 'square', scale: 0.75 } });
      const attributes = { op: 'copy', reduce_op: 'add', reduce_cmd: 'reset_reduce' } as const;
      const reduce_res = { ...all, partition: 0, partitions, offset: from + 1, dims: [[1, 1]] } as const;
      made.add({ ...common, dst, results: { reduce_res }, sources: { data }, attributes });
    }
    await expectAgreement(on.interpreter, made.program, made.inputs);
  }, 600_000);
});
