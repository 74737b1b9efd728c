/** What changes the rate of an engine: performance modes of Vector and Scalar, and formats and modes of the Tensor engine. */
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, CHIPS, type ChipName } from '../../src/chip';
import { instructionProblem, workOf } from '../../src/isa';
import type { Dtype } from '../../src/numerics';
import type { ChipPattern, Instruction } from '../../src/program';
import {
  bf16,
  copy,
  cyclesOf,
  f32,
  matmul,
  matmulMx,
  onEachChip,
  pair,
  psum,
  sbuf,
  scale,
  transpose,
} from './cost-instructions';

describe('performance modes of a copy', () => {
  const strided = (dtype: Dtype, width: number) => sbuf(dtype, width, { dims: [[2, width]] });
  const rows = (dtype: Dtype, width: number) =>
    sbuf(dtype, width, {
      dims: [
        [100, 8],
        [1, width / 8],
      ],
    });
  const single = (dtype: Dtype, width: number) =>
    sbuf(dtype, width, {
      dims: [
        [1, width],
        [7, 1],
      ],
    });

  /** Elements at once on Vector of each chip, and on Scalar of trn3. */
  const MODES: Readonly<
    Record<string, readonly [ChipPattern, ChipPattern, readonly [number, number, number, number]]>
  > = {
    'float32: none': [f32(64), f32(64), [1, 1, 1, 1]],
    'bfloat16 to bfloat16, contiguous in SBUF': [bf16(64), bf16(64), [1, 4, 4, 2]],
    'bfloat16 to float16': [sbuf('float16', 64), bf16(64), [1, 4, 4, 2]],
    'bfloat16 to float32: none': [f32(64), bf16(64), [1, 1, 1, 1]],
    'int16: none': [sbuf('int16', 64), sbuf('int16', 64), [1, 1, 1, 1]],
    'rows that are contiguous': [rows('bfloat16', 64), bf16(64), [1, 4, 4, 2]],
    'an innermost dimension of one element does not count': [single('bfloat16', 64), bf16(64), [1, 4, 4, 2]],
    'dst in steps of 2': [strided('bfloat16', 64), bf16(64), [1, 2, 2, 2]],
    'src in steps of 2': [bf16(64), strided('bfloat16', 64), [1, 2, 2, 2]],
    'from PSUM': [bf16(64), psum('bfloat16', 64), [1, 2, 2, 2]],
    'to PSUM': [psum('bfloat16', 64), bf16(64), [1, 2, 2, 2]],
    'from PSUM in steps of 2: none': [strided('bfloat16', 64), psum('bfloat16', 64), [1, 1, 1, 1]],
    'within PSUM: none': [psum('bfloat16', 64), psum('bfloat16', 64), [1, 1, 1, 1]],
    'fp8: on trn3': [sbuf('float8_e5m2', 64), sbuf('float8_e4m3', 64), [1, 1, 4, 2]],
    'fp8 to bfloat16: on trn3': [bf16(64), sbuf('float8_e4m3', 64), [1, 1, 4, 2]],
  };

  test.each(Object.entries(MODES))('%s', (_, [dst, src, expected]) => {
    const engines = [...CHIP_NAMES.map((chip) => [chip, 'vector'] as const), ['trn3', 'scalar'] as const];
    for (const make of [copy, scale]) {
      const made = engines.map(([chip, engine]) => {
        const instruction = make(dst, src, engine);
        expect(instructionProblem(instruction, CHIPS[chip])).toBeUndefined();
        return workOf(instruction, CHIPS[chip]);
      });
      expect(made).toEqual(
        expected.map((mode) => ({ unit: 'datapath', cycles: 64 / mode, ...(mode > 1 && { mode }) })),
      );
    }
  });

  test('none on GpSimd, nor with an index where elements would have to be contiguous', () => {
    expect(workOf(copy(bf16(64), bf16(64), 'gpsimd'), CHIPS.trn3)).toEqual({ unit: 'datapath', cycles: 214 });
    const index = sbuf('uint16', 4);
    const chosen = sbuf('bfloat16', 64, { dims: [[0, 64]], index });
    expect(workOf(copy(bf16(64), chosen), CHIPS.trn3)).toEqual({ unit: 'datapath', cycles: 32, mode: 2 });
  });

  test('an address that is known only while the Program runs costs 600 cycles at least', () => {
    const moved = bf16(64);
    const at = (width: number) => copy(bf16(width), { ...moved, dims: [[1, width]], registers: [['r', 1]] });
    expect(cyclesOf(at(64), 'trn2')).toBe(600);
    expect(cyclesOf(at(1000), 'trn2')).toBe(1000);
  });

  test('rounds up', () => {
    expect(cyclesOf(copy(bf16(65), bf16(65)), 'trn2')).toBe(17);
  });
});

describe('the mode of tensor_tensor', () => {
  const modeOf = (chip: ChipName, ...tiles: readonly [ChipPattern, ChipPattern, ChipPattern]) => {
    const work = workOf(pair(...tiles), CHIPS[chip]);
    return work.unit === 'datapath' ? work.mode : NaN;
  };

  test('asks for both inputs in SBUF and for formats of the mode', () => {
    expect(modeOf('trn1', bf16(64), bf16(64), bf16(64))).toBeUndefined();
    expect(modeOf('trn2', bf16(64), bf16(64), bf16(64))).toBe(2);
    expect(modeOf('trn2', psum('bfloat16', 64), bf16(64), sbuf('float16', 64))).toBe(2);
    expect(modeOf('trn2', bf16(64), psum('bfloat16', 64), bf16(64))).toBeUndefined();
    expect(modeOf('trn2', f32(64), bf16(64), bf16(64))).toBeUndefined();
    const fp8 = sbuf('float8_e5m2', 64);
    expect([modeOf('trn2', bf16(64), fp8, bf16(64)), modeOf('trn3', bf16(64), fp8, bf16(64))]).toEqual([
      undefined,
      2,
    ]);
  });

  test('elements in steps cost the two reads of a pair', () => {
    const strided = sbuf('bfloat16', 64, { dims: [[2, 64]] });
    expect(onEachChip(pair(bf16(64), strided, bf16(64)))).toEqual([128, 64, 64]);
  });
});

describe('the array', () => {
  const workOn = (chip: ChipName, instruction: Instruction) => {
    expect(instructionProblem(instruction, CHIPS[chip])).toBeUndefined();
    return workOf(instruction, CHIPS[chip]);
  };

  test('loads the stationary columns, multiplies the moving ones, and counts what it multiplies', () => {
    expect(workOn('trn2', matmul('bfloat16', [100, 60, 500]))).toEqual({
      unit: 'array',
      load: 60,
      multiply: 500,
      flops: 2 * 100 * 60 * 500,
      passes: 1,
    });
  });

  test('takes as long as min(64, M) columns at least', () => {
    expect(workOn('trn2', matmul('bfloat16', [128, 128, 1]))).toMatchObject({ load: 128, multiply: 64 });
    expect(workOn('trn2', matmul('bfloat16', [128, 16, 1]))).toMatchObject({ load: 16, multiply: 16 });
    expect(workOn('trn2', matmul('float32', [128, 128, 1]))).toMatchObject({ load: 512, multiply: 256 });
  });

  test('counts both rows of double_row, and the four of packed elements', () => {
    const double = matmul('float8_e4m3', [128, 128, 512], { performance: 'double_row' });
    expect(workOn('trn2', double)).toMatchObject({ load: 128, multiply: 512, flops: 4 * 128 * 128 * 512 });
    expect(workOn('trn3', matmulMx([128, 128, 512]))).toMatchObject({
      load: 128,
      multiply: 512,
      flops: 8 * 128 * 128 * 512,
    });
  });

  test.each([
    [{}, 4, 4],
    [{ stationary_onezero: true }, 2, 2],
    [{ moving_onezero: true }, 2, 2],
    [{ stationary_onezero: true, moving_onezero: true }, 1, 1],
    [{ transpose: true }, 4, 2],
    [{ transpose: true, moving_onezero: true }, 2, 2],
  ])('takes float32 with %j so many times: %d on trn1, %d on trn2', (attributes, trn1, trn2) => {
    const instruction = matmul('float32', [128, 128, 128], attributes);
    expect(workOn('trn1', instruction)).toMatchObject({ load: 128 * trn1, multiply: 128 * trn1 });
    expect(workOn('trn2', instruction)).toMatchObject({ load: 128 * trn2, multiply: 128 * trn2 });
  });

  test('takes one float32 operand as it takes two, and tfloat32 once', () => {
    const wide = matmul('float32', [128, 128, 128], { moving_onezero: true });
    const { moving } = matmul('tfloat32', [128, 128, 128]).sources;
    const mixed = { ...wide, sources: { ...wide.sources, moving } };
    expect(workOn('trn1', mixed)).toMatchObject({ multiply: 512 });
  });

  test('hints say nothing of other formats', () => {
    const instruction = matmul('bfloat16', [128, 128, 128], { moving_onezero: true });
    expect(workOn('trn1', instruction)).toMatchObject({ multiply: 128 });
  });

  test('reaches the peak of each chip', () => {
    for (const chip of CHIP_NAMES) {
      const { clocks, peakTflops } = CHIPS[chip];
      const rateOf = (instruction: Instruction) => {
        const work = workOn(chip, instruction);
        return work.unit === 'array' ? (work.flops / work.multiply) * clocks.tensor * 1e-3 : NaN;
      };
      // The guides round to whole TFLOP/s.
      expect(Math.round(rateOf(matmul('bfloat16', [128, 128, 512])))).toBe(peakTflops.bits16);
      expect(Math.round(rateOf(matmul('float32', [128, 128, 512])))).toBe(peakTflops.float32);
    }
  });

  test('transposes on Tensor in max(P, min(64, F)) cycles, and on Vector in those of its elements', () => {
    const made = (dtype: Dtype, rows: number, columns: number) =>
      CHIP_NAMES.map((chip) => cyclesOf(transpose(dtype, 'tensor', rows, columns), chip));
    expect(made('bfloat16', 128, 128)).toEqual([128, 128, 128]);
    expect(made('bfloat16', 32, 128)).toEqual([64, 64, 64]);
    expect(made('bfloat16', 32, 16)).toEqual([32, 32, 32]);
    expect(made('float32', 128, 128)).toEqual([512, 256, 256]);
    expect(made('tfloat32', 128, 128)).toEqual([128, 128, 128]);
    expect(onEachChip(transpose('float32', 'vector', 32, 20))).toEqual([20, 20, 20]);
  });
});
