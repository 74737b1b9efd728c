import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { ReduceCommand } from '../../src/program';
import { testMachine } from './machine';
import * as oracle from './vector-oracle';
import {
  codesAt,
  column,
  FLOATS,
  floatsAt,
  namesOf,
  place,
  rows,
  shapes,
  source,
  target,
} from './vector-arbitrary';

const named = { id: 'i', engine: 'vector' } as const;
const { ARITHMETIC, canonical } = oracle;
const LOWEST = oracle.fromBits(0xff7fffff);
const encoded = (dtype: Dtype, values: readonly number[]) =>
  values.map((value) => encode(dtype, Math.fround(value)));
const bool = fc.boolean();

const IDENTITY = { add: 0, subtract: 0, multiply: 1, maximum: -Infinity, minimum: Infinity } as const;
type Join = keyof typeof IDENTITY;

/** What a command makes of a register before any element. */
function started(command: ReduceCommand, op: Join, before: number, initial: number): number {
  if (command === 'load_reduce') return initial;
  return command === 'reset' || command === 'reset_reduce' ? IDENTITY[op] : before;
}

/** A register after a command and the elements of its partition. */
function followed(
  command: ReduceCommand,
  op: Join,
  before: number,
  values: readonly number[],
  initial = NaN,
): number {
  const start = started(command, op, before, initial);
  if (command === 'idle' || command === 'reset') return start;
  return values.reduce((register, value) => ARITHMETIC[op](register, value), start);
}

const shape = { partitions: 3, outer: 2, inner: 3 };
const operands = fc.record({
  data: source(shape, ['float32', 'bfloat16', 'float8_e5m2']),
  flags: source(shape, ['uint8', 'int16']),
  low: column(shape),
  dst: target(shape, ['float32', 'float16', 'uint8']),
  res: column(shape, FLOATS),
});

const command = fc.constantFrom<ReduceCommand>('reset_reduce', 'reduce', 'load_reduce');
const selecting = fc.constantFrom<ReduceCommand>('idle', 'reset', 'reduce', 'reset_reduce');
const float = fc.float({ min: -100, max: 100 });
const steps = fc.oneof(
  fc.record({
    opcode: fc.constant('tensor_scalar_reduce' as const),
    command,
    op0: fc.constantFrom(...namesOf(ARITHMETIC)),
    join: fc.constantFrom('add', 'multiply', 'maximum', 'minimum' as const),
    float,
    flag: bool,
  }),
  fc.record({
    opcode: fc.constant('tensor_scalar_cumulative' as const),
    command,
    op0: fc.constantFrom(...namesOf(ARITHMETIC)),
    join: fc.constantFrom(...namesOf(IDENTITY)),
    float,
  }),
  fc.record({ opcode: fc.constant('select_reduce' as const), command: selecting, float, flag: bool }),
  fc.record({ opcode: fc.constant('range_select' as const), command: selecting, start: fc.integer({ min: -3, max: 3 }) }),
); // prettier-ignore
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

/** Elements of one partition, and whatever else decides what becomes of them. */
interface Row {
  readonly values: readonly number[];
  readonly flags: readonly number[];
  readonly low: number;
}

/** What a step writes to dst, as float32, and its register afterwards. */
function outcome(
  step: Step,
  { values, flags, low }: Row,
  before: number,
): { written: number[]; register: number } {
  switch (step.opcode) {
    case 'tensor_scalar_reduce': {
      const written = values.map((value) => ARITHMETIC[step.op0](value, step.float));
      return { written, register: followed(step.command, step.join, before, written, step.float) };
    }
    case 'tensor_scalar_cumulative': {
      let register = started(step.command, step.join, before, step.float);
      const written = values.map((value) => {
        register = ARITHMETIC[step.join](ARITHMETIC[step.op0](value, step.float), register);
        return register;
      });
      return { written, register };
    }
    case 'select_reduce': {
      const written = values.map((value, i) => ((flags[i] !== 0) === step.flag ? step.float : value));
      const kept = followed(step.command, 'maximum', before, written);
      return { written, register: step.command === 'idle' ? NaN : kept };
    }
    case 'range_select': {
      const written = values.map((value, i) =>
        step.start + i >= low && step.start + i < 2 ? value : LOWEST,
      );
      return { written, register: followed(step.command, 'maximum', before, written) };
    }
  }
}

test('registers are shared and kept, whatever instruction follows whatever', () => {
  fc.assert(
    fc.property(operands, fc.array(steps, { minLength: 1, maxLength: 6 }), (given, list) => {
      const two = {
        tensor: { dtype: 'float32', partitions: 3, elements: 1, values: [2, 2, 2] },
        view: {},
      } as const;
      const { machine, at } = place({ ...given, two });
      const [data, dst] = [at('data'), at('dst')];
      const low = floatsAt(machine, at('low'));
      const flags = rows(codesAt(machine, at('flags')), 3);
      const input = rows(floatsAt(machine, data), 3).map((values, p) => ({ values, flags: flags[p] ?? [], low: low[p] ?? NaN })); // prettier-ignore
      const registers = Array.from({ length: 128 }, () => NaN);
      for (const step of list) {
        const outcomes = input.map((row, p) => outcome(step, row, registers[dst.partition + p] ?? NaN));
        outcomes.forEach(({ register }, p) => (registers[dst.partition + p] = register));
        const results = step.command === 'idle' ? {} : { results: { reduce_res: at('res') } };
        const reduce_cmd = step.command;
        let negate = false;
        let reads = step.command !== 'idle';
        if (step.opcode === 'tensor_scalar_reduce') {
          negate = step.flag;
          const load = step.command === 'load_reduce' ? { reduce_init: step.float } : {};
          const attributes = { op0: step.op0, operand0: step.float, reduce_op: step.join, reduce_cmd, reduce_res_negate: negate, ...load }; // prettier-ignore
          machine.run({ opcode: step.opcode, ...named, dst, ...results, sources: { data }, attributes });
        } else if (step.opcode === 'tensor_scalar_cumulative') {
          reads = false;
          const load = step.command === 'load_reduce' ? { imm1: step.float } : {};
          const attributes = { op0: step.op0, op1: step.join, imm0: step.float, reduce_cmd, ...load };
          machine.run({ opcode: step.opcode, ...named, dst, sources: { src: data }, attributes });
        } else if (step.opcode === 'select_reduce') {
          const sources = { predicate: at('flags'), on_true: data };
          const attributes = { on_false: step.float, reduce_cmd, reverse_pred: step.flag };
          machine.run({ opcode: step.opcode, ...named, dst, ...results, sources, attributes });
        } else {
          const sources = { on_true: data, bound0: at('low'), bound1: at('two') };
          const attributes = { comp_op0: 'greater_equal', comp_op1: 'less', range_start: step.start, reduce_cmd } as const; // prettier-ignore
          machine.run({ opcode: step.opcode, ...named, dst, ...results, sources, attributes });
        }
        const written = outcomes.flatMap((each) => each.written);
        expect(codesAt(machine, dst)).toEqual(encoded(given.dst.tensor.dtype, written));
        expect([...machine.accumulators('vector')].map(canonical)).toEqual(registers.map(canonical));
        if (reads) {
          const read = outcomes.map(({ register }) => (negate ? -register : register));
          expect(codesAt(machine, at('res'))).toEqual(encoded(given.res.tensor.dtype, read));
        }
      }
    }),
    { numRuns: 300 },
  );
});

describe('one by one', () => {
  const float32 = { dtype: 'float32', partitions: 1 } as const;

  test('tensor_scalar_reduce joins before it rounds, resets unless told otherwise, and negates only what it hands out', () => {
    const machine = testMachine({
      x: { ...float32, elements: 3, values: [0.3, 0.3, -0] },
      dst: { dtype: 'uint8', partitions: 1, elements: 3 },
      res: { ...float32, elements: 1 },
    });
    const run = (attributes: {
      reduce_cmd?: ReduceCommand;
      reduce_res_negate?: boolean;
      reduce_init?: number;
    }) => {
      const both = { dst: machine.on('dst'), results: { reduce_res: machine.on('res') }, sources: { data: machine.on('x') } }; // prettier-ignore
      const all = { op0: 'multiply', operand0: 2, reduce_op: 'add', ...attributes } as const;
      machine.run({ opcode: 'tensor_scalar_reduce', ...named, ...both, attributes: all });
      return machine.values('res');
    };
    const each = Math.fround(2 * Math.fround(0.3));
    const sum = Math.fround(each + each);
    expect(run({})).toEqual([sum]);
    expect(machine.values('dst')).toEqual([1, 1, 0]);
    expect(run({ reduce_res_negate: true })).toEqual([-sum]);
    expect(run({ reduce_cmd: 'reduce' })).toEqual([Math.fround(Math.fround(sum + each) + each)]);
    expect(run({ reduce_cmd: 'load_reduce', reduce_init: 1 })).toEqual([
      Math.fround(Math.fround(1 + each) + each),
    ]);
  });

  test('tensor_scalar_cumulative subtracts the register from the new value', () => {
    const machine = testMachine({
      x: { ...float32, elements: 4, values: [1, 2, 3, 4] },
      first: { ...float32, elements: 1, values: [10] },
      dst: { ...float32, elements: 4 },
    });
    const [src, dst] = [machine.on('x'), machine.on('dst')];
    const common = { op0: 'add', imm0: 0 } as const;
    machine.run({ opcode: 'tensor_scalar_cumulative', ...named, dst, sources: { src }, attributes: { ...common, op1: 'subtract' } }); // prettier-ignore
    expect(machine.values('dst')).toEqual([1, 1, 2, 2]);
    const sources = { src, imm1: machine.on('first') };
    const attributes = { ...common, op1: 'add', reduce_cmd: 'load_reduce' } as const;
    machine.run({ opcode: 'tensor_scalar_cumulative', ...named, dst, sources, attributes });
    expect(machine.values('dst')).toEqual([11, 13, 16, 20]);
    expect(machine.accumulators('vector')[0]).toBe(20);
  });

  test('select_reduce takes its constant from a tile too, and idle leaves NaN', () => {
    const machine = testMachine({
      flags: { dtype: 'int8', partitions: 1, elements: 3, codes: [0, 255, 0] },
      x: { dtype: 'int16', partitions: 1, elements: 3, values: [7, 8, 9] },
      other: { ...float32, elements: 1, values: [-1.5] },
      dst: { ...float32, elements: 3 },
    });
    machine.accumulators('vector').fill(1);
    const sources = {
      predicate: machine.on('flags'),
      on_true: machine.on('x'),
      on_false: machine.on('other'),
    };
    machine.run({ opcode: 'select_reduce', ...named, dst: machine.on('dst'), sources, attributes: {} });
    expect(machine.values('dst')).toEqual([-1.5, 8, -1.5]);
    expect([...machine.accumulators('vector')].slice(0, 3)).toEqual([NaN, 1, 1]);
  });

  test('range_select compares indices with both bounds; what it leaves out is -infinity in narrow formats, finite in the register', () => {
    const comparisons = { equal: (x: number, y: number) => x === y, less: (x: number, y: number) => x < y, less_equal: (x: number, y: number) => x <= y, greater: (x: number, y: number) => x > y, greater_equal: (x: number, y: number) => x >= y }; // prettier-ignore
    const comparison = fc.constantFrom(...namesOf(comparisons));
    const given = shapes.chain((size) =>
      fc.record({ data: source(size, FLOATS), dst: target(size, ['bfloat16']) }),
    );
    const bound = fc.oneof(fc.integer({ min: -4, max: 20 }), fc.constantFrom(0.5, NaN, Infinity, -Infinity));
    fc.assert(
      fc.property(given, comparison, comparison, bound, bound, fc.integer({ min: -5, max: 5 }), (all, comp_op0, comp_op1, low, high, range_start) => {
        const { partitions } = all.dst.tensor;
        const bounds = (value: number) => ({
          tensor: { dtype: 'float32', partitions, elements: 1, values: Array.from({ length: partitions }, () => value) },
          view: {},
        } as const);
        const { machine, at } = place({ ...all, low: bounds(low), high: bounds(high) });
        const values = rows(floatsAt(machine, at('data')), partitions).map((row) =>
          row.map((value, i) => {
            const index = range_start + i;
            return comparisons[comp_op0](index, low) && comparisons[comp_op1](index, high) ? value : LOWEST;
          }),
        );
        const sources = { on_true: at('data'), bound0: at('low'), bound1: at('high') };
        const attributes = { comp_op0, comp_op1, range_start, on_false_value: -3.4028235e38 };
        machine.run({ opcode: 'range_select', ...named, dst: at('dst'), sources, attributes });
        expect(codesAt(machine, at('dst'))).toEqual(encoded('bfloat16', values.flat()));
        const registers = [...machine.accumulators('vector')].slice(at('dst').partition).slice(0, partitions);
        const largest = values.map((row) => row.reduce((most, value) => ARITHMETIC.maximum(most, value)));
        expect(registers.map(canonical)).toEqual(largest.map(canonical));
      }),
    ); // prettier-ignore
    expect(encode('bfloat16', LOWEST)).toBe(0xff80);
  });
});
