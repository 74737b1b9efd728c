/** What MX instructions take, and that no other instruction computes with packed formats. */
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import { instructionProblem } from '../../src/isa';
import { kernel, trace, type Nc } from '../../src/kernel';
import { PACKED_DTYPES, type Dtype } from '../../src/numerics';
import { instructionsOf, OPCODES } from '../../src/program';
import type { ChipPattern, Instruction, Opcode, Pattern } from '../../src/program';
import { CALLS, callUntyped } from '../kernel/calls';
import { withPatterns } from '../verify/edit';
import { testMachine } from './machine';

describe('nc_matmul_mx and quantize_mx are legal where their rules say so', () => {
  const machine = testMachine({
    s: { dtype: 'float8_e4m3fn_x4', partitions: 128, elements: 256 },
    h: { dtype: 'float4_e2m1fn_x4', partitions: 128, elements: 256 },
    x: { dtype: 'bfloat16', partitions: 128, elements: 256 },
    c: { dtype: 'float8_e8m0fnu', partitions: 128, elements: 256 },
    d: { dtype: 'float32', space: 'psum', partitions: 128, elements: 4096 },
    p: { dtype: 'float8_e4m3fn_x4', space: 'psum', partitions: 32, elements: 8 },
  });
  const on = (name: string, partitions: number, count: number, more: Partial<ChipPattern> = {}) => ({
    ...machine.on(name, { partitions, dims: [[name === 'd' ? 1 : 0, count]] }),
    ...more,
  });
  type Matmul = Instruction<'nc_matmul_mx'>;
  const matmul = (partitions: number, m: number, n: number, rows = partitions - 28): Matmul => ({
    opcode: 'nc_matmul_mx',
    id: 'i',
    engine: 'tensor',
    dst: on('d', m, n),
    sources: {
      stationary: on('s', partitions, m),
      moving: on('h', partitions, n),
      stationary_scale: on('c', rows, m),
      moving_scale: on('c', rows, n),
    },
    attributes: { accumulate: false },
  });
  const base = matmul(32, 16, 8);
  const sources = (change: Partial<Matmul['sources']>, of: Matmul = base): Matmul => ({
    ...of,
    sources: { ...of.sources, ...change },
  });
  const tiled = (of: Matmul, position: [number, number], size: [number, number]): Matmul => ({
    ...of,
    attributes: { accumulate: false, tile_position: position, tile_size: size },
  });
  type Quantize = Instruction<'quantize_mx'>;
  const quantize = (partitions: number, width: number): Quantize => ({
    opcode: 'quantize_mx',
    id: 'i',
    engine: 'vector',
    dst: on('s', partitions, width / 4),
    results: { dst_scale: on('c', partitions - 28, width / 4) },
    sources: { src: on('x', partitions, width) },
    attributes: {},
  });
  const scaled = (dst_scale: ChipPattern, of = quantize(64, 16)): Quantize => ({
    ...of,
    results: { dst_scale },
  });

  test.each<readonly [string, Instruction]>([
    ['32 partitions, scales of 4', base],
    ['128 partitions, scales down to the last row', matmul(128, 128, 512)],
    ['96 partitions, a whole scale tile', matmul(96, 2, 1, 96)],
    ['4096 columns into float32', matmul(64, 2, 4096)],
    ['8192 columns into bfloat16', { ...matmul(64, 2, 8192), dst: on('d', 2, 8192, { dtype: 'bfloat16' }) }],
    ['scales of uint8', sources({ stationary_scale: on('c', 4, 16, { dtype: 'uint8' }) })],
    ['scales from row 12 of quadrant 3', sources({ moving_scale: on('c', 4, 8, { partition: 108 }) })],
    [
      'scales of the rest of a tile',
      sources({ moving_scale: on('c', 124, 8, { partition: 4 }) }, matmul(128, 16, 8)),
    ],
    [
      'a row tile, scales of another quadrant',
      tiled(
        sources({
          stationary: on('s', 32, 16, { partition: 64 }),
          moving: on('h', 32, 8, { partition: 64 }),
        }),
        [64, 0],
        [32, 128],
      ),
    ],
    ['quantize of 32', quantize(32, 4)],
    ['quantize of 128 to a whole tile', scaled(on('c', 128, 64), quantize(128, 256))],
  ])('%s', (_, instruction) => {
    expect(machine.problem(instruction, 'trn3')).toBeUndefined();
    expect(machine.problem(instruction, 'trn2')).toBe('it exists on trn3, received trn2.');
  });

  test.each<readonly [string, Instruction]>([
    ['stationary must be in sbuf, received psum.', sources({ stationary: on('p', 32, 16) })],
    ['dst must be in psum, received sbuf.', { ...base, dst: on('x', 16, 8) }],
    ['stationary must be packed', sources({ stationary: on('x', 32, 16) })],
    ['moving must be packed', sources({ moving: on('c', 32, 8) })],
    ['dst must be float32 or bfloat16 in PSUM, received float16', { ...base, dst: on('d', 16, 8, { dtype: 'float16' }) }],
    ['equal partitions, received 32 and 64', sources({ moving: on('h', 64, 8) })],
    ['stationary must have 32, 64, 96 or 128 partitions, received 16', matmul(16, 16, 8, 4)],
    ['an even number of columns, received 3', matmul(32, 3, 8)],
    ['at most 128 stationary columns, received 130', { ...matmul(32, 130, 8), dst: on('d', 128, 8) }],
    ['at most 4096 moving columns on trn3, received 4097', matmul(32, 2, 4097)],
    ['at most 8192 moving columns', { ...matmul(32, 2, 8193), dst: on('d', 2, 8193, { dtype: 'bfloat16' }) }],
    ['dst must be 16 partitions (stationary columns) x 8', { ...base, dst: on('d', 16, 9) }],
    ['stationary_scale must be in sbuf', sources({ stationary_scale: on('d', 4, 16) })],
    ['moving_scale must be float8_e8m0fnu or uint8, received int8', sources({ moving_scale: on('c', 4, 8, { dtype: 'int8' }) })],
    ['stationary_scale must be 4 partitions x 16, received 32 x 16', sources({ stationary_scale: on('c', 32, 16) })],
    ['moving_scale must be 4 partitions x 8, received 4 x 9', sources({ moving_scale: on('c', 4, 9) })],
    ['moving_scale must be 36 to 64 partitions x 8, received 35 x 8', sources({ moving_scale: on('c', 35, 8) }, matmul(64, 16, 8))],
    ['moving_scale must be 36 to 64 partitions x 8, received 65 x 8', sources({ moving_scale: on('c', 65, 8) }, matmul(64, 16, 8))],
    ['must start at row 0, 4, 8 or 12 of a quadrant', sources({ moving_scale: on('c', 4, 8, { partition: 2 }) })],
    ['must start at row 0, 4, 8 or 12 of a quadrant', sources({ moving_scale: on('c', 4, 8, { partition: 16 }) })],
    ['end within 128 partitions, received partitions 96..131', sources({ moving_scale: on('c', 36, 8, { partition: 96 }) }, matmul(64, 16, 8))],
    ['only rows are tiled, all 128 columns are used, received 64', tiled(base, [0, 0], [32, 64])],
    ['stationary must lie in partitions 32..63', tiled(base, [32, 0], [32, 128])],
    ['tile_position and tile_size go together', { ...base, attributes: { accumulate: false, tile_size: [32, 128] } }],
    ['it is issued to vector, received gpsimd', { ...quantize(32, 4), engine: 'gpsimd' }],
    ['src must be float16 or bfloat16, received float32', { ...quantize(32, 4), sources: { src: on('x', 32, 4, { dtype: 'float32' }) } }],
    ['dst must be float8_e5m2_x4 or float8_e4m3fn_x4, received float4_e2m1fn_x4', { ...quantize(32, 4), dst: on('h', 32, 1) }],
    ['dst must be float8_e5m2_x4 or float8_e4m3fn_x4, received bfloat16', { ...quantize(32, 4), dst: on('x', 32, 1) }],
    ['src must have 32, 64, 96 or 128 partitions, received 48', { ...quantize(48, 4), results: { dst_scale: on('c', 4, 1) } }],
    ['src must have a multiple of 4 elements, received 6', { ...quantize(32, 4), sources: { src: on('x', 32, 6) } }],
    ['dst must be 32 x 2, a code for 4 elements of src, received 32 x 1', { ...quantize(32, 4), sources: { src: on('x', 32, 8) } }],
    ['src must be in sbuf', { ...quantize(32, 4), sources: { src: on('d', 32, 4, { dtype: 'bfloat16' }) } }],
    ['dst must be in sbuf', { ...quantize(32, 4), dst: on('p', 32, 1) }],
    ['dst_scale must be in sbuf', scaled(on('d', 36, 4))],
    ['dst_scale must be 36 to 64 partitions x 4, received 36 x 3', scaled(on('c', 36, 3))],
  ])('%s', (message, instruction) => {
    expect(machine.problem(instruction, 'trn3')).toContain(message);
  }); // prettier-ignore
});

describe('every other instruction refuses packed operands', () => {
  const called = (opcode: Opcode): Instruction => {
    const call = (nc: Nc) => {
      const [dst, options] = CALLS[opcode](nc);
      callUntyped(nc, opcode, dst, options);
    };
    const { program } = trace(kernel('one', [], call), { chip: 'trn3', inputs: {} });
    const found = [...instructionsOf(program.instructions)].find((each) => each.opcode === opcode);
    if (found === undefined) throw new Error(`no ${opcode}`);
    return found.opcode === 'memset' ? { ...found, attributes: { code: 0 } } : found;
  };
  /** Operands that may be packed by themselves. */
  const MAY_BE: Readonly<Partial<Record<Opcode, readonly string[]>>> = {
    nc_matmul_mx: ['stationary', 'moving'],
    quantize_mx: ['dst'],
    memset: ['dst'],
  };
  /** Instructions that move codes of one format. */
  const MOVES: readonly Opcode[] = ['dma_copy', 'dma_transpose', 'memset'];
  const problem = (instruction: Instruction) => instructionProblem(instruction, CHIPS.trn3);

  test.each(OPCODES)('%s', (opcode) => {
    const instruction = called(opcode);
    expect(problem(instruction)).toBeUndefined();
    const names: string[] = [];
    withPatterns(instruction, (pattern, operand) => {
      names.push(operand);
      return pattern;
    });
    for (const dtype of PACKED_DTYPES) {
      const packed = (pattern: Pattern): Pattern => ({ ...pattern, dtype: dtype as Dtype });
      for (const name of names) {
        const one = withPatterns(instruction, (pattern, operand) =>
          operand === name ? packed(pattern) : pattern,
        );
        const four = dtype === 'float4_e2m1fn_x4' && opcode === 'quantize_mx';
        if (MAY_BE[opcode]?.includes(name) === true && !four)
          expect([name, problem(one)]).toEqual([name, undefined]);
        else expect([name, problem(one)]).toEqual([name, expect.any(String)]);
      }
      const all = problem(withPatterns(instruction, packed));
      if (MOVES.includes(opcode) || names.length === 0) expect(all).toBeUndefined();
      else expect(all).toEqual(expect.any(String));
    }
  });

  test('memset of a packed format writes 0 alone', () => {
    const instruction = called('memset');
    if (instruction.opcode !== 'memset') throw new Error('no memset');
    const dst = { ...instruction.dst, dtype: 'float8_e4m3fn_x4' } as const;
    expect(problem({ ...instruction, dst, attributes: { code: 0 } })).toBeUndefined();
    expect(problem({ ...instruction, dst, attributes: { code: 1 } })).toBe(
      'float8_e4m3fn_x4 is packed: memset writes code 0 alone, received 1.',
    );
  });
});
