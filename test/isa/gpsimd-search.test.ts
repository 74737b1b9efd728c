import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine, type TestMachine } from './machine';

const named = { id: 'g', engine: 'gpsimd' } as const;
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const bits = (value: number) => encode('float32', Math.fround(value));

describe('sequence_bounds', () => {
  const bounds = (m: TestMachine): Instruction<'sequence_bounds'> => ({
    opcode: 'sequence_bounds',
    ...named,
    dst: m.on('d'),
    sources: { segment_ids: m.on('s') },
    attributes: {},
  });
  const run = (from: 'int32' | 'float32', to: 'int32' | 'float32', codes: readonly number[]) => {
    const m = testMachine({
      s: { dtype: from, partitions: 1, elements: codes.length, codes },
      d: { dtype: to, partitions: 1, elements: 2 * codes.length },
    });
    m.run(bounds(m));
    return m;
  };

  test('of the example in the documents', () => {
    const m = run('int32', 'int32', [0, 1, 1, 2, 2, 2, 0, 3, 3]);
    const starts = [9, 1, 1, 3, 3, 3, 9, 7, 7];
    const ends = [-1, 3, 3, 6, 6, 6, -1, 9, 9];
    expect(m.values('d')).toEqual([...starts, ...ends]);
    expect(m.reports).toEqual([]);
  });

  test('are those of the widest run of equal ids around an element', () => {
    const ids = fc.array(fc.constantFrom(0, -0, 1, 2, 3, 16777217, -5, 0.5, NaN, Infinity), {
      minLength: 1,
      maxLength: 24,
    });
    const format = fc.constantFrom('int32' as const, 'float32' as const);
    fc.assert(
      fc.property(ids, format, format, (given, from, to) => {
        // As float32, 16777217 is 16777216; as int32 they stay what they are.
        const values =
          from === 'float32'
            ? given.map(Math.fround)
            : given.map((id) => (Number.isInteger(id) ? id | 0 : 7));
        const codes = values.map((id) => (from === 'float32' ? encode('float32', id) : id >>> 0));
        const m = run(from, to, codes);
        const all = (id: number, start: number, end: number) =>
          values.slice(start, end).every((other) => other === id);
        const places = values.map((_, at) => at);
        const wanted = values.map((id, at): readonly [number, number] => {
          if (id === 0) return [values.length, -1];
          const start = places.find((from) => from === at || (from < at && all(id, from, at + 1)));
          const end = places.findLast((to) => to === at || (to > at && all(id, at, to + 1)));
          return [start ?? NaN, (end ?? NaN) + 1];
        });
        expect(m.values('d')).toEqual([...wanted.map(([start]) => start), ...wanted.map(([, end]) => end)]);
        const others = values.filter((id) => !(id >= 0 && Math.floor(id) === id && id !== Infinity));
        expect(m.reports.map(({ rule, received }) => [rule, received.split(',')[0]])).toEqual(
          others.length === 0 ? [] : [['segment-id', `${others.length} of ${values.length} others`]],
        );
      }),
    );
  });

  test('int32 ids compare exactly', () => {
    expect(run('int32', 'int32', [16777216, 16777217]).values('d')).toEqual([0, 1, 1, 2]);
    expect(run('float32', 'int32', [bits(16777216), bits(16777217)]).values('d')).toEqual([0, 0, 2, 2]);
  });

  test('shapes and formats are held', () => {
    const m = testMachine({
      s: { dtype: 'int32', partitions: 2, elements: 3 },
      d: { dtype: 'int32', partitions: 2, elements: 6 },
    });
    const one = { partitions: 1 };
    const right = { ...bounds(m), dst: m.on('d', one), sources: { segment_ids: m.on('s', one) } };
    expect(m.problem(right)).toBeUndefined();
    expect(m.problem({ ...right, sources: { segment_ids: m.on('s') } })).toBe(
      'segment_ids must have 1 partition, received 2.',
    );
    expect(m.problem({ ...right, dst: m.on('d') })).toBe(
      'dst must be 1 x 6 (partitions x twice the elements of segment_ids), received 2 x 6.',
    );
    expect(m.problem({ ...right, dst: m.on('s', one) })).toBe(
      'dst must be 1 x 6 (partitions x twice the elements of segment_ids), received 1 x 3.',
    );
    expect(m.problem({ ...right, dst: m.on('d', { ...one, dtype: 'uint32' }) })).toBe(
      'dst must be float32 or int32, received uint32.',
    );
  });
});

describe('nonzero_with_count', () => {
  type Attributes = Instruction<'nonzero_with_count'>['attributes'];
  const search = (m: TestMachine, attributes: Attributes = {}): Instruction<'nonzero_with_count'> => ({
    opcode: 'nonzero_with_count',
    ...named,
    dst: m.on('d'),
    sources: { src: m.on('s') },
    attributes,
  });

  test('of the example in the documents', () => {
    const m = testMachine({
      s: { dtype: 'int32', partitions: 1, elements: 8, values: [0, 1, 1, 0, 0, 1, 0, 0] },
      d: { dtype: 'int32', partitions: 1, elements: 9 },
    });
    m.run(search(m, { index_offset: 16 }));
    expect(m.values('d')).toEqual([17, 18, 21, -1, -1, -1, -1, -1, 3]);
  });

  test('counts what is not zero in every 16th partition, and touches no other', () => {
    const codes = {
      int32: fc.constantFrom(0, 0, 1, 0x80000000, 0xffffffff),
      float32: fc.constantFrom(0, 0x80000000, 1, bits(1), 0x7fc00000, 0xff800000),
    };
    const anyRows = fc.constantFrom('int32' as const, 'float32' as const).chain((dtype) =>
      fc.record({
        dtype: fc.constant(dtype),
        rows: fc.array(fc.array(codes[dtype], { minLength: 7, maxLength: 7 }), {
          minLength: 1,
          maxLength: 3,
        }),
      }),
    );
    const anyPadding = fc.record({ index_offset: word, padding_val: word });
    fc.assert(
      fc.property(anyRows, anyPadding, fc.nat(15), ({ dtype, rows }, attributes, more) => {
        const partitions = 16 * (rows.length - 1) + 1 + more;
        const m = testMachine({
          s: { dtype, partitions, elements: 7 },
          d: { dtype: 'int32', partitions, elements: 8 },
        });
        rows.forEach((row, core) => {
          m.write(m.on('s', { partition: 16 * core, partitions: 1 }), Uint32Array.from(row));
        });
        m.run(search(m, attributes));
        const wanted = Array.from({ length: partitions }, (_, p) => {
          if (p % 16 !== 0) return Array.from({ length: 8 }, () => undefined);
          const row = rows[p / 16] ?? [];
          const places = row.flatMap((code, at) => (decode(dtype, code) === 0 ? [] : [at]));
          const found = places.map((at) => Number(BigInt.asIntN(32, BigInt(at + attributes.index_offset))));
          const padding = Array.from({ length: 7 - places.length }, () => attributes.padding_val);
          return [...found, ...padding, places.length];
        });
        const read = m.codes('d').map((code) => (code === undefined ? code : code | 0));
        expect(read).toEqual(wanted.flat());
      }),
    );
  });

  test('is there from trn2 on; shapes, formats and constants are held', () => {
    const m = testMachine({
      s: { dtype: 'float32', partitions: 64, elements: 3 },
      d: { dtype: 'int32', partitions: 64, elements: 4 },
    });
    const right = search(m);
    expect(m.problem(right)).toBeUndefined();
    expect(m.problem(right, 'trn1')).toBe('it exists on trn2 and trn3, received trn1.');
    expect(m.problem({ ...right, dst: m.on('d', { dims: [[1, 3]] }) })).toBe(
      'dst must have an element of each partition more than src, 4, received 3.',
    );
    expect(m.problem({ ...right, dst: m.on('d', { dtype: 'uint32' }) })).toBe(
      'dst must be int32, received uint32.',
    );
    const sourced = (view: Parameters<TestMachine['on']>[1]) =>
      m.problem({ ...right, sources: { src: m.on('s', view) } });
    expect(sourced({ dtype: 'uint32' })).toBe('src must be float32 or int32, received uint32.');
    expect(sourced({ partitions: 32 })).toBe('src must lie on dst’s partitions, 0..63, received 0..31.');
    expect(m.problem(search(m, { index_offset: 2 ** 31 }))).toBe(
      'index_offset is a 32-bit signed integer, received 2147483648.',
    );
    expect(m.problem(search(m, { padding_val: -(2 ** 31) - 1 }))).toBe(
      'padding_val is a 32-bit signed integer, received -2147483649.',
    );
  });
});

describe('topk', () => {
  const topk = (m: TestMachine, n: number): Instruction<'topk'> => ({
    opcode: 'topk',
    ...named,
    dst: m.on('d'),
    results: { idx_dst: m.on('i') },
    sources: { src: m.on('s') },
    attributes: { n },
  });
  const machine = (partitions: number, columns: number, k: number) =>
    testMachine({
      s: { dtype: 'bfloat16', partitions, elements: columns },
      d: { dtype: 'bfloat16', partitions, elements: k },
      i: { dtype: 'uint32', partitions, elements: k },
    });

  /** Whether an element comes before another of a list that falls: NaN first, +0 before -0. */
  const before = (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
    return b - a || Number(Object.is(a, -0)) - Number(Object.is(b, -0));
  };

  const code = fc.oneof(
    fc.nat(0xffff),
    fc.constantFrom(0, 0x8000, 0x3f80, 0xbf80, 0x7f80, 0xff80, 0x7fc0, 0xffc1, 1, 0x8001),
  );
  const anyCase = fc.integer({ min: 8, max: 70 }).chain((n) =>
    fc.record({
      cores: fc.array(fc.array(code, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 3 }),
      k: fc.integer({ min: 1, max: n }),
      spare: fc.nat(2),
    }),
  );

  test('writes the largest of each snake, ascending, with where they were, and nothing behind them', () => {
    fc.assert(
      fc.property(anyCase, ({ cores, k, spare }) => {
        const n = cores[0]?.length ?? 0;
        const m = machine(16 * cores.length, Math.ceil(n / 16) + spare, k);
        // Element i of a snake; only n of them are written.
        const at = (core: number, i: number) =>
          ({ partition: 16 * core + (i % 16), partitions: 1, offset: Math.floor(i / 16), dims: [[1, 1]] }) as const; // prettier-ignore
        cores.forEach((snake, core) => {
          snake.forEach((element, i) => {
            m.write(m.on('s', at(core, i)), Uint16Array.of(element));
          });
        });
        m.run(topk(m, n));
        cores.forEach((snake, core) => {
          const numbered = snake.map((element, i) => ({ element, i }));
          const falling = numbered.sort((a, b) => before(decode('bfloat16', a.element), decode('bfloat16', b.element)) || a.i - b.i); // prettier-ignore
          falling.slice(0, k).forEach(({ element, i }, fromTop) => {
            const place = at(core, k - 1 - fromTop);
            expect([m.codes(m.on('d', place)), m.codes(m.on('i', place))]).toEqual([[element], [i]]);
          });
        });
        const written = (name: string) => m.codes(name).filter((each) => each !== undefined).length;
        expect([written('d'), written('i')]).toEqual([k * cores.length, k * cores.length]);
      }),
    );
  });

  test('agrees with max8 and nc_find_index8, backwards', () => {
    const codes = [3, 9, 9, 2, 7, 9, 1, 7, 5, 5, 8, 0].map((value) => encode('bfloat16', value));
    const m = testMachine({
      s: { dtype: 'bfloat16', partitions: 16, elements: 1, codes: [...codes, 0, 0, 0, 0] },
      d: { dtype: 'bfloat16', partitions: 16, elements: 8 },
      i: { dtype: 'uint32', partitions: 16, elements: 8 },
      row: { dtype: 'bfloat16', partitions: 1, elements: 12, codes },
      best: { dtype: 'bfloat16', partitions: 1, elements: 8 },
      where: { dtype: 'uint32', partitions: 1, elements: 8 },
    });
    m.run(topk(m, 12));
    m.run({ opcode: 'max8', id: 'm', engine: 'vector', dst: m.on('best'), sources: { src: m.on('row') }, attributes: {} }); // prettier-ignore
    const sources = { data: m.on('row'), vals: m.on('best') };
    m.run({
      opcode: 'nc_find_index8',
      id: 'f',
      engine: 'vector',
      dst: m.on('where'),
      sources,
      attributes: {},
    });
    const ranks = (name: string) => m.codes(m.on(name, { partitions: 8, dims: [[1, 1]] }));
    expect(ranks('d').reverse()).toEqual(m.codes('best'));
    expect(ranks('i').reverse()).toEqual(m.codes('where'));
  });

  test.each<[string, TestMachine, number, string]>([
    ['n too small', machine(16, 4, 1), 7, 'n is 8 to 65535, received 7.'],
    ['n too large', machine(16, 4096, 1), 65536, 'n is 8 to 65535, received 65536.'],
    ['K above n', machine(16, 4, 9), 8, 'dst must have at most 8 elements of each partition, received 9.'],
    [
      'K too large',
      machine(16, 2100, 32768),
      33000,
      'dst must have at most 32767 elements of each partition, received 32768.',
    ],
    [
      'a source too narrow',
      machine(16, 4, 8),
      65,
      'src must have at least 5 elements of each partition for n = 65, received 4.',
    ],
    ['partitions', machine(20, 4, 8), 64, 'dst must have a multiple of 16 partitions, received 20.'],
  ])('%s: is illegal', (_, m, n, problem) => {
    expect(m.problem(topk(m, n))).toBe(problem);
  });

  test('formats and partitions are held, and idx_dst must be there', () => {
    const m = machine(64, 4, 8);
    const right = topk(m, 64);
    expect(m.problem(right)).toBeUndefined();
    const { dst, sources, opcode, id, engine, attributes } = right;
    expect(m.problem({ opcode, id, engine, attributes, dst, sources })).toBe(
      'idx_dst must be a [P, K] tile, received none.',
    );
    const indexed = (view: Parameters<TestMachine['on']>[1]) =>
      m.problem({ ...right, results: { idx_dst: m.on('i', view) } });
    expect(indexed({ dtype: 'int32' })).toBe('idx_dst must be uint32, received int32.');
    expect(indexed({ dims: [[1, 7]] })).toBe(
      'idx_dst must have dst’s 8 elements of each partition, received 7.',
    );
    expect(indexed({ partitions: 32 })).toBe('idx_dst must lie on dst’s partitions, 0..63, received 0..31.');
    expect(m.problem({ ...right, dst: m.on('d', { dtype: 'float16' }) })).toBe(
      'dst must be bfloat16, received float16.',
    );
    expect(m.problem({ ...right, sources: { src: m.on('s', { dtype: 'float16' }) } })).toBe(
      'src must be bfloat16, received float16.',
    );
  });
});
