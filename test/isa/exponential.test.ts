import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS } from '../../src/isa/functions';
import { encode, type Dtype } from '../../src/numerics';
import type { Instruction, ReduceCommand } from '../../src/program';
import { testMachine, type TestMachine } from './machine';
import { codesAt, column, floatsAt, place, rows, shapes, source, target } from './vector-arbitrary';
import * as oracle from './vector-oracle';

type Exponential = Instruction<'exponential'>;

const { ARITHMETIC, canonical } = oracle;
const named = { opcode: 'exponential', id: 'i', engine: 'vector' } as const;

const FLOATS: readonly Dtype[] = ['float8_e4m3', 'float8_e5m2', 'float16', 'bfloat16', 'float32'];
const INTEGERS: readonly Dtype[] = ['int8', 'int16', 'int32', 'uint8', 'uint16'];
const SRC: readonly Dtype[] = [...FLOATS, ...INTEGERS, 'uint32'];
const DST: readonly Dtype[] = [...FLOATS, ...INTEGERS, 'tfloat32'];

/** The register of a partition after a command and its results, from what it was. */
function summed(command: ReduceCommand, before: number, initial: number, results: readonly number[]): number {
  if (command === 'idle') return NaN;
  const start = { reset_reduce: 0, load_reduce: initial, reduce: before, reset: NaN }[command];
  return results.reduce((sum, result) => ARITHMETIC.add(sum, result), start);
}

test('is exp of the rounded difference, and its sum in the registers of Vector', () => {
  const operands = shapes.chain((shape) =>
    fc.record({
      src: source(shape, SRC),
      max_value: column(shape),
      dst: target(shape, DST),
      res: column(shape, [...FLOATS, 'tfloat32']),
    }),
  );
  const steps = fc.array(fc.constantFrom<ReduceCommand>('idle', 'reset_reduce', 'reduce', 'load_reduce'), { minLength: 1, maxLength: 4 }); // prettier-ignore
  const initial = fc.float({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(operands, steps, initial, (given, commands, reduce_init) => {
      const { machine: m, at } = place(given);
      const { partition, partitions } = at('dst');
      const most = floatsAt(m, at('max_value'));
      const results = rows(floatsAt(m, at('src')), partitions).map((row, p) =>
        row.map((x) => ACTIVATIONS.exp.apply(ARITHMETIC.subtract(x, most[p] ?? NaN))),
      );
      const registers = Array.from({ length: 128 }, () => NaN);
      for (const reduce_cmd of commands) {
        results.forEach((row, p) => {
          registers[partition + p] = summed(reduce_cmd, registers[partition + p] ?? NaN, reduce_init, row);
        });
        const reads = reduce_cmd !== 'idle';
        const sources = { src: at('src'), max_value: at('max_value') };
        const attributes = { reduce_cmd, ...(reduce_cmd === 'load_reduce' && { reduce_init }) };
        m.run({ ...named, dst: at('dst'), ...(reads && { results: { reduce_res: at('res') } }), sources, attributes }, 'trn3'); // prettier-ignore
        expect(codesAt(m, at('dst'))).toEqual(results.flat().map((x) => encode(given.dst.tensor.dtype, x)));
        expect([...m.accumulators('vector')].map(canonical)).toEqual(registers.map(canonical));
        if (reads) {
          expect(codesAt(m, at('res'))).toEqual(
            results.map((_, p) => encode(given.res.tensor.dtype, registers[partition + p] ?? NaN)),
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

const tensors = {
  x: { partitions: 2, elements: 2, dtype: 'float32', values: [1, 3, -2, 0] },
  y: { partitions: 2, elements: 2, dtype: 'float32' },
  high: { partitions: 2, elements: 1, dtype: 'float32', values: [3, 0] },
  half: { partitions: 2, elements: 1, dtype: 'float16', values: [3, 0] },
  int: { partitions: 2, elements: 1, dtype: 'int32' },
  wide: { partitions: 2, elements: 2, dtype: 'uint32', codes: [1, 2, 3, 4] },
  thin: { partitions: 2, elements: 2, dtype: 'tfloat32', values: [1, 2, 3, 4] },
} as const;

const on = (
  m: TestMachine,
  attributes: Exponential['attributes'] = {},
  more: Partial<Exponential> = {},
): Exponential => ({ ...named, dst: m.on('y'), sources: { src: m.on('x') }, attributes, ...more });

describe('one by one', () => {
  test('the largest becomes 1, and the sum of a softmax is at hand', () => {
    const m = testMachine(tensors);
    const sources = { src: m.on('x'), max_value: m.on('high') };
    const more = { sources, results: { reduce_res: m.on('high') } };
    m.run(on(m, { reduce_cmd: 'reset_reduce' }, more), 'trn3');
    const small = ACTIVATIONS.exp.apply(-2);
    expect(m.values('y')).toEqual([small, 1, small, 1]);
    expect(m.values('high')).toEqual([Math.fround(small + 1), Math.fround(small + 1)]);
  });

  test('a constant is rounded to float32; nothing is subtracted when it is left out', () => {
    const m = testMachine(tensors);
    m.run(on(m, { max_value: 0.1 }), 'trn3');
    expect(m.values('y')[0]).toBe(ACTIVATIONS.exp.apply(Math.fround(1 - Math.fround(0.1))));
    m.run(on(m), 'trn3');
    expect(m.values('y').slice(3)).toEqual([1]);
  });

  test('load_reduce starts from 0 when reduce_init is left out', () => {
    const m = testMachine(tensors);
    m.accumulators('vector').fill(5);
    m.run(on(m, { reduce_cmd: 'load_reduce' }), 'trn3');
    expect(m.accumulators('vector')[1]).toBe(Math.fround(ACTIVATIONS.exp.apply(-2) + 1));
    expect(m.accumulators('vector')[2]).toBe(5);
  });
});

describe('legality', () => {
  const m = testMachine(tensors);
  const res = (name: string) => ({ results: { reduce_res: m.on(name) } });

  test('is of trn3 and Vector', () => {
    expect(m.problem(on(m), 'trn3')).toBeUndefined();
    expect(m.problem(on(m, { reduce_init: 0 }), 'trn3')).toBeUndefined();
    expect(m.problem(on(m), 'trn2')).toBe('it exists on trn3, received trn2.');
    expect(m.problem({ ...on(m), engine: 'gpsimd' }, 'trn3')).toBe(
      'it is issued to vector, received gpsimd.',
    );
  });

  test.each<[Exponential, string]>([
    [on(m, {}, { dst: m.on('wide') }), `dst must be ${[...FLOATS, 'tfloat32', ...INTEGERS].join(', ')}, received uint32.`],
    [on(m, {}, { sources: { src: m.on('thin') } }), `src must be ${SRC.join(', ')}, received tfloat32.`],
    [on(m, { max_value: 1 }, { sources: { src: m.on('x'), max_value: m.on('high') } }), 'max_value must be a tile or a constant, received both.'],
    [on(m, {}, { sources: { src: m.on('x'), max_value: m.on('half') } }), 'max_value must be 2 x 1 of float32, received 2 x 1 of float16.'],
    [on(m, { reduce_cmd: 'reset' }), 'reduce_cmd must be idle, reset_reduce, reduce, load_reduce, received reset.'],
    [on(m, { reduce_cmd: 'reduce', reduce_init: 1 }), 'only load_reduce takes reduce_init, received it with reduce.'],
    [on(m, {}, res('high')), 'reduce_res reads what a command accumulated, received reduce_cmd idle.'],
    [on(m, { reduce_cmd: 'reduce' }, res('int')), 'reduce_res must have a float format, received int32.'],
    [on(m, { reduce_cmd: 'reduce' }, res('x')), 'reduce_res must be 2 x 1, received 2 x 2 of float32.'],
  ])('illegal: %#', (instruction, problem) => {
    expect(m.problem(instruction, 'trn3')).toBe(problem);
  }); // prettier-ignore
});
