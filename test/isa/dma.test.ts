import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine, type TestMachine } from './machine';

type Copy = Instruction<'dma_copy'>;

function copy(
  machine: TestMachine,
  dst: Copy['dst'],
  sources: Copy['sources'],
  attributes: Copy['attributes'] = {},
): void {
  machine.run({ opcode: 'dma_copy', id: 'i', engine: 'dma', dst, sources, attributes });
}

const counted = (length: number, from = 0) => Array.from({ length }, (_, at) => from + at);

/** A number of rows and columns, and a view of some of its columns. */
const tables = fc.integer({ min: 1, max: 6 }).chain((columns) =>
  fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    columns: fc.constant(columns),
    first: fc.nat(columns - 1),
    mode: fc.constantFrom('error' as const, 'skip' as const),
  }),
);

/** Indices in [0, rows), and a few beyond, as int32 codes. */
const indicesOf = (rows: number, length: { readonly min: number; readonly max: number }) =>
  fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(rows - 1) }, { weight: 1, arbitrary: fc.constantFrom(-1, rows, 2 ** 31 - 1) }), { minLength: length.min, maxLength: length.max }); // prettier-ignore

const several = { min: 2, max: 7 };
const isIn = (index: number, rows: number) => index >= 0 && index < rows;
const codeOf = (index: number) => index >>> 0;

/** Runs, and says whether it was refused for an index; then nothing may have changed. */
function attempt(machine: TestMachine, written: string, indexName: string, run: () => void): boolean {
  const before = machine.codes(written);
  try {
    run();
    return true;
  } catch (error) {
    expect(String(error)).toContain(`operand ${indexName}: required indices`);
    expect(machine.codes(written)).toEqual(before);
    expect(machine.reports.map(({ rule, operand }) => [rule, operand])).toEqual([
      ['index-outside', indexName],
    ]);
    return false;
  }
}

describe('dma_copy by indices equals plain arrays', () => {
  test('gather: row k of dst is the row of src that index k names', () => {
    const cases = tables.chain((table) =>
      fc.record({
        table: fc.constant(table),
        indices: indicesOf(table.rows, several),
        flat: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(cases, ({ table: { rows, columns, first, mode }, indices, flat }) => {
        const [count, width] = [indices.length, columns - first];
        const machine = testMachine({
          t: { space: 'hbm', dtype: 'int16', shape: [rows, columns], codes: counted(rows * columns) },
          i: { dtype: 'int32', partitions: count, elements: 1, codes: indices.map(codeOf) },
          d: { dtype: 'int16', partitions: count, elements: width, codes: counted(count * width, 1000) },
          f: { space: 'hbm', dtype: 'int16', shape: [count * width], codes: counted(count * width, 1000) },
        });
        const src = machine.hbm('t', { offset: first, dims: [[0, count], [1, width]] }); // prettier-ignore
        const done = attempt(machine, flat ? 'f' : 'd', 'src_index', () => {
          const dst = flat ? machine.hbm('f') : machine.on('d');
          copy(machine, dst, { src, src_index: machine.on('i') }, { src_stride: columns, oob_mode: mode });
        });
        expect(done).toBe(mode === 'skip' || indices.every((index) => isIn(index, rows)));
        if (!done) return;
        const expected = indices.flatMap((index, k) =>
          counted(width).map((at) =>
            isIn(index, rows) ? index * columns + first + at : 1000 + k * width + at,
          ),
        );
        expect(machine.codes(flat ? 'f' : 'd')).toEqual(expected);
        expect(machine.reports).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('scatter: the row of dst that index k names is row k of src, the last one where they repeat', () => {
    const cases = tables.chain((table) =>
      fc.record({ table: fc.constant(table), indices: indicesOf(table.rows, several) }),
    );
    fc.assert(
      fc.property(cases, ({ table: { rows, columns, first, mode }, indices }) => {
        const [count, width] = [indices.length, columns - first];
        const machine = testMachine({
          t: { space: 'hbm', dtype: 'int16', shape: [rows, columns], codes: counted(rows * columns) },
          i: { dtype: 'int32', partitions: count, elements: 1, codes: indices.map(codeOf) },
          s: { dtype: 'int16', partitions: count, elements: width, codes: counted(count * width, 1000) },
        });
        const dst = machine.hbm('t', { offset: first, dims: [[0, count], [1, width]] }); // prettier-ignore
        const done = attempt(machine, 't', 'dst_index', () => {
          const sources = { src: machine.on('s'), dst_index: machine.on('i') };
          copy(machine, dst, sources, { dst_stride: columns, oob_mode: mode });
        });
        expect(done).toBe(mode === 'skip' || indices.every((index) => isIn(index, rows)));
        if (!done) return;
        const expected = counted(rows * columns);
        indices.forEach((index, k) => {
          if (!isIn(index, rows)) return;
          for (let at = 0; at < width; at++) expected[index * columns + first + at] = 1000 + k * width + at;
        });
        expect(machine.codes('t')).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('one index moves all of the pattern, along any dimension', () => {
    const cases = tables.chain((table) =>
      fc.record({ table: fc.constant(table), index: indicesOf(table.rows, { min: 1, max: 1 }), scatter: fc.boolean() }),
    ); // prettier-ignore
    fc.assert(
      fc.property(cases, ({ table: { rows, columns, mode }, index: [index = NaN], scatter }) => {
        // Two blocks of rows x columns; the index moves both by whole rows.
        const machine = testMachine({
          t: { space: 'hbm', dtype: 'int16', shape: [2, rows, columns], codes: counted(2 * rows * columns) },
          i: { dtype: 'int32', partitions: 1, elements: 1, codes: [codeOf(index)] },
          x: { dtype: 'int16', partitions: 2, elements: columns, codes: counted(2 * columns, 1000) },
        });
        const block = rows * columns;
        const view = machine.hbm('t', { dims: [[block, 2], [1, columns]] }); // prettier-ignore
        const [name, written] = scatter ? (['dst_index', 't'] as const) : (['src_index', 'x'] as const);
        const done = attempt(machine, written, name, () => {
          const at = machine.on('i');
          if (scatter) {
            const sources = { src: machine.on('x'), dst_index: at };
            copy(machine, view, sources, { dst_stride: columns, oob_mode: mode });
          } else {
            const sources = { src: view, src_index: at };
            copy(machine, machine.on('x'), sources, { src_stride: columns, oob_mode: mode });
          }
        });
        // A tensor ends with its second block: that is what an index is held against.
        expect(done).toBe(mode === 'skip' || isIn(index, rows));
        if (!done || !isIn(index, rows)) return;
        const places = [0, block].flatMap((start) => counted(columns, start + index * columns));
        if (scatter) expect(places.map((at) => machine.codes('t')[at])).toEqual(counted(2 * columns, 1000));
        else expect(machine.codes('x')).toEqual(places);
      }),
      { numRuns: 200 },
    );
  });

  test('indices of several columns are taken column by column', () => {
    const order = counted(256).map((k) => (k * 37) % 11);
    const machine = testMachine({
      t: { space: 'hbm', dtype: 'int16', shape: [11, 3], codes: counted(33) },
      // Index k lies in partition k mod 128, column k div 128.
      i: {
        dtype: 'uint32',
        partitions: 128,
        elements: 2,
        codes: counted(256).map((at) => order[(at % 2) * 128 + Math.floor(at / 2)] ?? NaN),
      },
      d: { dtype: 'int16', partitions: 128, elements: 6 },
    });
    const src = machine.hbm('t', { dims: [[0, 256], [1, 3]] }); // prettier-ignore
    copy(machine, machine.on('d'), { src, src_index: machine.on('i') }, { src_stride: 3 });
    expect(machine.codes('d')).toEqual(order.flatMap((row) => counted(3, row * 3)));
  });

  test('both sides can have indices; what either skips is not moved', () => {
    const machine = testMachine({
      t: { space: 'hbm', dtype: 'uint8', shape: [4], codes: [10, 11, 12, 13] },
      u: { space: 'hbm', dtype: 'uint8', shape: [4], codes: [0, 0, 0, 0] },
      i: { dtype: 'int32', partitions: 3, elements: 1, codes: [3, 9, 1] },
      j: { dtype: 'int32', partitions: 3, elements: 1, codes: [0, 1, 7] },
    });
    const dims = [[0, 3], [1, 1]] as const; // prettier-ignore
    copy(
      machine,
      machine.hbm('u', { dims }),
      { src: machine.hbm('t', { dims }), src_index: machine.on('i'), dst_index: machine.on('j') },
      { src_stride: 1, dst_stride: 1, oob_mode: 'skip' },
    );
    expect(machine.codes('u')).toEqual([13, 0, 0, 0]);
  });
});

test('what is skipped need not have been written', () => {
  const machine = testMachine({
    t: { space: 'hbm', dtype: 'uint8', shape: [2, 2] },
    i: { dtype: 'uint32', partitions: 2, elements: 1, codes: [2 ** 32 - 1, 2] },
    x: { dtype: 'uint8', partitions: 2, elements: 2 },
  });
  const view = machine.hbm('t', { dims: [[0, 2], [1, 2]] }); // prettier-ignore
  const index = machine.on('i');
  const skip = { oob_mode: 'skip' } as const;
  copy(machine, machine.on('x'), { src: view, src_index: index }, { ...skip, src_stride: 2 });
  copy(machine, view, { src: machine.on('x'), dst_index: index }, { ...skip, dst_stride: 2 });
  expect([...machine.codes('x'), ...machine.codes('t')]).toEqual(Array.from({ length: 8 }, () => undefined));
});

test('an index outside names itself and the range', () => {
  const machine = testMachine({
    t: { space: 'hbm', dtype: 'bfloat16', shape: [8, 4], values: counted(32) },
    i: { dtype: 'uint32', partitions: 3, elements: 1, codes: [7, 0, 8] },
    d: { dtype: 'bfloat16', partitions: 3, elements: 4 },
  });
  const src = machine.hbm('t', { dims: [[0, 3], [1, 4]] }); // prettier-ignore
  expect(() => {
    copy(machine, machine.on('d'), { src, src_index: machine.on('i') }, { src_stride: 4 });
  }).toThrow(
    'operand src_index: required indices 0..7: tensor "t" has 32 elements of bfloat16, 4 to an index; received 8 as index 2. Correct the indices, or have such skipped (oob_mode skip).',
  );
  // As uint16 pairs the same bytes are half as many elements: the range is that of the view.
  const words = machine.hbm('t', { dtype: 'uint32', dims: [[0, 3], [1, 2]] }); // prettier-ignore
  const d = machine.on('d', { dtype: 'uint32' });
  expect(() => {
    copy(machine, d, { src: words, src_index: machine.on('i') }, { src_stride: 2 });
  }).toThrow('required indices 0..7: tensor "t" has 16 elements of uint32, 2 to an index; received 8');
});

describe('dma_copy without indices', () => {
  test('reads everything before it writes', () => {
    const machine = testMachine({ x: { space: 'hbm', dtype: 'uint8', shape: [4], codes: [1, 2, 3, 4] } });
    copy(machine, machine.hbm('x', { offset: 1, dims: [[1, 3]] }), {
      src: machine.hbm('x', { dims: [[1, 3]] }),
    });
    expect(machine.codes('x')).toEqual([1, 1, 2, 3]);
  });

  test('converts by way of float32, and strides over single elements', () => {
    const cases = fc.record({
      from: fc.constantFrom<Dtype>('float32', 'bfloat16', 'int16'),
      to: fc.constantFrom<Dtype>('float32', 'float16', 'float8_e5m2', 'int8'),
      rows: fc.integer({ min: 1, max: 5 }),
      columns: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(cases, ({ from, to, rows, columns }) => {
        const values = counted(rows * columns, -7).map((value) =>
          from === 'int16' ? value * 40 : value * 1.25,
        );
        const machine = testMachine({
          x: { space: 'hbm', dtype: from, shape: [rows, columns], values },
          d: { dtype: to, partitions: columns, elements: rows },
        });
        const src = machine.hbm('x', { dims: [[1, columns], [columns, rows]] }); // prettier-ignore
        copy(machine, machine.on('d'), { src });
        const given = machine.codes('x').map((code) => encode(to, decode(from, code ?? -1)));
        const expected = counted(columns).flatMap((column) =>
          given.filter((_, at) => at % columns === column),
        );
        expect(machine.codes('d')).toEqual(expected);
      }),
    );
  });
});
