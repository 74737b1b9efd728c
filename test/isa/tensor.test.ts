import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
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

const table = (dtype: Dtype, partitions: number, elements: number, codes: readonly number[]): TestTensor => ({
  dtype,
  partitions,
  elements,
  codes,
});

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

describe('refused', () => {
  const machine = testMachine({
    s: { dtype: 'bfloat16', partitions: 32, elements: 256 },
    d: { dtype: 'float32', space: 'psum', partitions: 128, elements: 4096 },
    f: { dtype: 'float8_e4m3', partitions: 32, elements: 64 },
  });
  const sbuf = (partition: number, partitions: number, count: number) =>
    machine.on('s', { partition, partitions, dims: [[0, count]] });
  const psum = (partition: number, partitions: number, count: number, dtype: Dtype = 'float32') =>
    machine.on('d', { dtype, partition, partitions, dims: [[1, count]] });
  const base: Instruction<'nc_matmul'> = {
    opcode: 'nc_matmul',
    id: 'i',
    engine: 'tensor',
    dst: psum(0, 16, 8),
    sources: { stationary: sbuf(0, 32, 16), moving: sbuf(0, 32, 8) },
    attributes: PLAIN,
  };
  const tiled = (attributes: Partial<Attributes>): Instruction<'nc_matmul'> => ({
    ...base,
    attributes: { ...PLAIN, ...attributes },
  });
  const wide = (count: number, dtype: Dtype): Instruction => ({
    ...base,
    dst: psum(0, 16, count, dtype),
    sources: { ...base.sources, moving: sbuf(0, 32, count) },
  });
  const pair = machine.on('f', { dims: [[32, 2], [1, 32]] }); // prettier-ignore
  const doubled = (attributes: Partial<Attributes>): Instruction => ({
    ...base,
    dst: psum(0, 32, 32),
    sources: { stationary: pair, moving: pair },
    attributes: { accumulate: false, performance: 'double_row', ...attributes },
  });
  const transpose = (dst: Dtype, accumulate = false): Instruction => ({
    ...base,
    dst: psum(0, 16, 8, dst),
    attributes: { ...PLAIN, accumulate, transpose: true },
  });

  const LEGAL: readonly (readonly [string, Instruction, readonly ChipName[]])[] = [
    [
      'a tile of 64 rows and 64 columns',
      { ...tiled({ tile_position: [0, 64], tile_size: [64, 64] }), dst: psum(64, 16, 8) },
      ['trn1', 'trn2', 'trn3'],
    ],
    ['a tile of 32 rows', tiled({ tile_position: [0, 0], tile_size: [32, 128] }), ['trn2', 'trn3']],
    ['double_row in a row tile', doubled({ tile_position: [0, 0], tile_size: [32, 128] }), ['trn2', 'trn3']],
    ['4096 columns', wide(4096, 'float32'), ['trn3']],
    ['8192 columns of bfloat16', wide(8192, 'bfloat16'), ['trn3']],
    ['transposition into bfloat16', transpose('bfloat16'), ['trn2', 'trn3']],
    ['transposition into float32', transpose('float32', true), ['trn1']],
  ];
  test.each(LEGAL)('legal: %s', (_, instruction, chips) => {
    const legal = Object.keys(CHIPS).filter(
      (chip) => machine.problem(instruction, chip as ChipName) === undefined,
    );
    expect(legal).toEqual(chips);
  });

  test.each<[string, Instruction, ChipName]>([
    [
      'tile_position and tile_size go together, received tile_size alone.',
      tiled({ tile_size: [64, 64] }),
      'trn2',
    ],
    ['go together, received tile_position alone.', tiled({ tile_position: [0, 0] }), 'trn2'],
    [
      'tile_size: rows are one of 128, 64 on trn1, received 32.',
      tiled({ tile_position: [0, 0], tile_size: [32, 128] }),
      'trn1',
    ],
    [
      'tile_size: columns are one of 128, 64, 32 on trn3, received 96.',
      tiled({ tile_position: [0, 0], tile_size: [64, 96] }),
      'trn3',
    ],
    [
      'tile_position: 64 rows start at a multiple of 64 below 128, received 32.',
      tiled({ tile_position: [32, 0], tile_size: [64, 128] }),
      'trn2',
    ],
    [
      'tile_position: 32 columns start at a multiple of 32 below 128, received 128.',
      tiled({ tile_position: [0, 128], tile_size: [64, 32] }),
      'trn2',
    ],
    [
      'stationary must lie in partitions 64..127, the rows of its tile, received 0..31.',
      tiled({ tile_position: [64, 0], tile_size: [64, 128] }),
      'trn2',
    ],
    [
      'moving must lie in partitions 0..31, the rows of its tile, received 32..63.',
      {
        ...base,
        sources: { ...base.sources, moving: sbuf(32, 32, 8) },
        attributes: { ...PLAIN, tile_position: [0, 0], tile_size: [32, 128] },
      },
      'trn2',
    ],
    [
      'dst must lie in partitions 32..63, the columns of its tile, received 0..15.',
      tiled({ tile_position: [0, 32], tile_size: [64, 32] }),
      'trn2',
    ],
    [
      'double_row uses all 128 columns of the array, received tile_size of 64 columns.',
      doubled({ tile_position: [0, 0], tile_size: [128, 64] }),
      'trn2',
    ],
    ['double_row and transpose exclude each other.', doubled({ transpose: true }), 'trn2'],
    ['at most 512 moving columns on trn2, received 513.', wide(513, 'float32'), 'trn2'],
    ['at most 4096 moving columns on trn3, received 4097.', wide(4097, 'float32'), 'trn3'],
    ['at most 8192 moving columns on trn3, received 8193.', wide(8193, 'bfloat16'), 'trn3'],
    ['dst must be float32 in PSUM, received bfloat16.', wide(8, 'bfloat16'), 'trn2'],
    ['dst must be float32 or bfloat16 in PSUM, received float16.', wide(8, 'float16'), 'trn3'],
    ['dst must be float32 in PSUM, received bfloat16.', transpose('bfloat16'), 'trn1'],
    [
      'transposition on trn2 writes bfloat16, as stationary is: received dst of float32.',
      transpose('float32'),
      'trn2',
    ],
    [
      'transpose writes codes and adds nothing: accumulate must be false.',
      transpose('bfloat16', true),
      'trn3',
    ],
  ])('%s', (message, instruction, chip) => {
    expect(machine.problem(instruction, chip)).toContain(message);
  });

  const turn = (
    engine: 'tensor' | 'vector',
    data: Instruction<'nc_transpose'>['sources']['data'],
    dst: Instruction<'nc_transpose'>['dst'],
  ): Instruction => ({ opcode: 'nc_transpose', id: 'i', engine, dst, sources: { data }, attributes: {} });
  test.each<[string, Instruction, ChipName]>([
    ['dst must be in psum, received sbuf.', turn('tensor', sbuf(0, 32, 32), sbuf(0, 32, 32)), 'trn2'],
    [
      'data must be in sbuf, received psum.',
      turn('tensor', psum(0, 32, 32, 'bfloat16'), psum(0, 32, 32, 'bfloat16')),
      'trn2',
    ],
    [
      'tensor transposes at most 128 x 128, received data of 32 x 129.',
      turn('tensor', sbuf(0, 32, 129), psum(0, 128, 32, 'bfloat16')),
      'trn2',
    ],
    [
      'vector transposes at most 32 x 32, received data of 32 x 33.',
      turn('vector', sbuf(0, 32, 33), psum(0, 33, 32, 'bfloat16')),
      'trn2',
    ],
    [
      'dst must be 8 x 32, data transposed, received 32 x 8.',
      turn('vector', sbuf(0, 32, 8), sbuf(0, 32, 8)),
      'trn2',
    ],
    [
      'dst must have data’s format, bfloat16, received float32.',
      turn('vector', sbuf(0, 32, 8), psum(0, 8, 32)),
      'trn2',
    ],
    [
      'transposition on trn2 writes uint16, for data of float8_e4m3, each code in the low byte: received dst of float8_e4m3.',
      turn('tensor', machine.on('f'), psum(0, 64, 32, 'float8_e4m3')),
      'trn2',
    ],
    [
      'tensor transposes on trn1 by multiplying, which it does not do with int32: use vector',
      turn('tensor', { ...sbuf(0, 32, 8), dtype: 'int32' }, psum(0, 8, 32, 'int32')),
      'trn1',
    ],
    ['it is issued to tensor, vector, received scalar.', { ...turn('vector', sbuf(0, 8, 8), sbuf(0, 8, 8)), engine: 'scalar' }, 'trn2'], // prettier-ignore
  ])('%s', (message, instruction, chip) => {
    expect(machine.problem(instruction, chip)).toContain(message);
  });
});
