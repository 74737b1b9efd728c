import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS } from '../../src/isa/functions';
import { encode } from '../../src/numerics';
import { ACTIVATION_OPS, type Instruction, type ReduceCommand } from '../../src/program';
import { testMachine, type TestMachine } from './machine';
import { codesAt, column, FLOATS, floatsAt, place, rows, shapes, source, target } from './vector-arbitrary';
import * as oracle from './vector-oracle';

type Activate2 = Instruction<'activate2'>;
type Attributes = Activate2['attributes'];

const { ARITHMETIC, canonical } = oracle;
const named = { opcode: 'activate2', id: 'i', engine: 'scalar' } as const;
const bool = fc.boolean();

const PAIRS = [
  ['multiply', 'add'],
  ['multiply', 'subtract'],
  ['multiply', 'bypass'],
  ['add', 'bypass'],
  ['subtract', 'bypass'],
  ['bypass', 'bypass'],
] as const;

function stepped(op: Attributes['op0'], reverse: boolean, x: number, imm: number): number {
  if (op === 'bypass') return x;
  return reverse ? ARITHMETIC[op](imm, x) : ARITHMETIC[op](x, imm);
}

/** prelu: of zeros and positive numbers themselves. */
function sloped(x: number, slope: number): number {
  const { greater_equal, multiply } = ARITHMETIC;
  return greater_equal(x, 0) === 1 ? x : multiply(slope, x);
}

const NEUTRAL = { add: 0, maximum: -Infinity, minimum: Infinity, abs_max: 0, abs_min: Infinity } as const;
type Join = keyof typeof NEUTRAL;
const joins = fc.constantFrom<Join>('add', 'maximum', 'minimum', 'abs_max', 'abs_min');
const commands = fc.constantFrom<ReduceCommand>('idle', 'reset', 'reduce', 'reset_reduce');

/** A register after a command and the results of its partition. */
function joined(command: ReduceCommand, op: Join, before: number, results: readonly number[]): number {
  const start = command === 'reset' || command === 'reset_reduce' ? NEUTRAL[op] : before;
  if (command === 'idle' || command === 'reset') return start;
  return results.reduce((register, result) => ARITHMETIC[op](register, result), start);
}

const operands = shapes.chain((shape) =>
  fc.record({
    data: source(shape),
    imm0: column(shape),
    imm1: column(shape),
    relu_param: column(shape),
    dst: target(shape, FLOATS),
    res: column(shape, FLOATS),
  }),
);

test('is the function of two steps, each rounded, and joins the results before they are rounded to dst', () => {
  const told = fc.record({
    pair: fc.constantFrom(...PAIRS),
    op: fc.oneof(fc.constantFrom(...ACTIVATION_OPS), fc.constant('prelu' as const)),
    reverse0: bool,
    reverse1: bool,
    join: joins,
    steps: fc.array(commands, { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(operands, told, (given, { pair: [op0, op1], op, reverse0, reverse1, join, steps }) => {
      const { machine: m, at } = place(given);
      const { partition, partitions } = at('dst');
      const [imm0, imm1, slopes] = [
        floatsAt(m, at('imm0')),
        floatsAt(m, at('imm1')),
        floatsAt(m, at('relu_param')),
      ];
      const results = rows(floatsAt(m, at('data')), partitions).map((row, p) =>
        row.map((x) => {
          const first = stepped(op0, reverse0, x, imm0[p] ?? NaN);
          const second = stepped(op1, reverse1, first, imm1[p] ?? NaN);
          return op === 'prelu' ? sloped(second, slopes[p] ?? NaN) : ACTIVATIONS[op].apply(second);
        }),
      );
      const registers = Array.from({ length: 128 }, () => NaN);
      const instruction = (command: ReduceCommand): Activate2 => ({
        ...named,
        dst: at('dst'),
        results: { reduce_res: at('res') },
        sources: {
          data: at('data'),
          ...(op0 !== 'bypass' && { imm0: at('imm0') }),
          ...(op1 !== 'bypass' && { imm1: at('imm1') }),
          ...(op === 'prelu' && { relu_param: at('relu_param') }),
        },
        attributes: {
          ...{ op, op0, op1, reduce_op: join, reduce_cmd: command },
          ...(op0 !== 'bypass' && { reverse0 }),
          ...(op1 !== 'bypass' && { reverse1 }),
        },
      });
      for (const command of steps) {
        results.forEach((row, p) => {
          registers[partition + p] = joined(command, join, registers[partition + p] ?? NaN, row);
        });
        m.run(instruction(command), 'trn3');
        expect(codesAt(m, at('dst'))).toEqual(results.flat().map((x) => encode(given.dst.tensor.dtype, x)));
        expect([...m.accumulators('scalar')].map(canonical)).toEqual(registers.map(canonical));
        expect(codesAt(m, at('res'))).toEqual(
          results.map((_, p) => encode(given.res.tensor.dtype, registers[partition + p] ?? NaN)),
        );
      }
    }),
    { numRuns: 300 },
  );
});

const tensors = {
  x: { partitions: 1, elements: 4, dtype: 'float32', values: [-2, -0, 0, 3] },
  y: { partitions: 1, elements: 4, dtype: 'float32' },
  one: { partitions: 1, elements: 1, dtype: 'float32', values: [0.1] },
  half: { partitions: 1, elements: 1, dtype: 'bfloat16', values: [0.5] },
  wide: { partitions: 1, elements: 2, dtype: 'float32', values: [1, 1] },
} as const;

const BYPASS = { op0: 'bypass', op1: 'bypass' } as const;
const on = (m: TestMachine, attributes: Attributes, sources: object = {}): Activate2 => ({
  ...named,
  dst: m.on('y'),
  sources: { data: m.on('x'), ...sources },
  attributes,
});

describe('one by one', () => {
  test('constants are rounded to float32; reversed sides change places', () => {
    const m = testMachine(tensors);
    m.run(
      on(m, { op: 'copy', op0: 'multiply', imm0: 0.1, op1: 'subtract', imm1: 1, reverse1: true }),
      'trn3',
    );
    const product = (x: number) => Math.fround(Math.fround(0.1) * x);
    expect(m.values('y')).toEqual([-2, -0, 0, 3].map((x) => Math.fround(1 - product(x))));
  });

  test('a bypass leaves the sign of zero', () => {
    const m = testMachine(tensors);
    m.run(on(m, { op: 'copy', ...BYPASS, imm0: 0, imm1: 0 }), 'trn3');
    expect(m.values('y')).toEqual([-2, -0, 0, 3]);
  });

  test('prelu multiplies what is negative by its slope, which is 0 when left out', () => {
    const m = testMachine(tensors);
    m.run(on(m, { op: 'prelu', ...BYPASS, relu_param: 0.1 }), 'trn3');
    expect(m.values('y')).toEqual([Math.fround(Math.fround(0.1) * -2), -0, 0, 3]);
    m.run(on(m, { op: 'prelu', ...BYPASS }), 'trn3');
    expect(m.values('y')).toEqual([-0, -0, 0, 3]);
  });

  test('inputs outside the range of the function are reported', () => {
    const m = testMachine(tensors);
    m.run(on(m, { op: 'log', ...BYPASS }), 'trn3');
    expect(m.reports).toMatchObject([
      {
        rule: 'activation-range',
        operand: 'data',
        required: 'inputs of log, data op0 imm0 op1 imm1, in [2^-64, 2^64]',
        received: '3 of 4 outside, the first -2 (partition 0, element 0)',
      },
    ]);
  });

  test('registers are those of activation', () => {
    const m = testMachine(tensors);
    m.run(on(m, { op: 'copy', ...BYPASS, reduce_op: 'add', reduce_cmd: 'reset_reduce' }), 'trn3');
    const sources = { data: m.on('x') };
    const attributes = { op: 'copy', reduce_op: 'add', reduce_cmd: 'reduce' } as const;
    m.run({ ...named, opcode: 'activation', dst: m.on('y'), sources, attributes }, 'trn3');
    expect(m.accumulators('scalar')[0]).toBe(2);
  });
});

describe('legality', () => {
  const m = testMachine(tensors);
  const exp = { op: 'exp', ...BYPASS } as const;

  test('is of trn3 and Scalar', () => {
    expect(m.problem(on(m, exp), 'trn3')).toBeUndefined();
    expect(m.problem(on(m, exp), 'trn2')).toBe('it exists on trn3, received trn2.');
    expect(m.problem({ ...on(m, exp), engine: 'vector' }, 'trn3')).toBe('it is issued to scalar, received vector.'); // prettier-ignore
  });

  test('the pairs of operators are those of the vendor', () => {
    for (const op0 of ['multiply', 'add', 'subtract', 'bypass'] as const) {
      for (const op1 of ['add', 'subtract', 'bypass'] as const) {
        const imm0 = op0 === 'bypass' ? {} : { imm0: 2 };
        const imm1 = op1 === 'bypass' ? {} : { imm1: 2 };
        const legal = m.problem(on(m, { op: 'exp', op0, op1, ...imm0, ...imm1 }), 'trn3') === undefined;
        expect(legal).toBe(PAIRS.some(([first, second]) => first === op0 && second === op1));
      }
    }
  });

  test.each<[Attributes, object, string]>([
    [{ ...exp, op0: 'add', op1: 'add', imm0: 1, imm1: 1 }, {}, 'after add, op1 must be bypass, received add.'],
    [{ ...exp, op0: 'multiply' }, {}, 'imm0 must be a tile or a constant, received neither.'],
    [{ ...exp, op0: 'multiply', imm0: 1 }, { imm0: m.on('one') }, 'imm0 must be a tile or a constant, received both.'],
    [{ ...exp, op0: 'multiply' }, { imm0: m.on('half') }, 'imm0 must be 1 x 1 of float32, received 1 x 1 of bfloat16.'],
    [{ ...exp, imm0: 1 }, {}, 'bypass takes no operand: leave imm0 out or 0, received 1.'],
    [exp, { imm1: m.on('one') }, 'bypass takes no operand: leave imm1 out or 0, received a tile.'],
    [{ ...exp, reverse0: true }, {}, 'bypass has no second side to reverse.'],
    [{ ...exp, relu_param: 0.5 }, {}, 'only prelu takes relu_param, received it with exp.'],
    [{ ...exp, op: 'prelu', relu_param: 0 }, { relu_param: m.on('one') }, 'relu_param must be a tile or a constant, received both.'],
    [{ ...exp, op: 'prelu' }, { relu_param: m.on('wide') }, 'relu_param must be 1 x 1 of float32, received 1 x 2 of float32.'],
    [{ ...exp, reduce_cmd: 'reset' }, {}, 'reduce_cmd reset needs reduce_op, received none.'],
    [{ ...exp, reduce_op: 'add', reduce_cmd: 'load_reduce' }, {}, 'reduce_cmd must be idle, reset, reduce, reset_reduce, received load_reduce.'],
  ])('illegal: %#', (attributes, sources, problem) => {
    expect(m.problem(on(m, attributes, sources), 'trn3')).toBe(problem);
  }); // prettier-ignore
});
