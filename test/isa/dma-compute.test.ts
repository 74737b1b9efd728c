import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine, type TestMachine } from './machine';
import { ARITHMETIC } from './vector-oracle';

type Compute = Instruction<'dma_compute'>;

function compute(
  machine: TestMachine,
  dst: Compute['dst'],
  sources: Compute['sources'],
  attributes: Partial<Compute['attributes']> = {},
): void {
  machine.run({
    opcode: 'dma_compute',
    id: 'i',
    engine: 'dma',
    dst,
    sources,
    attributes: { reduce_op: 'add', ...attributes },
  });
}

const { add, multiply } = ARITHMETIC;
const float = fc.float({ noDefaultInfinity: true });
const listOf = <T>(item: fc.Arbitrary<T>, length: number) =>
  fc.array(item, { minLength: length, maxLength: length });

test('dma_compute adds scaled sources in their order, each step rounded, and rounds once more to dst', () => {
  const cases = fc.integer({ min: 1, max: 16 }).chain((count) =>
    fc.record({
      sources: listOf(
        fc.record({ dtype: fc.constantFrom<Dtype>('float32', 'bfloat16', 'int8'), values: listOf(float, 4) }),
        count,
      ),
      scales: fc.option(listOf(float, count), { nil: undefined }),
      out: fc.constantFrom<Dtype>('float32', 'bfloat16', 'int16'),
    }),
  );
  fc.assert(
    fc.property(cases, ({ sources, scales, out }) => {
      const names = sources.map((_, at) => `src${at}`);
      const machine = testMachine({
        ...Object.fromEntries(
          sources.map(({ dtype, values }, at) => [
            `src${at}`,
            at % 2 === 0
              ? { space: 'hbm' as const, dtype, shape: [4], values }
              : { dtype, partitions: 2, elements: 2, values },
          ]),
        ),
        d: { dtype: out, partitions: 4, elements: 1 },
      });
      const [first = '', ...others] = names;
      const more = Object.fromEntries(
        others.map((name, at) => [name, at % 2 === 0 ? machine.on(name) : machine.hbm(name)]),
      );
      compute(machine, machine.on('d'), { src0: machine.hbm(first), ...more }, scales ? { scales } : {});
      const expected = [0, 1, 2, 3].map((at) => {
        const products = sources.map(({ dtype }, source) => {
          const value = Math.fround(decode(dtype, machine.codes(`src${source}`)[at] ?? -1));
          return multiply(value, scales?.[source] ?? 1);
        });
        return encode(out, products.reduce(add));
      });
      expect(machine.codes('d')).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

describe('with indices', () => {
  const cases = fc.record({
    rows: fc.integer({ min: 1, max: 5 }),
    indices: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 6 }),
    values: listOf(float, 12),
    held: listOf(float, 12),
    mode: fc.constantFrom('error' as const, 'skip' as const),
    unique: fc.constantFrom(undefined, true, false),
  });
  const WIDTH = 2;

  interface Drawn {
    readonly rows: number;
    readonly indices: readonly number[];
    readonly values: readonly number[];
    readonly held: readonly number[];
  }
  const machineOf = ({ rows, indices, values, held }: Drawn) =>
    testMachine({
      t: { space: 'hbm', dtype: 'bfloat16', shape: [rows, WIDTH], values: held.slice(0, rows * WIDTH) },
      i: { dtype: 'uint32', partitions: indices.length, elements: 1, codes: indices },
      x: { dtype: 'float32', partitions: indices.length, elements: WIDTH, values: values.slice(0, indices.length * WIDTH) },
    }); // prettier-ignore
  const tableOf = (machine: TestMachine, count: number) =>
    machine.hbm('t', { dims: [[0, count], [1, WIDTH]] }); // prettier-ignore
  const valuesOf = (machine: TestMachine, name: string) => machine.values(name).map((value) => value ?? NaN);
  const stride = { src_stride: WIDTH, dst_stride: WIDTH };

  test('a scatter adds each row to the row of dst that its index names, one after another', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { rows, indices, mode, unique } = drawn;
        const machine = machineOf(drawn);
        const table = tableOf(machine, indices.length);
        const before = machine.codes('t');
        const expected = valuesOf(machine, 't');
        const data = valuesOf(machine, 'x');
        const run = () => {
          const index = machine.on('i');
          const sources = { src0: table, src_index: index, src1: machine.on('x'), dst_index: index };
          const told = { ...stride, oob_mode: mode, ...(unique !== undefined && { unique_indices: unique }) };
          compute(machine, table, sources, told);
        };
        if (mode === 'error' && indices.some((index) => index >= rows)) {
          expect(run).toThrow(`operand dst_index: required indices 0..${rows - 1}`);
          expect(machine.codes('t')).toEqual(before);
          return;
        }
        run();
        indices.forEach((index, k) => {
          for (let at = 0; at < WIDTH && index < rows; at++) {
            const sum = add(expected[index * WIDTH + at] ?? NaN, data[k * WIDTH + at] ?? NaN);
            expected[index * WIDTH + at] = decode('bfloat16', encode('bfloat16', sum));
          }
        });
        expect(machine.values('t')).toEqual(expected);
        const valid = indices.filter((index) => index < rows);
        const repeated = valid.length - new Set(valid).size;
        expect(machine.reports.map(({ rule, operand, times }) => [rule, operand, times])).toEqual(
          unique === false || repeated === 0 ? [] : [['index-repeated', 'dst_index', repeated]],
        );
      }),
      { numRuns: 300 },
    );
  });

  test('a gather adds the rows that indices name to dst', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { rows, indices, mode } = drawn;
        const machine = machineOf(drawn);
        const [table, held] = [valuesOf(machine, 't'), valuesOf(machine, 'x')];
        const run = () => {
          const src0 = tableOf(machine, indices.length);
          const sources = { src0, src_index: machine.on('i'), src1: machine.on('x') };
          compute(machine, machine.on('x'), sources, { src_stride: WIDTH, oob_mode: mode });
        };
        if (mode === 'error' && indices.some((index) => index >= rows)) {
          expect(run).toThrow(`operand src_index: required indices 0..${rows - 1}`);
          expect(machine.values('x')).toEqual(held);
          return;
        }
        run();
        expect(machine.values('x')).toEqual(
          held.map((value, at) => {
            const index = indices[Math.floor(at / WIDTH)] ?? NaN;
            return index < rows ? add(table[index * WIDTH + (at % WIDTH)] ?? NaN, value) : value;
          }),
        );
        expect(machine.reports).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('a row that nothing wrote is found before any row is added', () => {
    const machine = testMachine({
      t: { space: 'hbm', dtype: 'float32', shape: [2, 1] },
      i: { dtype: 'uint32', partitions: 2, elements: 1, codes: [0, 1] },
      x: { dtype: 'float32', partitions: 2, elements: 1, values: [1, 2] },
    });
    machine.write(machine.hbm('t', { dims: [[1, 1]] }), Uint32Array.of(0));
    const index = machine.on('i');
    const table = machine.hbm('t', { dims: [[0, 2], [1, 1]] }); // prettier-ignore
    expect(() => {
      const sources = { src0: table, src_index: index, src1: machine.on('x'), dst_index: index };
      compute(machine, table, sources, { src_stride: 1, dst_stride: 1 });
    }).toThrow('was never written');
    expect(machine.codes('t')).toEqual([0, undefined]);
  });
});

describe('refused', () => {
  const machine = testMachine({
    t: { space: 'hbm', dtype: 'float32', shape: [8, 4] },
    i: { dtype: 'uint32', partitions: 8, elements: 1 },
    x: { dtype: 'float32', partitions: 8, elements: 4 },
  });
  const table = machine.hbm('t');
  const [x, index] = [machine.on('x'), machine.on('i')];
  const base: Compute = {
    opcode: 'dma_compute',
    id: 'i',
    engine: 'dma',
    dst: x,
    sources: { src0: table, src1: x },
    attributes: { reduce_op: 'add' },
  };
  const scattered = (
    sources: Partial<Compute['sources']>,
    attributes: Partial<Compute['attributes']> = {},
  ) => ({
    ...base,
    dst: table,
    sources: { src0: table, src1: x, src_index: index, dst_index: index, ...sources },
    attributes: { reduce_op: 'add' as const, src_stride: 4, dst_stride: 4, ...attributes },
  });
  const gathered = (
    sources: Partial<Compute['sources']>,
    attributes: Partial<Compute['attributes']> = {},
  ) => ({
    ...base,
    sources: { ...base.sources, src_index: index, ...sources },
    attributes: { reduce_op: 'add' as const, src_stride: 4, ...attributes },
  });

  test.each<[string, Instruction]>([
    ['a sum', base],
    ['a scatter', scattered({}, { dge_mode: 'swdge' })],
    ['a gather', gathered({}, { scales: [1, 1] })],
  ])('legal: %s', (_, instruction) => {
    for (const chip of ['trn1', 'trn2', 'trn3'] as const)
      expect(machine.problem(instruction, chip)).toBeUndefined();
  });

  test.each<[string, Instruction]>([
    [
      'src1 must be in hbm or sbuf, received psum.',
      { ...base, sources: { src0: x, src1: { ...x, space: 'psum' } } },
    ],
    [
      'sources are src0, src1, ... without a gap, received no src1.',
      { ...base, sources: { src0: x, src2: x } },
    ],
    [
      'src1 must have dst’s element count, 32, received 8.',
      { ...base, sources: { src0: x, src1: machine.on('x', { dims: [[4, 1]] }) } },
    ],
    [
      'scales must be one for each of 2 sources, received 1.',
      { ...base, attributes: { reduce_op: 'add', scales: [1] } },
    ],
    ['dge_mode must be unknown or none without an index, received swdge.', { ...base, attributes: { reduce_op: 'add', dge_mode: 'swdge' } }], // prettier-ignore
    ['dge_mode must be unknown or swdge with an index, received hwdge.', gathered({}, { dge_mode: 'hwdge' })],
    [
      'swdge is driven by gpsimd (or dma), received sync.',
      { ...gathered({}, { dge_mode: 'swdge' }), engine: 'sync' },
    ],
    [
      'src0 must have an address known before the run',
      { ...base, sources: { src0: { ...table, registers: [['r', 4]] } } },
    ],
    ['with an index it takes src0 and src1, received 3 sources.', gathered({ src2: x })],
    ['with an index scales must be 1, received 1, 2.', gathered({}, { scales: [1, 2] })],
    [
      'with src_index dst is in SBUF, and src1 is dst',
      gathered({ src1: machine.on('x', { dims: [[-1, 4]], offset: 3 }) }),
    ],
    ['with dst_index src0 is dst, at the same indices', scattered({}, { src_stride: 2 })],
    ['src1 must have dst’s element count', gathered({ src1: index })],
    ['with dst_index src0 is dst', scattered({ src1: table })],
    ['with dst_index src0 is dst', scattered({ src0: { ...table, offset: 1 } })],
    ['oob_mode skip takes an index.', { ...base, attributes: { reduce_op: 'add', oob_mode: 'skip' } }],
  ])('%s', (message, instruction) => {
    expect(machine.problem(instruction)).toContain(message);
  });
});
