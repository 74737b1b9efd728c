import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChipName } from '../../src/chip';
import { bitsOf, decode, encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine, type TestMachine, type TestTensor } from './machine';
import { codes as codesOf } from './vector-arbitrary';
import { ARITHMETIC } from './vector-oracle';

const { add, multiply } = ARITHMETIC;

type Attributes = Instruction<'nc_matmul'>['attributes'];
const PLAIN: Attributes = { accumulate: false, performance: 'none' };

/** Everything in `d`, of `s`, `m` and, for double_row, their two rows. */
function matmul(
  machine: TestMachine,
  attributes: Attributes,
  chip: ChipName,
  halves?: readonly [number, number],
) {
  const rows = (width: number) => ({ dims: [[width, 2], [1, width]] as const }); // prettier-ignore
  machine.run(
    {
      opcode: 'nc_matmul',
      id: 'i',
      engine: 'tensor',
      dst: machine.on('d'),
      sources: {
        stationary: machine.on('s', halves && rows(halves[0])),
        moving: machine.on('m', halves && rows(halves[1])),
      },
      attributes,
    },
    chip,
  );
}

const table = (dtype: Dtype, partitions: number, elements: number, codes: readonly number[]) =>
  ({ dtype, partitions, elements, codes }) satisfies TestTensor;

describe('nc_matmul adds in the order of docs/numerics.md', () => {
  interface Case {
    readonly chip: ChipName;
    readonly dtypes: readonly [Dtype, Dtype];
    readonly lanes: 1 | 2;
    readonly out: Dtype;
    readonly accumulate: boolean;
    readonly k: number;
    readonly m: number;
    readonly n: number;
    readonly s: readonly number[];
    readonly v: readonly number[];
    readonly d: readonly number[];
  }

  const PAIRS = [
    ['float32', 'float32'],
    ['float32', 'tfloat32'],
    ['bfloat16', 'bfloat16'],
    ['bfloat16', 'float16'],
    ['float8_e4m3', 'bfloat16'],
    ['float8_e5m2', 'float8_e4m3'],
  ] as const satisfies readonly (readonly [Dtype, Dtype])[];

  const size = fc.integer({ min: 1, max: 5 });
  const cases = fc
    .record({
      chip: fc.constantFrom<ChipName>('trn1', 'trn2', 'trn3'),
      dtypes: fc.constantFrom(...PAIRS),
      lanes: fc.constantFrom<1 | 2>(1, 2),
      out: fc.constantFrom<Dtype>('float32', 'bfloat16'),
      accumulate: fc.boolean(),
      k: size,
      m: size,
      n: size,
    })
    .map((drawn) => ({
      ...drawn,
      lanes: drawn.chip !== 'trn1' && bitsOf(drawn.dtypes[1]) === 8 ? drawn.lanes : (1 as const),
      out: drawn.chip === 'trn3' ? drawn.out : ('float32' as const),
    }))
    .chain((drawn) => {
      const { dtypes, out, k, m, n, lanes } = drawn;
      const list = (dtype: Dtype, length: number) =>
        fc.array(codesOf(dtype), { minLength: length, maxLength: length });
      return fc
        .record({
          s: list(dtypes[0], k * m * lanes),
          v: list(dtypes[1], k * n * lanes),
          d: list(out, m * n),
        })
        .map((codes): Case => ({ ...drawn, ...codes }));
    });

  function expected({ dtypes, lanes, out, accumulate, k, m, n, s, v, d }: Case): number[] {
    const result: number[] = [];
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          for (let j = 0; j < lanes; j++) {
            const weight = decode(dtypes[0], s[(p * lanes + j) * m + row] ?? -1);
            sum = add(sum, multiply(weight, decode(dtypes[1], v[(p * lanes + j) * n + column] ?? -1)));
          }
        }
        const held = decode(out, d[row * n + column] ?? -1);
        result.push(encode(out, accumulate ? add(held, sum) : sum));
      }
    }
    return result;
  }

  test('for every pair of formats, with and without double_row, and into PSUM of float32 and bfloat16', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { chip, dtypes, lanes, out, accumulate, k, m, n } = drawn;
        const machine = testMachine({
          s: table(dtypes[0], k, m * lanes, drawn.s),
          m: table(dtypes[1], k, n * lanes, drawn.v),
          d: { ...table(out, m, n, drawn.d), space: 'psum' },
        });
        const performance = lanes === 2 ? 'double_row' : 'none';
        matmul(machine, { accumulate, performance }, chip, lanes === 2 ? [m, n] : undefined);
        expect(machine.codes('d')).toEqual(expected(drawn));
      }),
      { numRuns: 400 },
    );
  });

  test('a whole pass into bfloat16 of trn3 rounds once', () => {
    // 1 + 2^-8 + 2^-16 lies above the tie of bfloat16; rounded after every row it would stay at 1.
    const machine = testMachine({
      s: { dtype: 'float32', partitions: 3, elements: 1, values: [1, 1, 1] },
      m: { dtype: 'float32', partitions: 3, elements: 1, values: [1, 2 ** -8, 2 ** -16] },
      d: { dtype: 'bfloat16', space: 'psum', partitions: 1, elements: 1 },
    });
    matmul(machine, PLAIN, 'trn3');
    expect(machine.values('d')).toEqual([1 + 2 ** -7]);
  });

  test('hints and tiles change nothing', () => {
    const machine = testMachine({
      s: { dtype: 'bfloat16', partition: 64, partitions: 2, elements: 2, values: [1, 2, 3, 4] },
      m: { dtype: 'bfloat16', partition: 64, partitions: 2, elements: 1, values: [5, 6] },
      d: { dtype: 'float32', space: 'psum', partition: 32, partitions: 2, elements: 1 },
    });
    const tile = { tile_position: [64, 32], tile_size: [64, 32] } as const;
    matmul(machine, { ...PLAIN, ...tile, stationary_onezero: true, moving_onezero: true }, 'trn2');
    expect(machine.values('d')).toEqual([23, 34]);
  });

  test('adding to what nothing wrote is an error', () => {
    const one: TestTensor = { dtype: 'bfloat16', partitions: 1, elements: 1, values: [1] };
    const d = { dtype: 'float32', space: 'psum', partitions: 1, elements: 1 } as const;
    const machine = testMachine({ s: one, m: one, d });
    expect(() => {
      matmul(machine, { ...PLAIN, accumulate: true }, 'trn2');
    }).toThrow('nc_matmul i, operand dst: element 0 of 1 of tensor "d" was never written');
  });
});

/** The codes of rows x columns, row-major, as columns x rows. */
function transposed(codes: readonly number[], columns: number): number[] {
  return Array.from({ length: columns }, (_, column) =>
    codes.filter((_code, at) => at % columns === column),
  ).flat();
}

const MOVED = ['float32', 'bfloat16', 'float16', 'float8_e5m2'] as const satisfies readonly Dtype[];

/** Shape, format and codes of any kind. */
const matrices = (most: number) =>
  fc
    .record({
      rows: fc.integer({ min: 1, max: most }),
      columns: fc.integer({ min: 1, max: most }),
      dtype: fc.constantFrom<Dtype>(...MOVED),
    })
    .chain((shape) =>
      fc
        .array(codesOf(shape.dtype), {
          minLength: shape.rows * shape.columns,
          maxLength: shape.rows * shape.columns,
        })
        .map((codes) => ({ ...shape, codes })),
    );

describe('transpose mode', () => {
  const TRANSPOSE: Attributes = { ...PLAIN, transpose: true };

  test('of trn2 and trn3 moves the codes of stationary to where moving has its ones', () => {
    const selected = matrices(6).chain((matrix) =>
      fc.record({
        matrix: fc.constant(matrix),
        chip: fc.constantFrom<ChipName>('trn2', 'trn3'),
        chosen: fc.array(fc.nat(matrix.rows - 1), { minLength: 1, maxLength: 6 }),
      }),
    );
    fc.assert(
      fc.property(selected, ({ matrix: { rows, columns, dtype, codes }, chip, chosen }) => {
        const wide = dtype === 'float8_e5m2';
        const machine = testMachine({
          s: table(dtype, rows, columns, codes),
          m: {
            dtype: dtype === 'float32' ? 'float32' : 'bfloat16',
            partitions: rows,
            elements: chosen.length,
            values: Array.from({ length: rows }, (_, row) =>
              chosen.map((each) => (each === row ? 1 : 0)),
            ).flat(),
          },
          d: { dtype: wide ? 'uint16' : dtype, space: 'psum', partitions: columns, elements: chosen.length },
        });
        matmul(machine, TRANSPOSE, chip);
        const source = chosen.flatMap((row) => codes.slice(row * columns, (row + 1) * columns));
        expect(machine.codes('d')).toEqual(transposed(source, columns));
        if (!wide) return;
        // The low byte of each element is the code, the high one 0.
        const bytes = machine.codes(machine.on('d', { dtype }));
        expect(bytes).toEqual(transposed(source, columns).flatMap((code) => [code, 0]));
      }),
    );
  });

  test.each([
    [[1, 0.5, 0, 0], 'column 1 has 0.5'],
    [[1, 1, 1, 0], 'column 0 has more than one 1'],
    [[1, 0, 0, 0], 'column 1 has zeros only'],
    [[1, 0, 0, -1], 'column 1 has -1'],
    [[1, 0, NaN, 1], 'column 0 has NaN'],
  ])('of trn2 refuses a moving of %j', (values, message) => {
    const machine = testMachine({
      s: { dtype: 'bfloat16', partitions: 2, elements: 2, values: [1, 2, 3, 4] },
      m: { dtype: 'bfloat16', partitions: 2, elements: 2, values },
      d: { dtype: 'bfloat16', space: 'psum', partitions: 2, elements: 2 },
    });
    expect(() => {
      matmul(machine, TRANSPOSE, 'trn2');
    }).toThrow(message);
  });

  test('of trn1 multiplies: infinities and NaN spread', () => {
    const machine = testMachine({
      s: { dtype: 'bfloat16', partitions: 3, elements: 2, values: [Infinity, 1, 2, -0, 3, NaN] },
      m: { dtype: 'bfloat16', partitions: 3, elements: 3, values: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
      d: { dtype: 'float32', space: 'psum', partitions: 2, elements: 3 },
    });
    matmul(machine, TRANSPOSE, 'trn1');
    expect(machine.values('d')).toEqual([Infinity, NaN, NaN, NaN, NaN, NaN]);
  });
});

describe('nc_transpose', () => {
  const run = (machine: TestMachine, engine: 'tensor' | 'vector', chip: ChipName) => {
    const [dst, data] = [machine.on('d'), machine.on('x')];
    machine.run({ opcode: 'nc_transpose', id: 'i', engine, dst, sources: { data }, attributes: {} }, chip);
  };

  test('moves codes on vector, and on tensor of trn2 and trn3', () => {
    const where = fc.constantFrom(
      ...(['trn1', 'trn2', 'trn3'] as const).map((chip) => ['vector', chip] as const),
      ['tensor', 'trn2'] as const,
      ['tensor', 'trn3'] as const,
    );
    fc.assert(
      fc.property(matrices(32), where, ({ rows, columns, dtype, codes }, [engine, chip]) => {
        const wide = engine === 'tensor' && bitsOf(dtype) === 8;
        const machine = testMachine({
          x: table(dtype, rows, columns, codes),
          d: { dtype: wide ? 'uint16' : dtype, space: 'psum', partitions: columns, elements: rows },
        });
        run(machine, engine, chip);
        expect(machine.codes('d')).toEqual(transposed(codes, columns));
      }),
      { numRuns: 60 },
    );
  });

  test('multiplies on tensor of trn1: finite values stay, -0 becomes +0, a NaN and an infinity spread', () => {
    const machine = testMachine({
      x: {
        dtype: 'bfloat16',
        partitions: 2,
        elements: 4,
        values: [1.5, -0, -Infinity, NaN, 2 ** -133, 3, 4, 5],
      },
      d: { dtype: 'bfloat16', space: 'psum', partitions: 4, elements: 2 },
    });
    run(machine, 'tensor', 'trn1');
    expect(machine.values('d')).toEqual([1.5, 2 ** -133, 0, 3, -Infinity, NaN, NaN, NaN]);
  });

  test('takes all free dimensions as one', () => {
    const machine = testMachine({
      x: { dtype: 'uint16', partitions: 2, elements: 4, codes: [1, 2, 3, 4, 5, 6, 7, 8] },
      d: { dtype: 'uint16', partitions: 4, elements: 2 },
    });
    const data = machine.on('x', { dims: [[1, 2], [2, 2]] }); // prettier-ignore
    machine.run({
      opcode: 'nc_transpose',
      id: 'i',
      engine: 'vector',
      dst: machine.on('d'),
      sources: { data },
      attributes: {},
    });
    expect(machine.codes('d')).toEqual([1, 5, 3, 7, 2, 6, 4, 8]);
  });
});
