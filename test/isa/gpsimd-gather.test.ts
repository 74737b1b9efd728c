import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dtype } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine, type TestMachine } from './machine';

const named = { id: 'g', engine: 'gpsimd' } as const;
const anyDtype = fc.constantFrom<Dtype>('uint8', 'bfloat16', 'float32', 'int32');
const counting = (length: number) => Array.from({ length }, (_, at) => at + 1);

describe('local_gather', () => {
  type Attributes = Instruction<'local_gather'>['attributes'];
  const gather = (m: TestMachine, attributes: Attributes): Instruction<'local_gather'> => ({
    opcode: 'local_gather',
    ...named,
    dst: m.on('d'),
    sources: { src_buffer: m.on('s'), index: m.on('i') },
    attributes,
  });

  const anyCase = fc
    .record({
      dtype: anyDtype,
      cores: fc.integer({ min: 1, max: 3 }),
      width: fc.integer({ min: 4, max: 40 }),
      columns: fc.integer({ min: 1, max: 3 }),
      each: fc.constantFrom(1, 2, 4),
    })
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        valid: fc.integer({ min: 1, max: 16 * shape.columns }),
        indices: fc.array(fc.nat(shape.width + 3), {
          minLength: 16 * shape.cores * shape.columns,
          maxLength: 16 * shape.cores * shape.columns,
        }),
      }),
    );

  test('takes elements of each partition by the indices of its core, zeros outside, and reads no further index', () => {
    fc.assert(
      fc.property(anyCase, ({ shape: { dtype, cores, width, columns, each }, valid, indices }) => {
        const partitions = 16 * cores;
        const source = counting(partitions * width).map((value) => value % 251);
        const m = testMachine({
          s: { dtype, partitions, elements: width, codes: source },
          i: { dtype: 'uint16', partitions, elements: columns },
          d: { dtype, partitions, elements: valid * each },
        });
        // Index k of a core; only the valid ones are written.
        const place = (core: number, k: number) => [16 * core + (k % 16), Math.floor(k / 16)] as const;
        const indexOf = (core: number, k: number) => {
          const [p, column] = place(core, k);
          return indices[p * columns + column] ?? NaN;
        };
        for (let core = 0; core < cores; core++) {
          for (let k = 0; k < valid; k++) {
            const [partition, offset] = place(core, k);
            const one = m.on('i', { partition, partitions: 1, offset, dims: [[1, 1]] });
            m.write(one, Uint16Array.of(indexOf(core, k)));
          }
        }
        m.run(gather(m, { num_elem_per_idx: each, num_valid_indices: valid }));
        let outside = 0;
        const wanted = Array.from({ length: partitions * valid * each }, (_, at) => {
          const p = Math.floor(at / (valid * each));
          const k = Math.floor((at % (valid * each)) / each);
          const element = indexOf(Math.floor(p / 16), k) + (at % each);
          return element < width ? source[p * width + element] : 0;
        });
        for (let core = 0; core < cores; core++)
          for (let k = 0; k < valid; k++) if (indexOf(core, k) + each > width) outside++;
        expect(m.codes('d')).toEqual(wanted);
        expect(m.reports.map(({ received }) => received.split(',')[0])).toEqual(
          outside === 0 ? [] : [`${outside} of ${cores * valid} outside`],
        );
      }),
    );
  });

  test('all indices of a core are valid where no number is told, and one element is taken', () => {
    const m = testMachine({
      s: { dtype: 'bfloat16', partitions: 16, elements: 3, codes: counting(48) },
      i: { dtype: 'uint16', partitions: 16, elements: 1, codes: counting(16).map((value) => value % 3) },
      d: { dtype: 'bfloat16', partitions: 16, elements: 16 },
    });
    m.run(gather(m, {}));
    // Partition 1 holds 4, 5, 6.
    const first = [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1].map((index) => 4 + index);
    expect(m.codes('d').slice(16, 32)).toEqual(first);
    expect(m.reports).toEqual([]);
  });

  test('indices count elements in the order of the pattern, also where index has several dimensions', () => {
    const m = testMachine({
      s: { dtype: 'uint8', partitions: 16, elements: 6, codes: counting(96) },
      i: {
        dtype: 'uint16',
        partitions: 16,
        elements: 4,
        codes: Array.from({ length: 64 }, (_, at) => at % 4),
      },
      d: { dtype: 'uint8', partitions: 16, elements: 40 },
    });
    const run = gather(m, { num_valid_indices: 40 });
    // src: columns 0 2 4 1 3 5; index: columns 3 1 2 0, of which the third ends after 8 of 16 partitions.
    const src_buffer = m.on('s', { dims: [[1, 2], [2, 3]] }); // prettier-ignore
    const index = m.on('i', { offset: 3, dims: [[-1, 2], [-2, 2]] }); // prettier-ignore
    m.run({ ...run, sources: { src_buffer, index } });
    const of = (element: number, times: number) => Array.from({ length: times }, () => 1 + element);
    // Elements 3, 1 and 2 of the pattern are columns 1, 2 and 4.
    expect(m.codes('d').slice(0, 40)).toEqual([...of(1, 16), ...of(2, 16), ...of(4, 8)]);
  });

  test('reports where the first index outside is', () => {
    const m = testMachine({
      s: { dtype: 'uint8', partitions: 32, elements: 8, codes: counting(256).map((value) => value % 256) },
      i: {
        dtype: 'uint16',
        partitions: 32,
        elements: 1,
        codes: Array.from({ length: 32 }, (_, at) => (at === 18 ? 7 : 6)),
      },
      d: { dtype: 'uint8', partitions: 32, elements: 32 },
    });
    m.run(gather(m, { num_elem_per_idx: 2 }));
    expect(m.reports).toMatchObject([
      {
        rule: 'index-outside',
        operand: 'index',
        required: 'indices 0..6',
        received: '1 of 32 outside, the first 7 (core 1, index 2)',
      },
    ]);
    expect(m.codes(m.on('d', { partition: 16, partitions: 1, dims: [[1, 6]] }))).toEqual([135, 136, 135, 136, 136, 0]); // prettier-ignore
  });

  const sized = (partitions: number, elements: number, indices: number, out: number) =>
    testMachine({
      s: { dtype: 'float32', partitions, elements },
      i: { dtype: 'uint16', partitions, elements: indices },
      d: { dtype: 'float32', partitions, elements: out },
    });

  test.each<[string, TestMachine, Attributes, string]>([
    ['partitions', sized(24, 4, 1, 16), {}, 'dst must have a multiple of 16 partitions, received 24.'],
    [
      'elements of an index',
      sized(16, 4, 1, 48),
      { num_elem_per_idx: 3 },
      'num_elem_per_idx is one of 1, 2, 4, 8, 16, 32, received 3.',
    ],
    ['many indices', sized(16, 4, 257, 4112), {}, 'a core takes at most 4096 indices, received 4112.'],
    [
      'more indices than there are',
      sized(16, 4, 1, 17),
      { num_valid_indices: 17 },
      'num_valid_indices is at most the 16 indices of a core’s 16 partitions, received 17.',
    ],
    [
      'dst',
      sized(16, 4, 1, 16),
      { num_elem_per_idx: 2 },
      'dst must have num_valid_indices x num_elem_per_idx elements of each partition, 32, received 16.',
    ],
    [
      'a source too narrow',
      sized(16, 4, 1, 128),
      { num_elem_per_idx: 8 },
      'src_buffer must have num_elem_per_idx elements of each partition, 8, received 4.',
    ],
  ])('%s: is illegal', (_, m, attributes, problem) => {
    expect(m.problem(gather(m, attributes))).toBe(problem);
  });

  test('formats, memories and partitions are held', () => {
    const m = testMachine({
      s: { dtype: 'float32', partitions: 64, elements: 4 },
      p: { space: 'psum', dtype: 'float32', partitions: 16, elements: 4 },
      i: { dtype: 'uint16', partitions: 64, elements: 1 },
      d: { dtype: 'float32', partitions: 64, elements: 16 },
    });
    const part = (name: string, partition = 0) => m.on(name, { partition, partitions: 16 });
    const problem = (change: Partial<Record<'s' | 'i' | 'd', ReturnType<typeof part>>>) => {
      const { d = part('d'), s = part('s'), i = part('i') } = change;
      const sources = { src_buffer: s, index: i };
      return m.problem({ opcode: 'local_gather', ...named, dst: d, sources, attributes: {} });
    };
    expect(problem({})).toBeUndefined();
    expect(problem({ s: m.on('p') })).toBe('src_buffer must be in sbuf, received psum.');
    expect(problem({ i: part('i', 32) })).toBe('index must lie on dst’s partitions, 0..15, received 32..47.');
    expect(problem({ s: { ...part('s'), dtype: 'int32' } })).toBe(
      'src_buffer must have dst’s format, float32, received int32.',
    );
    expect(problem({ i: { ...part('i'), dtype: 'int16' } })).toBe('index must be uint16, received int16.');
  });
});

describe('nc_n_gather', () => {
  const gather = (m: TestMachine): Instruction<'nc_n_gather'> => ({
    opcode: 'nc_n_gather',
    ...named,
    dst: m.on('d'),
    sources: { data: m.on('s'), indices: m.on('i') },
    attributes: {},
  });

  test('takes elements by the indices of the same partition, zero where one is outside', () => {
    const index = fc.oneof(
      { weight: 9, arbitrary: fc.nat(11) },
      fc.integer({ min: 2 ** 31, max: 2 ** 32 - 1 }),
    );
    const rows = fc.array(fc.array(index, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyDtype, rows, fc.integer({ min: 1, max: 12 }), (dtype, indices, width) => {
        const partitions = indices.length;
        const source = counting(partitions * width);
        const m = testMachine({
          s: { dtype, partitions, elements: width, codes: source },
          i: { dtype: 'uint32', partitions, elements: 5, codes: indices.flat() },
          d: { dtype, partitions, elements: 5 },
        });
        m.run(gather(m));
        const taken = indices.map((row, p) =>
          row.map((at) => source.slice(p * width, (p + 1) * width)[at] ?? 0),
        );
        expect(m.codes('d')).toEqual(taken.flat());
        const outside = indices.flat().filter((at) => at >= width).length;
        expect(m.reports.map(({ received }) => received.split(',')[0])).toEqual(
          outside === 0 ? [] : [`${outside} of ${5 * partitions} outside`],
        );
      }),
    );
  });

  test('keeps bits, counts in the order of the pattern, and reads before it writes', () => {
    const m = testMachine({
      s: { dtype: 'float32', partitions: 1, elements: 4, codes: [0x7fc12345, 1, 0x80000000, 0xff800001] },
      i: { dtype: 'uint32', partitions: 1, elements: 4, codes: [3, 2, 1, 0] },
    });
    const reversed = m.on('s', { offset: 3, dims: [[-1, 4]] });
    const sources = { data: reversed, indices: m.on('i') };
    m.run({ opcode: 'nc_n_gather', ...named, dst: m.on('s', { offset: 0 }), sources, attributes: {} });
    expect(m.codes('s')).toEqual([0x7fc12345, 1, 0x80000000, 0xff800001]);
    m.run({ opcode: 'nc_n_gather', ...named, dst: reversed, sources, attributes: {} });
    expect(m.codes('s')).toEqual([0xff800001, 0x80000000, 1, 0x7fc12345]);
  });

  test('reports where the first index outside is', () => {
    const m = testMachine({
      s: { dtype: 'uint8', partitions: 2, elements: 3, codes: counting(6) },
      i: { dtype: 'uint32', partitions: 2, elements: 2, codes: [0, 2, 1, 3] },
      d: { dtype: 'uint8', partitions: 2, elements: 2 },
    });
    m.run(gather(m));
    expect(m.reports).toMatchObject([
      {
        rule: 'index-outside',
        operand: 'indices',
        required: 'indices 0..2',
        received: '1 of 4 outside, the first 3 (partition 1, index 1)',
      },
    ]);
  });

  test('shapes and formats are held', () => {
    const m = testMachine({
      s: { dtype: 'float32', partitions: 4, elements: 3 },
      p: { space: 'psum', dtype: 'float32', partitions: 4, elements: 3 },
      i: { dtype: 'uint32', partitions: 4, elements: 2 },
      d: { dtype: 'float32', partitions: 4, elements: 2 },
    });
    const run = gather(m);
    const { data, indices } = run.sources;
    expect(m.problem(run)).toBeUndefined();
    expect(m.problem({ ...run, engine: 'vector' })).toBe('it is issued to gpsimd, received vector.');
    expect(m.problem({ ...run, dst: m.on('s') })).toBe(
      'operands must have equal partitions x elements, received dst 4 x 3, indices 4 x 2.',
    );
    const of = (sources: Partial<typeof run.sources>) =>
      m.problem({ ...run, sources: { data, indices, ...sources } });
    expect(of({ data: m.on('p') })).toBe('data must be in sbuf, received psum.');
    expect(of({ data: m.on('s', { partitions: 2 }) })).toBe('data must have dst’s 4 partitions, received 2.');
    expect(of({ data: m.on('s', { dtype: 'int32' }) })).toBe(
      'data must have dst’s format, float32, received int32.',
    );
    expect(of({ indices: m.on('i', { dtype: 'int32' }) })).toBe('indices must be uint32, received int32.');
  });
});
