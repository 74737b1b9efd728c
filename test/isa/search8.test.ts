import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import { testMachine } from './machine';

const named = { id: 'i', engine: 'vector' } as const;

/** Rows of codes, with many repeats, zeros of both signs, infinities, NaN of two kinds and subnormals. */
const SPECIAL = [0, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0xffc1, 1, 0x8001, 0x3f80, 0xbf80, 0x4000];
const code = fc.oneof(fc.constantFrom(...SPECIAL), fc.nat(0xffff));
const rows = fc
  .integer({ min: 8, max: 20 })
  .chain((width) =>
    fc.array(fc.array(code, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 3 }),
  );
const widthOf = (table: readonly (readonly number[])[]) => table[0]?.length ?? 0;
const value = (of: number) => decode('bfloat16', of);

/** Whether x comes before y: NaN first, then by size, +0 before -0. */
function before(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x));
  return x === y ? Number(Object.is(x, -0)) - Number(Object.is(y, -0)) : y - x;
}

describe('max8', () => {
  const largest = (from: Dtype, to: Dtype, table: readonly (readonly number[])[]) => {
    const m = testMachine({
      x: { dtype: from, partitions: table.length, elements: widthOf(table), codes: table.flat() },
      d: { dtype: to, partitions: table.length, elements: 8 },
    });
    m.run({ opcode: 'max8', ...named, dst: m.on('d'), sources: { src: m.on('x') }, attributes: {} });
    return m.codes('d');
  };

  test('is the first eight of the elements in order', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const wanted = table.flatMap((row) => row.map(value).sort(before).slice(0, 8));
        expect(largest('bfloat16', 'float32', table)).toEqual(wanted.map((x) => encode('float32', x)));
        expect(largest('bfloat16', 'bfloat16', table)).toEqual(wanted.map((x) => encode('bfloat16', x)));
      }),
      { numRuns: 300 },
    );
  });

  test('keeps equal elements, and takes integers by way of float32', () => {
    expect(largest('int8', 'int8', [[3, 3, 0xff, 3, 1, 2, 9, 9, 0x80]])).toEqual([9, 9, 3, 3, 3, 2, 1, 0xff]);
    const wide = [2 ** 24 + 1, 1, 2, 3, 4, 5, 6, 7];
    expect(largest('uint32', 'uint32', [wide])).toEqual([2 ** 24, 7, 6, 5, 4, 3, 2, 1]);
  });
});

/** What each value finds in a row, in the order of `order`, each element found once. */
function finds(row: readonly number[], values: readonly number[], order: readonly number[]): number[] {
  const taken = new Set<number>();
  const found = new Array<number>(8).fill(-1);
  for (const slot of order) {
    for (let at = 0; at < row.length; at++) {
      if (taken.has(at) || value(row[at] ?? NaN) !== value(values[slot] ?? NaN)) continue;
      taken.add(at);
      found[slot] = at;
      break;
    }
  }
  return found;
}

const UP = [0, 1, 2, 3, 4, 5, 6, 7];
const DOWN = [7, 6, 5, 4, 3, 2, 1, 0];

/** Rows, and eight values of each: mostly of the row's own. */
const searched = rows.chain((table) =>
  fc
    .tuple(
      ...table.map((row) =>
        fc.array(fc.oneof(fc.constantFrom(...row), code), { minLength: 8, maxLength: 8 }),
      ),
    )
    .map((values) => ({ table, values })),
);

describe('nc_find_index8', () => {
  const find = (dtype: 'uint16' | 'uint32', table: number[][], values: number[][]) => {
    const m = testMachine({
      x: { dtype: 'bfloat16', partitions: table.length, elements: widthOf(table), codes: table.flat() },
      v: { dtype: 'bfloat16', partitions: table.length, elements: 8, codes: values.flat() },
      d: { dtype, partitions: table.length, elements: 8 },
    });
    const sources = { data: m.on('x'), vals: m.on('v') };
    m.run({ opcode: 'nc_find_index8', ...named, dst: m.on('d'), sources, attributes: {} });
    return m.codes('d');
  };

  test('finds each value once, equal values from the first up', () => {
    fc.assert(
      fc.property(searched, fc.constantFrom('uint16', 'uint32' as const), ({ table, values }, dtype) => {
        const wanted = table.flatMap((row, p) => finds(row, values[p] ?? [], UP));
        const absent = dtype === 'uint16' ? 0xffff : 0xffffffff;
        expect(find(dtype, table, values)).toEqual(wanted.map((at) => (at < 0 ? absent : at)));
      }),
      { numRuns: 300 },
    );
  });

  test('by example: repeats ascend, -0 is found as 0, NaN is not', () => {
    const [one, two, nan] = [0x3f80, 0x4000, 0x7fc0];
    const row = [two, one, 0x8000, one, nan, two, one, 0x40a0];
    expect(find('uint16', [row], [[one, two, one, 0, nan, one, one, 0x40a0]])).toEqual([
      1, 0, 3, 2, 0xffff, 6, 0xffff, 7,
    ]);
  });
});

describe('nc_match_replace8', () => {
  const replace = (
    to: Dtype,
    table: number[][],
    values: number[][],
    attributes: { imm: number; saturate?: boolean },
  ) => {
    const shape = { partitions: table.length, elements: widthOf(table) };
    const eight = { partitions: table.length, elements: 8 };
    const m = testMachine({
      x: { dtype: 'bfloat16', ...shape, codes: table.flat() },
      v: { dtype: 'bfloat16', ...eight, codes: values.flat() },
      d: { dtype: to, ...shape },
      i: { dtype: 'uint16', ...eight },
    });
    const both = {
      opcode: 'nc_match_replace8',
      ...named,
      sources: { data: m.on('x'), vals: m.on('v') },
    } as const;
    m.run({ ...both, dst: m.on('d'), results: { dst_idx: m.on('i') }, attributes });
    const written = m.codes('d');
    // Without dst_idx, and in place.
    if (to === 'bfloat16') {
      m.run({ ...both, dst: m.on('x'), attributes });
      expect(m.codes('x')).toEqual(written);
    }
    return { written, found: m.codes('i') };
  };

  test('replaces the first match of each value, equal values from the last down', () => {
    fc.assert(
      fc.property(searched, fc.constantFrom('bfloat16', 'float32' as const), ({ table, values }, to) => {
        const { written, found } = replace(to, table, values, { imm: -7.7 });
        const wanted = table.map((row, p) => finds(row, values[p] ?? [], DOWN));
        expect(found).toEqual(wanted.flat().map((at) => (at < 0 ? 0xffff : at)));
        const left = (of: number) => (to === 'bfloat16' ? of : encode('float32', value(of)));
        const imm = encode(to, Math.fround(-7.7));
        expect(written).toEqual(
          table.flatMap((row, p) => row.map((of, at) => (wanted[p]?.includes(at) === true ? imm : left(of)))),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('by example: repeats descend', () => {
    const [one, two] = [0x3f80, 0x4000];
    const row = [one, two, one, one, two, 0, 0xffc1, 0x7f80];
    const values = [one, one, two, 0x40a0, 0x40a0, 0x40a0, 0x40a0, 0x40a0];
    const { written, found } = replace('bfloat16', [row], [values], { imm: -Infinity });
    expect(found).toEqual([2, 0, 1, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff]);
    expect(written).toEqual([0xff80, 0xff80, 0xff80, one, two, 0, 0xffc1, 0x7f80]);
    expect(replace('bfloat16', [row], [values], { imm: -Infinity, saturate: true }).written).toEqual([
      0xff7f,
      0xff7f,
      0xff7f,
      one,
      two,
      0,
      0x7fc0,
      0x7f7f,
    ]);
  });
});

describe('what is illegal', () => {
  const m = testMachine({
    x: { dtype: 'float32', partitions: 4, elements: 64, values: new Array<number>(256).fill(0) },
    wide: { dtype: 'uint8', partitions: 4, elements: 16385 },
    v: { dtype: 'float32', partitions: 4, elements: 8, values: new Array<number>(32).fill(0) },
    i: { dtype: 'uint32', partitions: 4, elements: 8 },
  });
  const max = (dst: Parameters<typeof m.on>, src: Parameters<typeof m.on>) =>
    m.problem({
      opcode: 'max8',
      ...named,
      dst: m.on(...dst),
      sources: { src: m.on(...src) },
      attributes: {},
    });
  const find = (dst: Parameters<typeof m.on>, vals: Parameters<typeof m.on>) =>
    m.problem({
      opcode: 'nc_find_index8',
      ...named,
      dst: m.on(...dst),
      sources: { data: m.on('x'), vals: m.on(...vals) },
      attributes: {},
    });

  test('sizes', () => {
    expect(max(['v'], ['x'])).toBeUndefined();
    expect(max(['v'], ['x', { dims: [[1, 7]] }])).toBe(
      'src must have 8 to 16384 elements of each partition, received 7.',
    );
    expect(max(['v'], ['wide'])).toBe('src must have 8 to 16384 elements of each partition, received 16385.');
    expect(max(['x'], ['x'])).toBe('dst must have 8 elements of each partition, received 64.');
    expect(max(['v', { partitions: 2 }], ['x'])).toBe('src must have dst’s 2 partitions, received 4.');
    expect(
      max(
        ['v'],
        [
          'x',
          {
            dims: [
              [32, 2],
              [8, 2],
              [1, 8],
            ],
          },
        ],
      ),
    ).toBe(
      // prettier-ignore
      'src must have at most 2 free dimensions, received 3.',
    );
    expect(find(['i'], ['x'])).toBe('vals must have 8 elements of each partition, received 64.');
  });

  test('formats of indices', () => {
    expect(find(['i'], ['v'])).toBeUndefined();
    expect(find(['i', { dtype: 'int32' }], ['v'])).toBe('dst must be uint16 or uint32, received int32.');
  });

  test('other engines', () => {
    const run = {
      opcode: 'max8',
      id: 'i',
      engine: 'gpsimd',
      dst: m.on('v'),
      sources: { src: m.on('x') },
      attributes: {},
    } as const;
    expect(m.problem(run)).toBe('it is issued to vector, received gpsimd.');
  });
});
