import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dtype } from '../../src/numerics';
import type { Dim, Instruction } from '../../src/program';
import { testMachine } from './machine';

type Transpose = Instruction<'dma_transpose'>;

const counted = (length: number, from = 0) => Array.from({ length }, (_, at) => from + at);
const product = (list: readonly number[]) => list.reduce((total, each) => total * each, 1);
const AXES = { 2: [1, 0], 3: [2, 1, 0], 4: [3, 1, 2, 0] } as const;
const axesOf = (shape: readonly number[]): readonly number[] =>
  shape.length === 2 ? AXES[2] : shape.length === 3 ? AXES[3] : AXES[4];

/** Row-major dims of a shape. */
const dimsOf = (shape: readonly number[]): Dim[] =>
  shape.map((count, axis) => [product(shape.slice(axis + 1)), count]);

/** Nested arrays as numpy transposes them: element [i0, i1, ...] of the result has index axes[j] of src at ij. */
function permuted(codes: readonly (number | undefined)[], shape: readonly number[]): (number | undefined)[] {
  const axes = axesOf(shape);
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
  const walk = (level: number, at: number): (number | undefined)[] => {
    const axis = axes[level];
    if (axis === undefined) return [codes[at]];
    return counted(shape[axis] ?? 0).flatMap((index) => walk(level + 1, at + index * (strides[axis] ?? 0)));
  };
  return walk(0, 0);
}

test('dma_transpose permutes plain arrays, from HBM and from SBUF', () => {
  const cases = fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 4 }),
    dtype: fc.constantFrom<Dtype>('bfloat16', 'float32', 'int16'),
    chip: fc.constantFrom('trn2' as const, 'trn3' as const),
    onChip: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ shape, dtype, chip, onChip }) => {
      const [first = 1, ...rest] = shape;
      const last = shape.at(-1) ?? 1;
      const codes = counted(product(shape), 0x7f80);
      const machine = testMachine({
        h: { space: 'hbm', dtype, shape, codes },
        s: { dtype, partition: 3, partitions: first, elements: product(rest), codes },
        d: { dtype, partition: 7, partitions: last, elements: product(shape) / last },
      });
      const src = onChip ? machine.on('s', { dims: dimsOf(rest) }) : machine.hbm('h');
      machine.run(
        {
          opcode: 'dma_transpose',
          id: 'i',
          engine: 'sync',
          dst: machine.on('d'),
          sources: { src },
          attributes: { axes: axesOf(shape) },
        },
        chip,
      );
      expect(machine.codes('d')).toEqual(permuted(codes, shape));
    }),
    { numRuns: 300 },
  );
});

test('with indices it gathers rows first, column by column, and leaves out what is outside', () => {
  const cases = fc.record({
    middle: fc.constantFrom([], [3], [1, 3], [3, 1]),
    last: fc.integer({ min: 1, max: 4 }),
    rows: fc.integer({ min: 1, max: 20 }),
    columns: fc.constantFrom(1, 2),
    steps: fc.constantFrom(16, 48, 128, 144, 256),
    outside: fc.array(fc.nat(255), { maxLength: 3 }),
    mode: fc.constantFrom('error' as const, 'skip' as const),
  });
  fc.assert(
    fc.property(cases, ({ middle, last, rows, columns, steps, outside, mode }) => {
      const count = columns === 2 ? steps : Math.min(steps, 128);
      const order = counted(columns * 128).map((k) => (outside.includes(k) ? rows + k : (k * 7) % rows));
      const row = product(middle) * last;
      const shape = [count, ...middle, last];
      const machine = testMachine({
        t: { space: 'hbm', dtype: 'int16', shape: [rows, row], codes: counted(rows * row) },
        i: {
          dtype: 'uint32',
          partitions: 128,
          elements: columns,
          codes: counted(128 * columns).map(
            (at) => order[(at % columns) * 128 + Math.floor(at / columns)] ?? NaN,
          ),
        },
        d: { dtype: 'int16', partitions: last, elements: count * product(middle) },
      });
      const [, ...inner] = dimsOf(shape);
      const run = () => {
        machine.run({
          opcode: 'dma_transpose',
          id: 'i',
          engine: 'gpsimd',
          dst: machine.on('d'),
          sources: { src: machine.hbm('t', { dims: [[0, count], ...inner] }), src_index: machine.on('i') },
          attributes: { axes: axesOf(shape), src_stride: row, oob_mode: mode, dge_mode: 'swdge' },
        });
      };
      if (mode === 'error' && outside.some((k) => k < count)) {
        expect(run).toThrow('operand src_index: required indices');
        expect(machine.codes('d').every((code) => code === undefined)).toBe(true);
        return;
      }
      run();
      const gathered = counted(count).flatMap((k) =>
        counted(row).map((at) => (outside.includes(k) ? undefined : (order[k] ?? NaN) * row + at)),
      );
      expect(machine.codes('d')).toEqual(permuted(gathered, shape));
    }),
    { numRuns: 100 },
  );
});

describe('refused', () => {
  const machine = testMachine({
    t: { space: 'hbm', dtype: 'bfloat16', shape: [64, 64, 4] },
    w: { space: 'hbm', dtype: 'float32', shape: [64, 64] },
    b: { space: 'hbm', dtype: 'uint8', shape: [16, 16] },
    d: { dtype: 'bfloat16', partitions: 128, elements: 4096 },
    e: { dtype: 'float32', partitions: 16, elements: 16 },
    i: { dtype: 'uint32', partitions: 128, elements: 2 },
  });
  const index = (partitions: number, columns = 1, dtype: Dtype = 'uint32') =>
    machine.on('i', { dtype, partitions, dims: [[1, columns]] });
  /** A view of `t` of a shape, and the dst that it permutes to. */
  const of = (
    shape: readonly number[],
    attributes: Partial<Transpose['attributes']> = {},
    more: Partial<Transpose> = {},
    src_index?: ReturnType<typeof index>,
  ): Transpose => {
    const last = shape.at(-1) ?? 1;
    return {
      opcode: 'dma_transpose',
      id: 'i',
      engine: 'dma',
      dst: machine.on('d', { partitions: last, dims: [[1, product(shape) / last]] }),
      sources: {
        src: machine.hbm('t', { dims: shape.map((count) => [0, count]) }),
        ...(src_index && { src_index }),
      },
      attributes: { axes: axesOf(shape), ...(src_index && { src_stride: 64 }), ...attributes },
      ...more,
    };
  };
  const hwdge = { dge_mode: 'hwdge' } as const;
  const sync = { engine: 'sync' } as const;

  test.each([
    ['hwdge of 16 rows', of([16, 128], hwdge, sync)],
    ['hwdge of 3 dimensions', of([2, 8, 128], hwdge, sync)],
    ['hwdge of 4 dimensions', of([1, 3, 16, 5], hwdge, sync)],
    ['16 indices', of([16, 4], {}, {}, index(16))],
    ['more indices than are used', of([16, 4], {}, {}, index(64))],
    ['several columns', of([144, 4], {}, {}, index(128, 2))],
    ['4-byte elements', { ...of([2, 2]), sources: { src: machine.hbm('w') }, dst: machine.on('e', { partitions: 64, dims: [[0, 64]] }) }], // prettier-ignore
  ])('legal: %s', (_, instruction) => {
    expect(machine.problem(instruction)).toBeUndefined();
  });

  test.each<[string, Instruction, ('trn1' | 'trn2')?]>([
    ['it exists on trn2 and trn3, received trn1.', of([16, 16]), 'trn1'],
    ['src must have 2 to 4 dimensions, received 1.', of([16])],
    ['axes of 3 dimensions are [2, 1, 0], received [1, 0].', of([2, 2, 2], { axes: [1, 0] })],
    ['axes of 2 dimensions are [1, 0], received [0, 1].', of([2, 2], { axes: [0, 1] })],
    [
      'dst must be 8 partitions x 16, the permuted shape, received 16 x 8.',
      of([16, 8], {}, { dst: machine.on('d', { partitions: 16, dims: [[1, 8]] }) }),
    ],
    ['dst must be in sbuf, received psum.', of([2, 2], {}, { dst: { ...machine.on('d'), space: 'psum' } })],
    [
      'src must have elements of 2 or 4 bytes, received uint8.',
      of([16, 16], {}, { sources: { src: machine.hbm('b') } }),
    ],
    ['dst must have src’s format, bfloat16, received float32.', of([16, 16], {}, { dst: machine.on('e') })],
    [
      'dge_mode must be unknown or hwdge without an index, received swdge.',
      of([16, 16], { dge_mode: 'swdge' }),
    ],
    [
      'dge_mode must be unknown or hwdge without an index, received none.',
      of([16, 16], { dge_mode: 'none' }),
    ],
    [
      'dge_mode must be unknown or swdge with an index, received hwdge.',
      of([16, 16], hwdge, sync, index(16)),
    ],
    ['hwdge is driven by sync or scalar, received dma.', of([16, 16], hwdge)],
    ['hwdge: src of 2 dimensions has 16 rows, received 8.', of([8, 16], hwdge, sync)],
    ['dst: 1 to 128 partitions required, received 129.', of([16, 129], hwdge, sync)],
    [
      'hwdge: src’s first dimension is 1, 2, 4, 8 or 16, and times its last but one a multiple of 16, received 3 and 48.',
      of([3, 16, 2], hwdge, sync),
    ],
    [
      'hwdge transposes elements of 2 bytes, received float32.',
      of([64, 64], hwdge, {
        ...sync,
        sources: { src: machine.hbm('w') },
        dst: machine.on('e', { partitions: 64, dims: [[0, 64]] }),
      }),
    ],
    ['src_index must be uint32, received int32.', of([16, 4], {}, {}, index(16, 1, 'int32'))],
    [
      'src_index must have 16 to 128 partitions, a multiple of 16, received 24.',
      of([16, 4], {}, {}, index(24)),
    ],
    [
      'src_index must have 1 element or at least one for each of the 32 steps of src’s outermost dimension, received 16.',
      of([32, 4], {}, {}, index(16)),
    ],
    [
      'src_index of several columns must have 128 partitions, received 64.',
      of([16, 4], {}, {}, index(64, 2)),
    ],
    ['with an index src’s first dimension is a multiple of 16, received 8.', of([8, 4], {}, {}, index(16))],
    [
      'with an index one of src’s middle dimensions is 1, received 2 and 3.',
      of([16, 2, 3, 4], {}, {}, index(16)),
    ],
    ['oob_mode skip takes an index.', of([16, 16], { oob_mode: 'skip' })],
    ['src_index and its stride go together, received the stride alone.', of([16, 16], { src_stride: 4 })],
  ])('%s', (message, instruction, chip) => {
    expect(machine.problem(instruction, chip)).toContain(message);
  });
});
