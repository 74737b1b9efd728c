import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import { testMachine } from './machine';
import * as oracle from './vector-oracle';
import {
  ANY,
  codesAt,
  column,
  floatsAt,
  INTEGERS,
  namesOf,
  place,
  rows,
  shapes,
  source,
  target,
} from './vector-arbitrary';

const named = { id: 'i', engine: 'vector' } as const;
const encoded = (dtype: Dtype, values: readonly number[]) =>
  values.map((value) => encode(dtype, Math.fround(value)));
const { ARITHMETIC } = oracle;
const binary = fc.constantFrom(...namesOf(ARITHMETIC));
const bool = fc.boolean();

describe('tensor_reduce', () => {
  const arithmetic = ['add', 'subtract', 'multiply', 'maximum', 'minimum', 'logical_and', 'logical_or', 'logical_xor'] as const; // prettier-ignore
  const bitwise = ['bitwise_and', 'bitwise_or', 'bitwise_xor'] as const;

  /** data [P, outer, inner], of which the inner dimension is reduced, or both. */
  const given = (dtypes: (dtype: Dtype) => readonly Dtype[], from: readonly Dtype[]) =>
    fc.tuple(shapes, bool, fc.constantFrom(...from)).chain(([shape, all, dtype]) => {
      const left = { ...shape, outer: all ? 1 : shape.outer, inner: 1 };
      const data = source(shape, [dtype]).map(({ tensor }) => ({
        tensor,
        // Outer before inner, with strides as if they had been permuted.
        view: { dims: [[1, shape.outer], [shape.outer, shape.inner]] as const },
      })); // prettier-ignore
      return fc.record({ data, dst: target(left, dtypes(dtype)), all: fc.constant(all) });
    });

  test('joins the innermost dimensions in order, from the first element on', () => {
    fc.assert(
      fc.property(given(() => ANY, ANY), fc.constantFrom(...arithmetic), bool, ({ all, ...operands }, op, negate) => {
        const { machine, at } = place(operands);
        const width = codesAt(machine, at('dst')).length;
        const expected = rows(floatsAt(machine, at('data')), width)
          .map((list) => list.reduce((total, value) => ARITHMETIC[op](total, value)))
          .map((value) => (negate ? -value : value));
        const attributes = { op, axes: all ? 2 : 1, negate };
        machine.run({ opcode: 'tensor_reduce', ...named, dst: at('dst'), sources: { data: at('data') }, attributes });
        expect(codesAt(machine, at('dst'))).toEqual(encoded(operands.dst.tensor.dtype, expected));
      }),
      { numRuns: 300 },
    ); // prettier-ignore
  });

  test('bitwise operators join codes', () => {
    const operators = { bitwise_and: (x: bigint, y: bigint) => x & y, bitwise_or: (x: bigint, y: bigint) => x | y, bitwise_xor: (x: bigint, y: bigint) => x ^ y }; // prettier-ignore
    fc.assert(
      fc.property(given((dtype) => [dtype], INTEGERS), fc.constantFrom(...bitwise), ({ all, ...operands }, op) => {
        const { machine, at } = place(operands);
        const width = codesAt(machine, at('dst')).length;
        const expected = rows(codesAt(machine, at('data')), width).map((list) =>
          Number(list.map(BigInt).reduce(operators[op])),
        );
        const attributes = { op, axes: all ? 2 : 1 };
        machine.run({ opcode: 'tensor_reduce', ...named, dst: at('dst'), sources: { data: at('data') }, attributes });
        expect(codesAt(machine, at('dst'))).toEqual(expected);
      }),
    ); // prettier-ignore
  });

  test('each step rounds, and a single element stays as it is', () => {
    const machine = testMachine({
      x: { partitions: 1, elements: 3, dtype: 'float32', values: [2 ** 24, 1, 1] },
      zero: { partitions: 1, elements: 1, dtype: 'float32', values: [-0] },
      dst: { partitions: 1, elements: 1, dtype: 'float32' },
    });
    const sum = (data: string, dims: readonly (readonly [number, number])[], offset = 0) => {
      const sources = { data: machine.on(data, { dims, offset }) };
      const attributes = { op: 'add', axes: 1 } as const;
      machine.run({ opcode: 'tensor_reduce', ...named, dst: machine.on('dst'), sources, attributes });
      return machine.values('dst');
    };
    expect(sum('x', [[1, 3]])).toEqual([2 ** 24]);
    expect(sum('x', [[-1, 3]], 2)).toEqual([2 ** 24 + 2]);
    expect(sum('zero', [[1, 1]])).toEqual([-0]);
  });
});

describe('tensor_tensor_scan', () => {
  test('carries a float32 state through each partition', () => {
    const given = shapes.chain((shape) =>
      fc.record({ a: source(shape), b: source(shape), initial: column(shape, ANY), dst: target(shape) }),
    );
    const constant = fc.option(fc.double(), { nil: undefined });
    fc.assert(
      fc.property(given, binary, binary, bool, bool, constant, (operands, op0, op1, reverse0, reverse1, start) => {
        const { machine, at } = place(operands);
        const { partitions } = at('dst');
        const [left, right] = [floatsAt(machine, at('a')), floatsAt(machine, at('b'))].map((list) => rows(list, partitions));
        const tile = floatsAt(machine, at('initial'));
        const apply = (op: keyof typeof ARITHMETIC, reverse: boolean, x: number, y: number) =>
          reverse ? ARITHMETIC[op](y, x) : ARITHMETIC[op](x, y);
        const expected = (left ?? []).flatMap((row, p) => {
          let state = start === undefined ? (tile[p] ?? NaN) : Math.fround(start);
          return row.map((value, i) => {
            state = apply(op1, reverse1, apply(op0, reverse0, value, state), right?.[p]?.[i] ?? NaN);
            return state;
          });
        });
        machine.run({
          opcode: 'tensor_tensor_scan',
          ...named,
          dst: at('dst'),
          sources: { data0: at('a'), data1: at('b'), ...(start === undefined && { initial: at('initial') }) },
          attributes: { op0, op1, reverse0, reverse1, ...(start !== undefined && { initial: start }) },
        });
        expect(codesAt(machine, at('dst'))).toEqual(encoded(operands.dst.tensor.dtype, expected));
      }),
      { numRuns: 300 },
    ); // prettier-ignore
  });

  test('a cumulative sum does not lose what a narrow dst cannot hold', () => {
    const values = Array.from({ length: 300 }, () => 1);
    const tensor = { partitions: 1, elements: 300, dtype: 'bfloat16' } as const;
    const machine = testMachine({ x: { ...tensor, values }, dst: tensor });
    const x = machine.on('x');
    const attributes = { op0: 'multiply', op1: 'add', initial: 0 } as const;
    machine.run({ opcode: 'tensor_tensor_scan', ...named, dst: machine.on('dst'), sources: { data0: x, data1: x }, attributes }); // prettier-ignore
    // 299 is a tie of bfloat16, and goes to the even 300; a state of bfloat16 would have stayed at 256.
    expect(machine.values('dst').slice(-3)).toEqual([298, 300, 300]);
  });
});
