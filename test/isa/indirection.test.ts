/**
 * Indirect operands against lists: the offsets of a group of partitions are its part of the index tile, column after column, and
 * an instruction does to what they name what it does to the same elements laid out in a row.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ISA } from '../../src/isa';
import type { ChipPattern, Instruction, Opcode } from '../../src/program';
import { OPCODES } from '../../src/program';
import { testMachine, type TestMachine, type TestTensor } from './machine';

/** For each partition the offsets that an index tile [rows][columns] gives it, in their order: as many as its group has. */
function listed(rows: readonly (readonly number[])[], group: number): readonly (readonly number[])[] {
  return rows.map((_, partition) => {
    const first = Math.floor(partition / group) * group;
    const own = rows.slice(first, first + group);
    return (rows[0] ?? []).flatMap((_column, column) => own.map((row) => row[column] ?? NaN));
  });
}

const range = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Index tiles of whole groups, and of parts of one: of those only the first column counts. */
const shapes = fc.constantFrom([16, 1], [16, 3], [32, 2], [64, 1], [128, 2], [1, 2], [5, 1], [
  24, 1,
] as const);

interface Case {
  readonly rows: readonly (readonly number[])[];
  readonly elements: number;
  readonly offset: number;
  readonly dtype: 'uint16' | 'uint32' | 'int32';
  readonly engine: 'vector' | 'scalar';
}

const WIDTH = 50;

const cases: fc.Arbitrary<Case> = shapes.chain(([partitions, columns]) => {
  const most = partitions % 16 === 0 ? 16 * columns : partitions % 16;
  return fc
    .record({
      elements: fc.integer({ min: 1, max: most }),
      offset: fc.nat(20),
      dtype: fc.constantFrom('uint16', 'uint32', 'int32' as const),
      engine: fc.constantFrom('vector', 'scalar' as const),
    })
    .chain((more) => {
      const least = more.dtype === 'int32' ? -more.offset : 0;
      const entry = fc.integer({ min: least, max: WIDTH - 1 - more.offset });
      const row = fc.array(entry, { minLength: columns, maxLength: columns });
      return fc
        .array(row, { minLength: partitions, maxLength: partitions })
        .map((rows): Case => ({ ...more, rows }));
    });
});

/** The codes of whole numbers, negative ones in two's complement. */
const codesOf = (rows: readonly (readonly number[])[]) => rows.flat().map((value) => value >>> 0);

const copy = (dst: ChipPattern, src: ChipPattern, engine: Case['engine'] = 'vector'): Instruction => ({
  opcode: 'tensor_copy',
  id: 'copy',
  engine,
  dst,
  sources: { src },
  attributes: {},
});

const indexTensor = ({ rows, dtype }: Pick<Case, 'rows' | 'dtype'>): TestTensor => ({
  dtype,
  partitions: rows.length,
  elements: rows[0]?.length ?? 0,
  codes: codesOf(rows),
});

test('a source gathers what the index names', () => {
  fc.assert(
    fc.property(cases, ({ rows, elements, offset, dtype, engine }) => {
      const partitions = rows.length;
      const values = range(partitions * WIDTH);
      const machine = testMachine({
        x: { dtype: 'float32', partitions, elements: WIDTH, values },
        i: indexTensor({ rows, dtype }),
        y: { dtype: 'float32', partitions, elements },
      });
      const src = machine.on('x', { offset, dims: [[0, elements]], index: machine.on('i') });
      machine.run(copy(machine.on('y'), src, engine), 'trn3');
      const wanted = listed(rows, 16).flatMap((offsets, p) =>
        offsets.slice(0, elements).map((moved) => p * WIDTH + offset + moved),
      );
      expect(machine.values('y')).toEqual(wanted);
      expect(machine.reports).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('dst scatters to where the index names, and of elements that meet the last one stays and is reported', () => {
  fc.assert(
    fc.property(cases, ({ rows, elements, offset, dtype, engine }) => {
      const partitions = rows.length;
      const machine = testMachine({
        x: { dtype: 'bfloat16', partitions, elements, codes: range(partitions * elements) },
        i: indexTensor({ rows, dtype }),
        y: { dtype: 'bfloat16', partitions, elements: WIDTH },
      });
      const dst = machine.on('y', { offset, dims: [[0, elements]], index: machine.on('i') });
      machine.run(copy(dst, machine.on('x'), engine), 'trn3');
      const wanted: (number | undefined)[] = range(partitions * WIDTH).map(() => undefined);
      let repeats = 0;
      listed(rows, 16).forEach((offsets, p) => {
        offsets.slice(0, elements).forEach((moved, element) => {
          const to = p * WIDTH + offset + moved;
          if (wanted[to] !== undefined) repeats++;
          wanted[to] = p * elements + element;
        });
      });
      expect(machine.codes('y')).toEqual(wanted);
      expect(machine.reports.map(({ rule, operand }) => [rule, operand])).toEqual(
        repeats > 0 ? [['index-repeated', 'dst.index']] : [],
      );
    }),
    { numRuns: 100 },
  );
});

/** Operands that have an index, with values that repeat nowhere; the others of an instruction are plain. */
interface Instance {
  /** Elements of each partition and format of the operands that may be indirect. */
  readonly indirect: Readonly<Record<string, readonly [elements: number, dtype: TestTensor['dtype']]>>;
  readonly psum?: boolean;
  readonly make: (
    m: TestMachine,
    dst: ChipPattern,
    sources: Readonly<Record<string, ChipPattern>>,
  ) => Instruction;
}

const [P, N] = [32, 24];
const F32 = [N, 'float32'] as const;
const common = { id: 'i', engine: 'vector' } as const;
const built = (value: unknown) => value as Instruction;

/** One of each instruction that takes an index. */
const INSTANCES: { readonly [O in Opcode]?: Instance } = {
  tensor_copy: {
    indirect: { dst: [N, 'bfloat16'], src: F32 },
    make: (_, dst, sources) => built({ ...common, opcode: 'tensor_copy', dst, sources, attributes: {} }),
  },
  tensor_tensor: {
    indirect: { dst: F32, data1: F32 },
    make: (m, dst, sources) =>
      built({
        ...common,
        engine: 'gpsimd',
        opcode: 'tensor_tensor',
        dst,
        sources: { ...sources, data2: m.on('plain') },
        attributes: { op: 'subtract' },
      }),
  },
  tensor_scalar: {
    indirect: { dst: F32, data: F32 },
    make: (_, dst, sources) =>
      built({
        ...common,
        opcode: 'tensor_scalar',
        dst,
        sources,
        attributes: { op0: 'multiply', operand0: 3 },
      }),
  },
  tensor_reduce: {
    indirect: { dst: [1, 'float32'], data: F32 },
    make: (_, dst, sources) =>
      built({ ...common, opcode: 'tensor_reduce', dst, sources, attributes: { op: 'subtract', axes: 1 } }),
  },
  tensor_scalar_reduce: {
    indirect: { dst: F32, data: F32 },
    make: (m, dst, sources) =>
      built({
        ...common,
        opcode: 'tensor_scalar_reduce',
        dst,
        results: { reduce_res: m.on('column') },
        sources,
        attributes: { op0: 'add', operand0: 1, reduce_op: 'add' },
      }),
  },
  tensor_scalar_cumulative: {
    indirect: { dst: F32, src: F32 },
    make: (_, dst, sources) =>
      built({
        ...common,
        opcode: 'tensor_scalar_cumulative',
        dst,
        sources,
        attributes: { op0: 'add', op1: 'subtract', imm0: 1 },
      }),
  },
  tensor_copy_predicated: {
    indirect: { dst: F32, predicate: [N, 'uint8'] },
    make: (m, dst, sources) =>
      built({
        ...common,
        opcode: 'tensor_copy_predicated',
        dst,
        sources: { ...sources, src: m.on('plain') },
        attributes: {},
      }),
  },
  activation: {
    indirect: { dst: F32, data: F32 },
    make: (m, dst, sources) =>
      built({
        ...common,
        engine: 'scalar',
        opcode: 'activation',
        dst,
        results: { reduce_res: m.on('column') },
        sources,
        attributes: { op: 'square', reduce_op: 'add', reduce_cmd: 'reset_reduce' },
      }),
  },
  activation_reduce: {
    indirect: { dst: F32, data: F32 },
    make: (m, dst, sources) =>
      built({
        ...common,
        engine: 'scalar',
        opcode: 'activation_reduce',
        dst,
        results: { reduce_res: m.on('column') },
        sources,
        attributes: { op: 'square', reduce_op: 'add' },
      }),
  },
  activate2: {
    indirect: { dst: F32, data: F32 },
    make: (_, dst, sources) =>
      built({
        ...common,
        engine: 'scalar',
        opcode: 'activate2',
        dst,
        sources,
        attributes: { op: 'square', op0: 'multiply', imm0: 2, op1: 'bypass' },
      }),
  },
  exponential: {
    indirect: { dst: F32, src: F32 },
    make: (_, dst, sources) =>
      built({ ...common, opcode: 'exponential', dst, sources, attributes: { max_value: 64 } }),
  },
  nc_matmul: {
    indirect: { dst: [N, 'float32'], stationary: [P, 'bfloat16'], moving: [N, 'bfloat16'] },
    psum: true,
    make: (_, dst, sources) =>
      built({
        ...common,
        engine: 'tensor',
        opcode: 'nc_matmul',
        dst,
        sources,
        attributes: { accumulate: true, performance: 'none' },
      }),
  },
};

test('every instruction that may have an index has an instance here', () => {
  const indirect = OPCODES.filter((opcode) => ISA[opcode].indirect !== undefined);
  expect(Object.keys(INSTANCES).sort()).toEqual([...indirect].sort());
  for (const opcode of indirect) {
    const named = Object.keys(INSTANCES[opcode]?.indirect ?? {});
    expect(named).toEqual(['dst', ...(ISA[opcode].indirect?.sources ?? [])]);
  }
});

const WIDE = 40;
/** An order of WIDE elements for each operand and group, which no other has: 3, 7, 9, ... are prime to 40. */
const placeOf = (operand: number, group: number, element: number) =>
  (element * ([3, 7, 9][operand] ?? 1) + 5 * group + operand) % WIDE;

/** The index tile [P, 3] of an operand for groups of so many partitions. */
function tileOf(operand: number, group: number): number[] {
  return range(P).flatMap((row) =>
    range(3).map((column) => placeOf(operand, Math.floor(row / group), (row % group) + group * column)),
  );
}

/** Any codes that mean small numbers, different in neighbours. */
const contents = (dtype: TestTensor['dtype'], count: number): TestTensor & object =>
  ({
    dtype,
    partitions: P,
    elements: count / P,
    values: range(count).map((at) => (dtype === 'uint8' ? at % 3 : 1 + ((at * 37) % 61))),
  }) as const;

describe.each(Object.entries(INSTANCES))('%s', (opcode, { indirect, psum = false, make }) => {
  const names = Object.keys(indirect);
  const group = opcode === 'nc_matmul' ? 32 : 16;
  const dims = (name: string, stride: number) => ({ dims: [[stride, indirect[name]?.[0] ?? 0]] as const });

  /** All operands in wide tensors; those named here by an index, the others as the first elements. */
  test.each([['dst'], names.slice(1), names])(
    'does with an index of %s, ... what it does in a row',
    (...chosen) => {
      const wide = Object.fromEntries(
        names.map((name) => {
          const space = psum && name === 'dst' ? ('psum' as const) : ('sbuf' as const);
          return [name, { space, ...contents(indirect[name]?.[1] ?? 'float32', P * WIDE) }];
        }),
      );
      const others = {
        plain: contents('float32', P * N),
        column: { dtype: 'float32' as const, partitions: P, elements: 1 },
      };
      const tiles = Object.fromEntries(
        names.map((name, at): [string, TestTensor] => [
          `${name}-index`,
          { dtype: 'uint16', partitions: P, elements: 3, codes: tileOf(at, group) },
        ]),
      );
      const moved = testMachine({ ...wide, ...others, ...tiles });
      const operand = (name: string): ChipPattern =>
        chosen.includes(name)
          ? moved.on(name, { ...dims(name, 0), index: moved.on(`${name}-index`) })
          : moved.on(name, dims(name, 1));
      const sources = Object.fromEntries(names.slice(1).map((name) => [name, operand(name)]));
      moved.run(make(moved, operand('dst'), sources), 'trn3');

      // The same with elements put in a row, by a permutation of each row of the wide tensors.
      const order = (name: string) => (p: number, element: number) =>
        chosen.includes(name) ? placeOf(names.indexOf(name), Math.floor(p / group), element) : element;
      const rowed = Object.fromEntries(
        Object.entries(wide).map(([name, tensor]) => [
          name,
          {
            ...tensor,
            values: range(P * WIDE).map((at) => {
              const p = Math.floor(at / WIDE);
              return tensor.values?.[p * WIDE + order(name)(p, at % WIDE)] ?? NaN;
            }),
          },
        ]),
      );
      const direct = testMachine({ ...rowed, ...others });
      const plain = Object.fromEntries(names.slice(1).map((name) => [name, direct.on(name, dims(name, 1))]));
      direct.run(make(direct, direct.on('dst', dims('dst', 1)), plain), 'trn3');

      const inRow = direct.codes('dst');
      const wanted = [...inRow];
      range(P * WIDE).forEach((at) => {
        const p = Math.floor(at / WIDE);
        wanted[p * WIDE + order('dst')(p, at % WIDE)] = inRow[at];
      });
      expect(moved.codes('dst')).toEqual(wanted);
      expect(moved.codes('column')).toEqual(direct.codes('column'));
    },
  );
});

describe('what only a run shows', () => {
  const square = (codes: readonly number[], dtype: 'uint16' | 'int32' = 'uint16') =>
    testMachine({
      x: { dtype: 'float32', partitions: 16, elements: 8, values: range(128) },
      i: { dtype, partitions: 16, elements: 1, codes },
      y: { dtype: 'float32', partitions: 16, elements: 16 },
    });
  const indexed = (m: TestMachine, tensor: string, more: object = {}) =>
    m.on(tensor, { dims: [[0, 16]], index: m.on('i'), ...more });

  test('an offset outside the tensor stops the run before anything is written, and names the element', () => {
    const machine = square(range(16).map((at) => (at === 5 ? 8 : 0)));
    expect(() => {
      machine.run(copy(machine.on('y'), indexed(machine, 'x')), 'trn3');
    }).toThrow(
      'tensor_copy copy, operand src.index: required offsets of 0..7: tensor "x" has 8 elements of float32; received 8 for element 5 of partition 0. Correct the index.',
    );
    expect(machine.codes('y').every((code) => code === undefined)).toBe(true);
    expect(machine.reports).toMatchObject([{ rule: 'index-outside', operand: 'src.index', times: 1 }]);
  });

  test('offsets count from the pattern’s own, and int32 ones may be negative', () => {
    const machine = square(
      range(16).map((at) => (at === 15 ? -4 : -3) >>> 0),
      'int32',
    );
    expect(() => {
      machine.run(copy(machine.on('y'), indexed(machine, 'x', { offset: 3 })), 'trn3');
    }).toThrow(
      'offsets of -3..4: tensor "x" has 8 elements of float32, and src begins at element 3; received -4 for element 15',
    );
  });

  test('an index that was never written, and an element that was not', () => {
    const machine = testMachine({
      x: { dtype: 'float32', partitions: 16, elements: 8 },
      i: { dtype: 'uint16', partitions: 16, elements: 1 },
      j: { dtype: 'uint16', partitions: 16, elements: 1, codes: range(16).fill(0) },
      y: { dtype: 'float32', partitions: 16, elements: 16 },
    });
    const by = (index: string) => machine.on('x', { dims: [[0, 16]], index: machine.on(index) });
    expect(() => {
      machine.run(copy(machine.on('y'), by('i')), 'trn3');
    }).toThrow('operand src.index: element 0 of 16 of tensor "i" was never written');
    expect(() => {
      machine.run(copy(machine.on('y'), by('j')), 'trn3');
    }).toThrow('operand src: element 0 of 256 of tensor "x" was never written');
  });

  test('a repeated offset of dst is told with both elements', () => {
    const machine = square(range(16).map((at) => (at === 9 ? 2 : at)));
    const rows = machine.on('x', { dims: [[0, 2], [1, 8]] }); // prettier-ignore
    machine.run(copy(indexed(machine, 'y'), rows), 'trn3');
    expect(machine.reports).toEqual([
      {
        rule: 'index-repeated',
        instruction: 'copy',
        operand: 'dst.index',
        required: 'offsets that differ within a partition',
        received: '2 for element 2 of partition 0 and again for element 9 of partition 0, which stays',
        times: 1,
      },
    ]);
    expect(machine.values('y').slice(0, 11)).toEqual([0, 1, 1, 3, 4, 5, 6, 7, 0, undefined, 2]);
  });

  test('elements that a predicate leaves out meet nothing', () => {
    const machine = testMachine({
      s: { dtype: 'float32', partitions: 16, elements: 16, values: range(256) },
      c: {
        dtype: 'uint8',
        partitions: 16,
        elements: 16,
        codes: range(256).map((at) => (at % 16 === 2 ? 0 : 1)),
      },
      i: { dtype: 'uint16', partitions: 16, elements: 1, codes: range(16).map((at) => (at === 9 ? 2 : at)) },
      y: { dtype: 'float32', partitions: 16, elements: 16 },
    });
    machine.run(
      {
        ...common,
        opcode: 'tensor_copy_predicated',
        dst: indexed(machine, 'y'),
        sources: { src: machine.on('s'), predicate: machine.on('c') },
        attributes: {},
      },
      'trn3',
    );
    expect(machine.values('y').slice(0, 16)).toEqual(
      range(16).map((at) => (at === 2 ? 9 : at === 9 ? undefined : at)),
    );
    expect(machine.reports).toEqual([]);
  });

  test('an index is read before dst is written, which may be its own tile', () => {
    const machine = testMachine({
      i: { dtype: 'uint16', partitions: 16, elements: 16, codes: range(256).map((at) => 15 - (at >> 4)) },
      x: { dtype: 'uint16', partitions: 16, elements: 16, codes: range(256) },
    });
    const index = machine.on('i', { dims: [[1, 1]] });
    machine.run(copy(machine.on('i', { dims: [[0, 16]], index }), machine.on('x')), 'trn3');
    expect(machine.codes('i').slice(0, 16)).toEqual(range(16).reverse());
    expect(machine.codes('i').slice(240)).toEqual(range(16).map((at) => 255 - at));
  });

  test('registers move an operand and its index', () => {
    const machine = testMachine(
      {
        x: { dtype: 'float32', partitions: 16, elements: 8, values: range(128) },
        i: { dtype: 'uint16', partitions: 16, elements: 2, codes: range(32).map((at) => at & 1) },
        y: { dtype: 'float32', partitions: 16, elements: 16 },
      },
      { r: 1 },
    );
    const index = machine.on('i', { dims: [[1, 1]], registers: [['r', 1]] });
    const src = machine.on('x', { dims: [[0, 16]], registers: [['r', 5]], index });
    machine.run(copy(machine.on('y'), src), 'trn3');
    expect(machine.values('y')).toEqual(range(256).map((at) => 8 * (at >> 4) + 6));
  });
});
