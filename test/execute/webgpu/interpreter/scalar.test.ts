/** The Scalar engine's instructions on every adapter: what the reference leaves, registers and findings too. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import type { Host } from '../../../../src/host';
import type { Rounding } from '../../../../src/numerics';
import { ACTIVATION_OPS, type ReduceCommand } from '../../../../src/program';
import { column, FLOATS, shapes, source, target } from '../../../isa/vector-arbitrary';
import { ADAPTERS, open } from '../devices';
import { expectAgreement } from './agree';
import { Instances } from './instances';

const RUNS = Number(process.env['RUNS'] ?? 1);
const EACH = 12;

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

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let interpreter: WebGpuInterpreter;
  beforeAll(async () => {
    host = await open(name);
    interpreter = await WebGpuInterpreter.create(host.device);
  });
  afterAll(() => {
    host.close();
  });

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
        await expectAgreement(interpreter, made.program, made.inputs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 3600_000);
});
