import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { power } from '../../src/isa/functions';
import { bitsOf, encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { AluOp, BitwiseOp } from '../../src/program';
import { testMachine, type TestMachine } from './machine';
import * as oracle from './vector-oracle';
import {
  ANY,
  INTEGERS,
  codesAt,
  column,
  entriesOf,
  floatsAt,
  namesOf,
  place,
  shapes,
  source,
  target,
} from './vector-arbitrary';

const named = { id: 'i', engine: 'vector' } as const;
const encoded = (dtype: Dtype, values: readonly number[]) =>
  values.map((value) => encode(dtype, Math.fround(value)));

/** The element of a [P, 1] operand that goes with each element of as many partitions. */
const spread = (list: readonly number[], count: number) =>
  Array.from({ length: count }, (_, at) => list[Math.floor((at * list.length) / count)] ?? NaN);

const ARITHMETIC = { ...oracle.ARITHMETIC };
const binary = fc.constantFrom(...namesOf(ARITHMETIC));
const unary = fc.constantFrom(...namesOf(oracle.UNARY));
const bitwise = fc.constantFrom(...namesOf(oracle.BITWISE).filter((op) => op !== 'invert'));
const flag = fc.option(fc.boolean(), { nil: undefined });
const constant = fc.oneof(fc.double(), fc.constantFrom(0.1, -0, Infinity, NaN, 2 ** -149, 1e300));

/** Integer formats of as many bits as a first one. */
const sameWidth = fc
  .constantFrom(...INTEGERS)
  .map((dtype) => INTEGERS.filter((other) => bitsOf(other) === bitsOf(dtype)));

test('tensor_copy converts by way of float32, and keeps the bits of equal formats', () => {
  const given = shapes.chain((shape) => fc.record({ src: source(shape), dst: target(shape) }));
  fc.assert(
    fc.property(given, fc.boolean(), (operands, saturate) => {
      const { machine, at } = place(operands);
      const [from, to] = [operands.src.tensor.dtype, operands.dst.tensor.dtype];
      const kept = from === to && !saturate;
      const expected = kept
        ? codesAt(machine, at('src'))
        : floatsAt(machine, at('src')).map((value) => encode(to, value, { saturate }));
      const attributes = saturate ? { saturate } : {};
      machine.run({
        opcode: 'tensor_copy',
        ...named,
        dst: at('dst'),
        sources: { src: at('src') },
        attributes,
      });
      expect(codesAt(machine, at('dst'))).toEqual(expected);
    }),
  );
});

test('memset writes a code into every element of a pattern, and nowhere else', () => {
  const given = shapes.chain((shape) => fc.record({ dst: target(shape, ['float16']) }));
  fc.assert(
    fc.property(given, ({ dst }) => {
      const { machine, at } = place({ dst });
      const first = { ...at('dst'), dims: [] };
      const before = codesAt(machine, at('dst'));
      machine.run({ opcode: 'memset', ...named, dst: first, sources: {}, attributes: { code: 0x3c00 } });
      const width = before.length / first.partitions;
      expect(codesAt(machine, at('dst'))).toEqual(before.map((code, i) => (i % width === 0 ? 0x3c00 : code)));
    }),
  );
});

test('reciprocal is the nearest float32, rounded once more to dst', () => {
  const given = shapes.chain((shape) => fc.record({ data: source(shape), dst: target(shape) }));
  fc.assert(
    fc.property(given, (operands) => {
      const { machine, at } = place(operands);
      const expected = floatsAt(machine, at('data')).map(oracle.UNARY.reciprocal);
      machine.run({
        opcode: 'reciprocal',
        ...named,
        dst: at('dst'),
        sources: { data: at('data') },
        attributes: {},
      });
      expect(codesAt(machine, at('dst'))).toEqual(encoded(operands.dst.tensor.dtype, expected));
    }),
  );
});

describe('tensor_tensor', () => {
  function run(machine: TestMachine, at: (name: 'a' | 'b' | 'dst') => ReturnType<TestMachine['on']>, op: AluOp, engine: 'vector' | 'gpsimd' = 'vector') {
    const sources = { data1: at('a'), data2: at('b') };
    machine.run({ opcode: 'tensor_tensor', id: 'i', engine, dst: at('dst'), sources, attributes: { op } });
    return codesAt(machine, at('dst'));
  } // prettier-ignore

  test('takes any formats to float32, operates, and rounds to dst', () => {
    const given = shapes.chain((shape) =>
      fc.record({ a: source(shape, ANY, 'psum'), b: source(shape), dst: target(shape) }),
    );
    fc.assert(
      fc.property(given, binary, (operands, op) => {
        const { machine, at } = place(operands);
        const [x, y] = [floatsAt(machine, at('a')), floatsAt(machine, at('b'))];
        const expected = x.map((value, i) => ARITHMETIC[op](value, y[i] ?? NaN));
        expect(run(machine, at, op)).toEqual(encoded(operands.dst.tensor.dtype, expected));
      }),
      { numRuns: 500 },
    );
  });

  test('bitwise operators keep codes as they are', () => {
    const given = fc
      .tuple(shapes, sameWidth)
      .chain(([shape, dtypes]) =>
        fc.record({ a: source(shape, dtypes), b: source(shape, dtypes), dst: target(shape, dtypes) }),
      );
    fc.assert(
      fc.property(given, bitwise, (operands, op) => {
        const { machine, at } = place(operands);
        const [x, y] = [codesAt(machine, at('a')), codesAt(machine, at('b'))];
        const width = bitsOf(operands.a.tensor.dtype);
        expect(run(machine, at, op)).toEqual(
          x.map((code, i) => oracle.bitwise(op, code, y[i] ?? NaN, width)),
        );
      }),
    );
  });

  test('gpsimd is exact on 32-bit integers, and goes by way of float32 as soon as one is not', () => {
    const SBUF: readonly Dtype[] = ['int32', 'uint32'];
    const exact = (dtype: Dtype, code: number) => BigInt(dtype === 'int32' ? code | 0 : code);
    const given = shapes.chain((shape) =>
      fc.record({ a: source(shape, SBUF), b: source(shape, SBUF), dst: source(shape, [...SBUF, 'int16']) }),
    );
    fc.assert(
      fc.property(given, fc.constantFrom(...namesOf(oracle.INTEGER)), (operands, op) => {
        // A source that repeats rows is no destination.
        const dst = { ...operands.dst, view: operands.a.view.dims?.[0]?.[0] === 0 ? {} : operands.a.view };
        const { machine, at } = place({ ...operands, dst });
        const [a, b] = [operands.a.tensor.dtype, operands.b.tensor.dtype];
        const [x, y] = [codesAt(machine, at('a')), codesAt(machine, at('b'))];
        const [left, right] = [floatsAt(machine, at('a')), floatsAt(machine, at('b'))];
        const expected =
          dst.tensor.dtype === 'int16'
            ? encoded('int16', left.map((value, i) => ARITHMETIC[op](value, right[i] ?? NaN))) // prettier-ignore
            : x.map((code, i) => Number(BigInt.asUintN(32, oracle.INTEGER[op](exact(a, code), exact(b, y[i] ?? NaN))))); // prettier-ignore
        expect(run(machine, at, op, 'gpsimd')).toEqual(expected);
      }),
    );
  });

  test('vector loses the low bits of wide integers, gpsimd wraps', () => {
    const ints = (values: readonly number[]) =>
      ({ partitions: 1, elements: 2, dtype: 'int32', codes: values }) as const;
    const operands = { a: ints([2 ** 24 + 1, 0x7fffffff]), b: ints([0, 1]), dst: ints([0, 0]) };
    const machine = testMachine(operands);
    expect(run(machine, (name) => machine.on(name), 'add')).toEqual([2 ** 24, 0x7fffffff]);
    expect(run(machine, (name) => machine.on(name), 'add', 'gpsimd')).toEqual([2 ** 24 + 1, 0x80000000]);
  });

  test('power runs on gpsimd, by way of float32 also between integers', () => {
    const tensor = (dtype: Dtype, values: readonly number[]) => ({
      partitions: 1,
      elements: 3,
      dtype,
      values,
    });
    const machine = testMachine({
      a: tensor('int32', [3, 2, 10]),
      b: tensor('int32', [2, 10, 0]),
      dst: tensor('int32', [0, 0, 0]),
    });
    const expected = [power(3, 2), power(2, 10), power(10, 0)];
    expect(run(machine, (name) => machine.on(name), 'power', 'gpsimd')).toEqual(encoded('int32', expected));
  });

  test('dst may be one of the sources', () => {
    const machine = testMachine({ a: { partitions: 1, elements: 3, dtype: 'float32', values: [1, 2, 3] } });
    run(machine, () => machine.on('a'), 'multiply');
    expect(machine.values('a')).toEqual([1, 4, 9]);
  });
});

/** op0 or op1 with its operand: a constant, a tile, or nothing for an operator of one side. */
type Side = { op: AluOp; constant?: number; reverse?: boolean | undefined };
const sides: fc.Arbitrary<Side> = fc.oneof(
  fc.record({ op: binary, reverse: flag }),
  fc.record({ op: binary, constant, reverse: flag }),
  fc.record({ op: unary }),
  fc.record({ op: unary, constant: fc.constant(0) }),
);

function applied({ op, constant, reverse }: Side, x: readonly number[], tile: readonly number[]): number[] {
  return x.map((value, i) => {
    const other = constant === undefined ? (tile[i] ?? NaN) : Math.fround(constant);
    for (const [name, operate] of entriesOf(oracle.UNARY)) if (name === op) return operate(value);
    for (const [name, operate] of entriesOf(ARITHMETIC)) {
      if (name === op) return reverse === true ? operate(other, value) : operate(value, other);
    }
    throw new Error(op);
  });
}

const isUnary = ({ op }: Side) => entriesOf(oracle.UNARY).some(([name]) => name === op);
const takesTile = (side: Side) => side.constant === undefined && !isUnary(side);

describe('tensor_scalar', () => {
  test('applies one or two operators with a scalar of the partition on either side', () => {
    const given = shapes.chain((shape) =>
      fc.record({ data: source(shape), dst: target(shape), t0: column(shape), t1: column(shape) }),
    );
    fc.assert(
      fc.property(given, sides, fc.option(sides, { nil: undefined }), (operands, first, second) => {
        const { machine, at } = place(operands);
        const x = floatsAt(machine, at('data'));
        const [t0, t1] = [at('t0'), at('t1')].map((tile) => spread(floatsAt(machine, tile), x.length));
        const once = applied(first, x, t0 ?? []);
        const expected = second === undefined ? once : applied(second, once, t1 ?? []);
        machine.run({
          opcode: 'tensor_scalar',
          ...named,
          dst: at('dst'),
          sources: {
            data: at('data'),
            ...(takesTile(first) && { operand0: at('t0') }),
            ...(second !== undefined && takesTile(second) && { operand1: at('t1') }),
          },
          attributes: {
            op0: first.op,
            ...(first.constant !== undefined && { operand0: first.constant }),
            ...(first.reverse !== undefined && { reverse0: first.reverse }),
            ...(second !== undefined && { op1: second.op }),
            ...(second?.constant !== undefined && { operand1: second.constant }),
            ...(second?.reverse !== undefined && { reverse1: second.reverse }),
          },
        });
        expect(codesAt(machine, at('dst'))).toEqual(encoded(operands.dst.tensor.dtype, expected));
      }),
      { numRuns: 500 },
    );
  });

  test('bitwise operators take codes and whole numbers, between steps too', () => {
    const given = fc.tuple(shapes, sameWidth).chain(([shape, dtypes]) =>
      fc
        .record({ data: source(shape, dtypes), dst: target(shape, dtypes), amount: fc.integer({ min: -(2 ** (bitsOf(dtypes[0] ?? 'int8') - 1)), max: 2 ** bitsOf(dtypes[0] ?? 'int8') - 1 }) })
        .chain((operands) => column(shape, [operands.data.tensor.dtype]).map((tile) => ({ ...operands, tile }))),
    ); // prettier-ignore
    fc.assert(
      fc.property(given, bitwise, fc.boolean(), bitwise, fc.boolean(), ({ amount, ...operands }, op0, reverse0, op1, reverse1) => {
        const { machine, at } = place(operands);
        const width = bitsOf(operands.data.tensor.dtype);
        const x = codesAt(machine, at('data'));
        const tile = spread(codesAt(machine, at('tile')), x.length);
        const code = Number(BigInt.asUintN(width, BigInt(amount)));
        const step = (op: BitwiseOp, reverse: boolean, left: number, right: number) =>
          reverse ? oracle.bitwise(op, right, left, width) : oracle.bitwise(op, left, right, width);
        const expected = x.map((value, i) =>
          step(op1, reverse1, step(op0, reverse0, value, tile[i] ?? NaN), code),
        );
        const attributes = { op0, reverse0, op1, reverse1, operand1: amount };
        const sources = { data: at('data'), operand0: at('tile') };
        machine.run({ opcode: 'tensor_scalar', ...named, dst: at('dst'), sources, attributes });
        expect(codesAt(machine, at('dst'))).toEqual(expected);
      }),
    ); // prettier-ignore
  });

  test('what falls off the width of a format is gone before the next operator', () => {
    const machine = testMachine({ d: { partitions: 1, elements: 2, dtype: 'uint8', codes: [0xff, 0x01] } });
    const attributes = { op0: 'left_shift', operand0: 4, op1: 'right_shift', operand1: 4 } as const;
    const at = machine.on('d');
    machine.run({ opcode: 'tensor_scalar', ...named, dst: at, sources: { data: at }, attributes });
    expect(machine.codes('d')).toEqual([0x0f, 0x01]);
    const inverted = { op0: 'invert', op1: 'bitwise_xor', operand1: -1 } as const;
    machine.run({ opcode: 'tensor_scalar', ...named, dst: at, sources: { data: at }, attributes: inverted });
    expect(machine.codes('d')).toEqual([0x0f, 0x01]);
  });

  test('integer outputs saturate, and NaN becomes 0', () => {
    const machine = testMachine({
      x: { partitions: 1, elements: 5, dtype: 'float32', values: [300, -300, 2.5, NaN, -Infinity] },
      u: { partitions: 1, elements: 5, dtype: 'uint8' },
      i: { partitions: 1, elements: 5, dtype: 'int8' },
    });
    const attributes = { op0: 'multiply', operand0: 1 } as const;
    for (const dst of ['u', 'i']) {
      machine.run({ opcode: 'tensor_scalar', ...named, dst: machine.on(dst), sources: { data: machine.on('x') }, attributes }); // prettier-ignore
    }
    expect(machine.values('u')).toEqual([255, 0, 2, 0, 0]);
    expect(machine.values('i')).toEqual([127, -128, 2, 0, -128]);
  });
});

test('scalar_tensor_tensor: (data op0 scalar) op1 tensor, with either side first', () => {
  const given = shapes.chain((shape) =>
    fc.record({
      data: source(shape, ANY, 'psum'),
      other: source(shape),
      dst: target(shape),
      tile: column(shape),
    }),
  );
  fc.assert(
    fc.property(given, sides, binary, flag, (operands, first, op1, reverse1) => {
      const { machine, at } = place(operands);
      const x = floatsAt(machine, at('data'));
      const others = floatsAt(machine, at('other'));
      const once = applied(first, x, spread(floatsAt(machine, at('tile')), x.length));
      const expected = applied({ op: op1, reverse: reverse1 }, once, others);
      machine.run({
        opcode: 'scalar_tensor_tensor',
        ...named,
        dst: at('dst'),
        sources: {
          data: at('data'),
          operand1: at('other'),
          ...(takesTile(first) && { operand0: at('tile') }),
        },
        attributes: {
          op0: first.op,
          ...(first.constant !== undefined && { operand0: first.constant }),
          ...(first.reverse !== undefined && { reverse0: first.reverse }),
          op1,
          ...(reverse1 !== undefined && { reverse1 }),
        },
      });
      expect(codesAt(machine, at('dst'))).toEqual(encoded(operands.dst.tensor.dtype, expected));
    }),
    { numRuns: 300 },
  );
});

describe('tensor_copy_predicated', () => {
  const flags: readonly Dtype[] = ['uint8', 'uint16', 'uint32'];

  test('takes src or a constant where the predicate says so, and leaves the rest', () => {
    const given = shapes.chain((shape) =>
      fc.constantFrom(...ANY).chain((dtype) =>
        fc.record({
          src: source(shape, [dtype]),
          predicate: source(shape, flags),
          dst: target(shape, [dtype]),
        }),
      ),
    );
    const few = fc.array(fc.boolean(), { minLength: 1 });
    fc.assert(
      fc.property(given, few, fc.boolean(), fc.option(constant, { nil: undefined }), (operands, mask, reverse_pred, value) => {
        // Random flags are hardly ever zero.
        const zeroed = operands.predicate.tensor.codes ?? [];
        const codes = Array.from(zeroed, (code, i) => (mask[i % mask.length] === true ? code : 0));
        const predicate = { ...operands.predicate, tensor: { ...operands.predicate.tensor, codes } };
        const { machine, at } = place({ ...operands, predicate });
        const taken = codesAt(machine, at('predicate')).map((code) => (code !== 0) !== reverse_pred);
        const src = codesAt(machine, at('src'));
        const { dtype } = operands.dst.tensor;
        const expected = codesAt(machine, at('dst')).map((before, i) =>
          taken[i] !== true ? before : value === undefined ? src[i] : encode(dtype, Math.fround(value)),
        );
        machine.run({
          opcode: 'tensor_copy_predicated',
          ...named,
          dst: at('dst'),
          sources: { predicate: at('predicate'), ...(value === undefined && { src: at('src') }) },
          attributes: { reverse_pred, ...(value !== undefined && { src: value }) },
        });
        expect(codesAt(machine, at('dst'))).toEqual(expected);
      }),
    ); // prettier-ignore
  });

  test('what is not copied stays unwritten', () => {
    const machine = testMachine({
      src: { partitions: 2, elements: 3, dtype: 'bfloat16', values: [1, 2, 3, 4, 5, 6] },
      predicate: { partitions: 2, elements: 3, dtype: 'uint8', codes: [0, 1, 1, 255, 0, 2] },
      dst: { partitions: 2, elements: 3, dtype: 'bfloat16' },
    });
    const sources = { src: machine.on('src'), predicate: machine.on('predicate') };
    const copy = { opcode: 'tensor_copy_predicated', ...named, dst: machine.on('dst'), sources } as const;
    machine.run({ ...copy, attributes: {} });
    expect(machine.values('dst')).toEqual([undefined, 2, 3, 4, undefined, 6]);
    machine.run({ ...copy, attributes: { reverse_pred: true } });
    expect(machine.values('dst')).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
