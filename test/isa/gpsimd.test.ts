import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, NUMERIC_DTYPES, encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine } from './machine';

interface Affine {
  readonly pattern: readonly (readonly [number, number])[];
  readonly offset: number;
  readonly channel_multiplier: number;
}

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const affine = fc.record({
  pattern: fc.array(fc.tuple(word, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 4 }),
  offset: word,
  channel_multiplier: word,
});
const sizeOf = (pattern: readonly (readonly [number, number])[]) =>
  pattern.reduce((total, [, count]) => total * count, 1);

/** The affine value of element f of partition p, in integers without end, wrapped once. */
function affineValue({ pattern, offset, channel_multiplier }: Affine, p: number, f: number): number {
  let sum = BigInt(offset) + BigInt(p) * BigInt(channel_multiplier);
  let rest = f;
  for (const [step, count] of [...pattern].reverse()) {
    sum += BigInt(rest % count) * BigInt(step);
    rest = Math.floor(rest / count);
  }
  return Number(BigInt.asIntN(32, sum));
}

const named = { id: 'i', engine: 'gpsimd' } as const;

describe('iota', () => {
  const iota = (
    dtype: Dtype,
    partitions: number,
    attributes: Instruction<'iota'>['attributes'],
    partition = 0,
  ) => {
    const m = testMachine({ d: { dtype, partition, partitions, elements: sizeOf(attributes.pattern) } });
    m.run({ opcode: 'iota', ...named, dst: m.on('d'), sources: {}, attributes }, 'trn3');
    return m;
  };

  test('is the affine value, wrapped to 32 bits', () => {
    fc.assert(
      fc.property(affine, fc.integer({ min: 1, max: 5 }), (attributes, partitions) => {
        const elements = sizeOf(attributes.pattern);
        const wanted = Array.from({ length: partitions * elements }, (_, at) =>
          affineValue(attributes, Math.floor(at / elements), at % elements),
        );
        expect(iota('int32', partitions, attributes).values('d')).toEqual(wanted);
        const bits = wanted.map((value) => value >>> 0);
        expect(iota('uint32', partitions, attributes).codes('d')).toEqual(bits);
        const floats = wanted.map((value) => encode('bfloat16', Math.fround(value)));
        expect(iota('bfloat16', partitions, attributes).codes('d')).toEqual(floats);
      }),
    );
  });

  test('counts partitions from dst’s first, and the last dimension fastest', () => {
    const attributes = { pattern: [[10, 2], [1, 3]], offset: 100, channel_multiplier: 1000 } as const; // prettier-ignore
    expect(iota('float32', 2, attributes, 64).values('d')).toEqual([
      100, 101, 102, 110, 111, 112, 1100, 1101, 1102, 1110, 1111, 1112,
    ]);
  });

  test('narrow integers saturate', () => {
    expect(iota('uint8', 1, { pattern: [[300, 3]], offset: -300 }).values('d')).toEqual([0, 0, 255]);
    expect(iota('int16', 1, { pattern: [[2 ** 20, 2]] }).values('d')).toEqual([0, 32767]);
  });

  test.each([
    [{ pattern: [] }, 'pattern has 1 to 4 dimensions, received 0.'],
    [{ pattern: [[1, 4]] }, 'pattern must have as many elements as a partition of dst, 6, received 4.'],
    [{ pattern: [[1, 6]], offset: 2 ** 31 }, 'offset is a 32-bit signed integer, received 2147483648.'],
    [
      { pattern: [[1, 6]], channel_multiplier: 0.5 },
      'channel_multiplier is a 32-bit signed integer, received 0.5.',
    ],
    [{ pattern: [[-(2 ** 32), 6]] }, 'a step of pattern is a 32-bit signed integer, received -4294967296.'],
    [
      {
        pattern: [
          [1, 6],
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      },
      'pattern has 1 to 4 dimensions, received 5.',
    ],
  ] as const)('%o is illegal', (attributes, problem) => {
    const m = testMachine({ d: { dtype: 'int32', partitions: 2, elements: 6 } });
    expect(m.problem({ opcode: 'iota', ...named, dst: m.on('d'), sources: {}, attributes })).toBe(problem);
  });

  test('does not reach PSUM', () => {
    const m = testMachine({ d: { space: 'psum', dtype: 'int32', partitions: 2, elements: 6 } });
    const attributes = { pattern: [[1, 6]] } as const;
    expect(m.problem({ opcode: 'iota', ...named, dst: m.on('d'), sources: {}, attributes })).toBe(
      'dst must be in sbuf, received psum.',
    );
  });
});

describe('affine_select', () => {
  const compare: Readonly<Record<string, (value: number) => boolean>> = {
    equal: (v) => v === 0,
    not_equal: (v) => v !== 0,
    greater_equal: (v) => v >= 0,
    greater: (v) => v > 0,
    less_equal: (v) => v <= 0,
    less: (v) => v < 0,
  };
  const small = fc.record({
    pattern: fc.array(fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 3,
    }),
    offset: fc.integer({ min: -3, max: 3 }),
    channel_multiplier: fc.integer({ min: -2, max: 2 }),
  });
  const op = fc.constantFrom('equal', 'not_equal', 'greater_equal', 'greater', 'less_equal', 'less' as const);

  test('takes on_true where the affine value compares so with 0', () => {
    fc.assert(
      fc.property(
        small,
        op,
        fc.constantFrom(...NUMERIC_DTYPES),
        fc.integer({ min: 1, max: 4 }),
        (told, cmp_op, dtype, partitions) => {
          const elements = sizeOf(told.pattern);
          const from = { dtype: 'bfloat16', partitions, elements } as const;
          const values = Array.from({ length: partitions * elements }, (_, at) => (at % 50) - 25);
          const m = testMachine({ t: { ...from, values }, d: { dtype, partitions, elements } });
          const attributes = { ...told, cmp_op, on_false_value: 1.3 };
          const run = {
            opcode: 'affine_select',
            ...named,
            dst: m.on('d'),
            sources: { on_true: m.on('t') },
            attributes,
          } as const;
          if (m.problem(run, 'trn3') !== undefined) return;
          m.run(run, 'trn3');
          const wanted = values.map((value, at) => {
            const taken = compare[cmp_op]?.(affineValue(told, Math.floor(at / elements), at % elements));
            return encode(dtype, taken === true ? value : Math.fround(1.3));
          });
          expect(m.codes('d')).toEqual(wanted);
        },
      ),
    );
  });

  const select = (
    attributes: Partial<Instruction<'affine_select'>['attributes']>,
    codes: number[],
    to: Dtype = 'float32',
  ) => {
    const m = testMachine({
      t: { dtype: 'float32', partitions: 1, elements: 2, codes },
      d: { dtype: to, partitions: 1, elements: 2 },
    });
    m.run({
      opcode: 'affine_select',
      ...named,
      dst: m.on('d'),
      sources: { on_true: m.on('t') },
      attributes: { pattern: [[1, 2]], on_false_value: -Infinity, cmp_op: 'greater_equal', ...attributes },
    });
    return m.codes('d');
  };

  test('keeps the bits of dst’s format, and clamps where it is told', () => {
    expect(select({}, [0x7fc12345, 0x00000001])).toEqual([0x7fc12345, 1]);
    expect(select({}, [0x7fc12345, 0x00000001], 'bfloat16')).toEqual([0x7fc0, 0]);
    expect(select({ cmp_op: 'equal' }, [0x7f800000, 0])).toEqual([0x7f800000, 0xff800000]);
    expect(select({ cmp_op: 'equal', saturate: true }, [0x7f800000, 0])).toEqual([0x7f7fffff, 0xff7fffff]);
  });

  test('equal is what is meant where no comparison is told', () => {
    const m = testMachine({
      t: { dtype: 'float32', partitions: 3, elements: 3, values: Array.from({ length: 9 }, () => 1) },
      d: { dtype: 'float32', partitions: 3, elements: 3 },
    });
    const attributes = { pattern: [[1, 3]], channel_multiplier: -1, on_false_value: 0 } as const;
    m.run({ opcode: 'affine_select', ...named, dst: m.on('d'), sources: { on_true: m.on('t') }, attributes });
    expect(m.values('d')).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});

describe('tensor_partition_reduce', () => {
  type Op = Instruction<'tensor_partition_reduce'>['attributes']['op'];
  const machine = (from: Dtype, to: Dtype, partitions: number, codes: readonly number[]) =>
    testMachine({
      x: { dtype: from, partitions, elements: codes.length / partitions, codes },
      d: { dtype: to, partitions: 1, elements: codes.length / partitions },
    });
  const reduce = (op: Op, from: Dtype, to: Dtype, partitions: number, codes: readonly number[]) => {
    const m = machine(from, to, partitions, codes);
    m.run(
      {
        opcode: 'tensor_partition_reduce',
        ...named,
        dst: m.on('d'),
        sources: { data: m.on('x') },
        attributes: { op },
      },
      'trn3',
    );
    return m.codes('d');
  };
  const f32 = (value: number) => encode('float32', Math.fround(value));

  test('adds from the first partition up, each sum rounded', () => {
    expect(reduce('add', 'float32', 'float32', 3, [2 ** 24, 1, 1].map(f32))).toEqual([f32(2 ** 24)]);
    expect(reduce('add', 'float32', 'float32', 3, [1, 1, 2 ** 24].map(f32))).toEqual([f32(2 ** 24 + 2)]);
    expect(reduce('add', 'float32', 'float32', 1, [0x80000000])).toEqual([0x80000000]);
    expect(reduce('add', 'int8', 'int8', 3, [100, 100, 0xff])).toEqual([127]);
  });

  test('averages by the float32 nearest to 1 / P', () => {
    // 1/3 rounds up to 11184811 x 2^-25, and 9 x that is 3 + 3 x 2^-25, which rounds to 3.
    expect(reduce('average', 'float32', 'float32', 3, [2, 3, 4].map(f32))).toEqual([f32(3)]);
    expect(reduce('average', 'float32', 'float32', 4, [1, 2, 4, 8].map(f32))).toEqual([f32(3.75)]);
    // 5 x (11184811 x 2^-25) = 13981013.75 x 2^-23 rounds up, where 5 / 3 = 13981013.33.. x 2^-23 would round down.
    expect(reduce('average', 'uint8', 'float32', 3, [5, 0, 0])).toEqual([f32(13981014 * 2 ** -23)]);
  });

  test('maximum is NaN where any is, and +0 over -0', () => {
    expect(reduce('maximum', 'float32', 'float32', 3, [0xffc00001, f32(1), f32(9)])).toEqual([0x7fc00000]);
    expect(reduce('maximum', 'float32', 'float32', 2, [0x80000000, 0, 0, 0x80000000])).toEqual([0, 0]);
    expect(reduce('maximum', 'bfloat16', 'bfloat16', 2, [0xff80, 0xc000])).toEqual([0xc000]);
  });

  test('joins codes bit by bit', () => {
    const codes = fc.array(fc.tuple(fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(codes, (columns) => {
        const rows = [0, 1, 2].flatMap((row) => columns.map((column) => column[row] ?? 0));
        const bits = (test: (ones: number) => boolean) =>
          columns.map((column) =>
            Array.from(
              { length: 16 },
              (_, bit) => column.filter((code) => (code >> bit) % 2 === 1).length,
            ).reduce((code, ones, bit) => code + (test(ones) ? 2 ** bit : 0), 0),
          );
        expect(reduce('bitwise_or', 'int16', 'int16', 3, rows)).toEqual(bits((ones) => ones > 0));
        expect(reduce('bitwise_and', 'uint16', 'uint16', 3, rows)).toEqual(bits((ones) => ones === 3));
      }),
    );
    expect(reduce('bitwise_or', 'uint32', 'uint32', 2, [0x80000000, 1])).toEqual([0x80000001]);
  });

  test('sums of small integers are those of integers', () => {
    const rows = fc.array(fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 128,
    });
    fc.assert(
      fc.property(rows, (table) => {
        const codes = table.flat().map((value) => value & 255);
        const sums = [0, 1, 2].map((column) => table.reduce((total, row) => total + (row[column] ?? NaN), 0));
        expect(
          reduce('add', 'int8', 'float32', table.length, codes).map((code) => decode('float32', code ?? NaN)),
        ).toEqual(sums);
      }),
    );
  });

  test.each([
    [
      'bitwise_or',
      'float32',
      'float32',
      'bitwise_or takes data and dst of one integer format, received float32 and float32.',
    ],
    [
      'bitwise_and',
      'int16',
      'uint16',
      'bitwise_and takes data and dst of one integer format, received int16 and uint16.',
    ],
  ] as const)('%s of %s into %s is illegal', (op, from, to, problem) => {
    const m = machine(from, to, 2, [0, 0]);
    expect(
      m.problem({
        opcode: 'tensor_partition_reduce',
        ...named,
        dst: m.on('d'),
        sources: { data: m.on('x') },
        attributes: { op },
      }),
    ).toBe(problem);
  });

  test('dst is one partition', () => {
    const m = machine('float32', 'float32', 2, [0, 0, 0, 0]);
    const run = {
      opcode: 'tensor_partition_reduce',
      ...named,
      sources: { data: m.on('x') },
      attributes: { op: 'add' },
    } as const;
    expect(m.problem({ ...run, dst: m.on('x') })).toBe(
      'dst must be 1 x 2 (partitions x elements of data), received 2 x 2.',
    );
    expect(m.problem({ ...run, engine: 'vector', dst: m.on('d') })).toBe(
      'it is issued to gpsimd, received vector.',
    );
  });
});
