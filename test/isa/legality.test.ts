import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import type { ChipName } from '../../src/chip';
import { instructionProblem, ISA, programProblem } from '../../src/isa';
import { planMatmul, planToProgram } from '../../src/lower';
import type { ChipPattern, HbmPattern, Instruction } from '../../src/program';

const sbuf: ChipPattern = {
  space: 'sbuf',
  tensor: 's',
  dtype: 'bfloat16',
  partition: 0,
  partitions: 64,
  offset: 0,
  dims: [[1, 32]],
};
const psum: ChipPattern = { ...sbuf, space: 'psum', dtype: 'float32', partitions: 32, dims: [[1, 16]] };
const dram: HbmPattern = { space: 'hbm', tensor: 'h', dtype: 'bfloat16', offset: 0, dims: [[1, 2048]] };

const matmul: Instruction<'nc_matmul'> = {
  opcode: 'nc_matmul',
  id: 'x',
  engine: 'tensor',
  dst: psum,
  sources: { stationary: sbuf, moving: { ...sbuf, dims: [[1, 16]] } },
  attributes: { accumulate: false, performance: 'none' },
};
const { stationary, moving } = matmul.sources;
const fp8: ChipPattern = { ...sbuf, dtype: 'float8_e4m3' };
const copy: Instruction<'tensor_copy'> = {
  opcode: 'tensor_copy',
  id: 'x',
  engine: 'vector',
  dst: sbuf,
  sources: { src: sbuf },
  attributes: {},
};
const add: Instruction<'tensor_tensor'> = {
  opcode: 'tensor_tensor',
  id: 'x',
  engine: 'vector',
  dst: sbuf,
  sources: { data1: sbuf, data2: sbuf },
  attributes: { op: 'add' },
};
const load: Instruction<'dma_copy'> = {
  opcode: 'dma_copy',
  id: 'x',
  engine: 'dma',
  dst: sbuf,
  sources: { src: dram },
  attributes: {},
};
const fill: Instruction<'memset'> = {
  opcode: 'memset',
  id: 'x',
  engine: 'vector',
  dst: sbuf,
  sources: {},
  attributes: { code: 0 },
};

test('the plain ones are legal on every chip', () => {
  for (const chip of Object.values(CHIPS)) {
    for (const instruction of [matmul, copy, add, load, fill]) {
      expect(instructionProblem(instruction, chip)).toBeUndefined();
    }
  }
});

test('double_row is legal where the chip and both formats have it', () => {
  const dims = [[32, 2], [1, 32]] as const; // prettier-ignore
  const doubled: Instruction = {
    ...matmul,
    sources: { stationary: { ...fp8, dims }, moving: { ...fp8, dims } },
    dst: { ...psum, dims: [[1, 32]] },
    attributes: { accumulate: true, performance: 'double_row' },
  };
  expect(instructionProblem(doubled, CHIPS.trn2)).toBeUndefined();
  expect(instructionProblem(doubled, CHIPS.trn1)).toBe(
    'trn1 has no double-row passes: they need trn2 or trn3.',
  );
});

describe('refused', () => {
  test.each<[string, Instruction, ChipName]>([
    ['it is issued to tensor, received vector.', { ...matmul, engine: 'vector' }, 'trn2'],
    [
      'stochastic rounding takes seed, element and pitch, received seed.',
      { ...copy, attributes: { rounding: 'stochastic', seed: 1 } },
      'trn2',
    ],
    [
      'only stochastic rounding takes seed, element and pitch, received element, pitch.',
      { ...add, attributes: { op: 'add', rounding: 'toward-zero', element: 0, pitch: 1 } },
      'trn2',
    ],
    ['it is issued to vector, gpsimd, received scalar.', { ...add, engine: 'scalar' }, 'trn2'],
    [
      'moving must be in sbuf, received psum.',
      { ...matmul, sources: { stationary, moving: { ...moving, space: 'psum' } } },
      'trn2',
    ],
    ['dst must be in psum, received sbuf.', { ...matmul, dst: sbuf }, 'trn2'],
    [
      'dst must be float32 in PSUM, received bfloat16.',
      { ...matmul, dst: { ...psum, dtype: 'bfloat16' } },
      'trn2',
    ],
    [
      'stationary: 64 partitions must start at partition 0 or 64, received 32.',
      { ...matmul, sources: { stationary: { ...stationary, partition: 32 }, moving } },
      'trn2',
    ],
    [
      'moving: 1 to 128 partitions required, received 129.',
      { ...matmul, sources: { stationary, moving: { ...moving, partitions: 129 } } },
      'trn2',
    ],
    [
      'stationary and moving must have equal partitions, received 32 and 64.',
      { ...matmul, sources: { stationary: { ...stationary, partitions: 32 }, moving } },
      'trn2',
    ],
    [
      'at most 128 stationary columns, received 129.',
      { ...matmul, sources: { stationary: { ...stationary, dims: [[1, 129]] }, moving } },
      'trn2',
    ],
    [
      'at most 512 moving columns on trn1, received 513.',
      { ...matmul, sources: { stationary, moving: { ...moving, dims: [[1, 513]] } } },
      'trn1',
    ],
    [
      'dst must be 32 partitions (stationary columns) x 16 (moving columns), received 32 x 17.',
      { ...matmul, dst: { ...psum, dims: [[1, 17]] } },
      'trn2',
    ],
    [
      'float32 and tfloat32 multiply only',
      { ...matmul, sources: { stationary, moving: { ...moving, dtype: 'float32' } } },
      'trn2',
    ],
    [
      'double_row: stationary must have an outer free dimension of 2, received 32.',
      {
        ...matmul,
        sources: { stationary: fp8, moving: fp8 },
        attributes: { accumulate: false, performance: 'double_row' },
      },
      'trn2',
    ],
    [
      'Double-row passes on trn2 need both operands',
      { ...matmul, attributes: { accumulate: false, performance: 'double_row' } },
      'trn2',
    ],
    ['trn1 has no tensor_copy on scalar: use vector.', { ...copy, engine: 'scalar' }, 'trn1'],
    ['src: gpsimd does not reach PSUM.', { ...copy, engine: 'gpsimd', sources: { src: psum } }, 'trn2'],
    [
      'operands must have equal partitions x elements, received dst 64 x 32, src 32 x 16.',
      { ...copy, sources: { src: psum } },
      'trn2',
    ],
    ['dst: trn2 has no float8_e4m3fn', { ...copy, dst: { ...sbuf, dtype: 'float8_e4m3fn' } }, 'trn2'],
    [
      'src: at most 4 free dimensions, received 5.',
      {
        ...copy,
        sources: {
          src: {
            ...sbuf,
            dims: [
              [1, 2],
              [1, 2],
              [1, 2],
              [1, 2],
              [1, 2],
            ],
          },
        },
      },
      'trn2',
    ],
    [
      'src: a stride is -32768 to 32767 elements, received 32768.',
      { ...copy, sources: { src: { ...sbuf, dims: [[32768, 32]] } } },
      'trn2',
    ],
    [
      'src: a dimension has 1 to 65535 elements, received 65536.',
      { ...copy, sources: { src: { ...sbuf, dims: [[0, 65536]] } } },
      'trn2',
    ],
    [
      'data1 and data2 must not both be in PSUM',
      { ...add, sources: { data1: psum, data2: psum }, dst: psum },
      'trn2',
    ],
    ['dst must be in hbm or sbuf, received psum.', { ...load, dst: psum }, 'trn2'],
    [
      'dst and src must have equal element counts, received 2048 and 7.',
      { ...load, sources: { src: { ...dram, dims: [[1, 7]] } } },
      'trn2',
    ],
    [
      'dst: partitions 0..127 exist, received 100..163.',
      { ...load, dst: { ...sbuf, partition: 100 } },
      'trn2',
    ],
    ['bfloat16 has codes 0 to 65535, received 65536.', { ...fill, attributes: { code: 65536 } }, 'trn2'],
  ])('%s', (message, instruction, chip) => {
    expect(instructionProblem(instruction, CHIPS[chip])).toContain(message);
  });
});

test('a Program names the instruction and operand that leave their tensor', () => {
  const program = planToProgram(planMatmul({ m: 2, n: 3, k: 4, a: 'bfloat16', b: 'bfloat16' }));
  const tensors = program.tensors.map((tensor) =>
    tensor.name === 'psum0' ? { ...tensor, elements: 2 } : tensor,
  );
  expect(programProblem({ ...program, tensors })).toBe(
    'nc_matmul m0.n0.p0.t0.0, operand dst: tensor "psum0" has 2 elements of float32, received elements 0..2.',
  );
  expect(programProblem({ ...program, chip: 'trn3' })).toBeUndefined();
});

test('every entry says what it costs and where it runs', () => {
  for (const { cost, engines } of Object.values(ISA)) {
    expect(cost.words).toMatch(/[^.]$/);
    expect(engines.length).toBeGreaterThan(0);
  }
});
