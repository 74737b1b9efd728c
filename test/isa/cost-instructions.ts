/** Instructions whose cost tests ask for: legal where their chip has them, on [128, N] tiles unless said otherwise. */
import { CHIP_NAMES, CHIPS, type ChipName } from '../../src/chip';
import { instructionProblem, workOf } from '../../src/isa';
import type { Dtype } from '../../src/numerics';
import type { ACTIVATION_OPS, ChipPattern, Dim, Instruction } from '../../src/program';

/** [128, width] in SBUF. */
export const sbuf = (dtype: Dtype, width: number, more: Partial<ChipPattern> = {}): ChipPattern => ({
  space: 'sbuf',
  tensor: 't',
  partition: 0,
  partitions: 128,
  offset: 0,
  dims: [[1, width]],
  dtype,
  ...more,
});
export const psum = (dtype: Dtype, width: number, more: Partial<ChipPattern> = {}): ChipPattern =>
  sbuf(dtype, width, { space: 'psum', ...more });
export const hbm = (dtype: Dtype, dims: readonly Dim[]) =>
  ({ space: 'hbm', tensor: 'h', offset: 0, dims, dtype }) as const;

export const copy = (
  dst: ChipPattern,
  src: ChipPattern,
  engine: 'vector' | 'scalar' | 'gpsimd' = 'vector',
): Instruction<'tensor_copy'> => ({
  opcode: 'tensor_copy',
  id: 'i',
  engine,
  dst,
  sources: { src },
  attributes: {},
});

export const scale = (
  dst: ChipPattern,
  data: ChipPattern,
  engine: 'vector' | 'scalar' = 'vector',
): Instruction<'tensor_scalar'> => ({
  opcode: 'tensor_scalar',
  id: 'i',
  engine,
  dst,
  sources: { data },
  attributes: { op0: 'multiply', operand0: 2 },
});

export const pair = (
  dst: ChipPattern,
  data1: ChipPattern,
  data2: ChipPattern,
  op: 'add' | 'maximum' = 'add',
  engine: 'vector' | 'gpsimd' = 'vector',
): Instruction<'tensor_tensor'> => ({
  opcode: 'tensor_tensor',
  id: 'i',
  engine,
  dst,
  sources: { data1, data2 },
  attributes: { op },
});

export const activate = (
  op: (typeof ACTIVATION_OPS)[number],
  width: number,
  results?: { readonly reduce_res: ChipPattern },
): Instruction<'activation'> => ({
  opcode: 'activation',
  id: 'i',
  engine: 'scalar',
  dst: sbuf('float32', width),
  ...(results && { results }),
  sources: { data: sbuf('float32', width) },
  attributes: { op },
});

export const matmul = (
  dtype: Dtype,
  [rows, columns, moving]: readonly [number, number, number],
  attributes: Partial<Instruction<'nc_matmul'>['attributes']> = {},
): Instruction<'nc_matmul'> => {
  const lanes: readonly Dim[] = attributes.performance === 'double_row' ? [[columns, 2]] : [];
  const movingLanes: readonly Dim[] = attributes.performance === 'double_row' ? [[moving, 2]] : [];
  return {
    opcode: 'nc_matmul',
    id: 'i',
    engine: 'tensor',
    dst: psum('float32', moving, { partitions: columns }),
    sources: {
      stationary: sbuf(dtype, 0, { partitions: rows, dims: [...lanes, [1, columns]] }),
      moving: sbuf(dtype, 0, { partitions: rows, dims: [...movingLanes, [1, moving]] }),
    },
    attributes: { accumulate: false, performance: 'none', ...attributes },
  };
};

export const transpose = (dtype: Dtype, engine: 'tensor' | 'vector', rows: number, columns: number) =>
  ({
    opcode: 'nc_transpose',
    id: 'i',
    engine,
    dst: (engine === 'tensor' ? psum : sbuf)(dtype, rows, { partitions: columns }),
    sources: { data: sbuf(dtype, columns, { partitions: rows }) },
    attributes: {},
  }) as const satisfies Instruction<'nc_transpose'>;

export const vector = { id: 'i', engine: 'vector' } as const;
export const gpsimd = { id: 'i', engine: 'gpsimd' } as const;
export const f32 = (width: number) => sbuf('float32', width);
export const bf16 = (width: number) => sbuf('bfloat16', width);
export const column = f32(1);

export const scaledPair = (width: number, op0: 'add' | 'subtract'): Instruction<'scalar_tensor_tensor'> => ({
  ...vector,
  opcode: 'scalar_tensor_tensor',
  dst: bf16(width),
  sources: { data: bf16(width), operand1: bf16(width) },
  attributes: { op0, operand0: 1, op1: 'multiply' },
});

export const reduce = (dst: ChipPattern, data: ChipPattern): Instruction<'tensor_reduce'> => ({
  ...vector,
  opcode: 'tensor_reduce',
  dst,
  sources: { data },
  attributes: { op: 'add', axes: 1 },
});

export const predicated = (width: number, src: ChipPattern): Instruction<'tensor_copy_predicated'> => ({
  ...vector,
  opcode: 'tensor_copy_predicated',
  dst: f32(width),
  sources: { src, predicate: sbuf('uint8', width) },
  attributes: {},
});

export const memset = (dst: ChipPattern, code: number): Instruction<'memset'> => ({
  ...vector,
  opcode: 'memset',
  dst,
  sources: {},
  attributes: { code },
});

/** `count` indices of each core, of `each` elements. */
export const gather = (dtype: Dtype, count: number, each: number): Instruction<'local_gather'> => ({
  ...gpsimd,
  opcode: 'local_gather',
  dst: sbuf(dtype, count * each),
  sources: { src_buffer: sbuf(dtype, 64), index: sbuf('uint16', Math.ceil(count / 16)) },
  attributes: { num_elem_per_idx: each, num_valid_indices: count },
});

export const matmulMx = ([rows, columns, moving]: readonly [
  number,
  number,
  number,
]): Instruction<'nc_matmul_mx'> => ({
  opcode: 'nc_matmul_mx',
  id: 'i',
  engine: 'tensor',
  dst: psum('float32', moving, { partitions: columns }),
  sources: {
    stationary: sbuf('float8_e4m3fn_x4', columns, { partitions: rows }),
    moving: sbuf('float8_e4m3fn_x4', moving, { partitions: rows }),
    stationary_scale: sbuf('float8_e8m0fnu', columns, { partitions: rows }),
    moving_scale: sbuf('float8_e8m0fnu', moving, { partitions: rows }),
  },
  attributes: { accumulate: false },
});

export const quantize = (width: number): Instruction<'quantize_mx'> => ({
  ...vector,
  opcode: 'quantize_mx',
  dst: sbuf('float8_e4m3fn_x4', width / 4),
  results: { dst_scale: sbuf('uint8', width / 4) },
  sources: { src: bf16(width) },
  attributes: {},
});

/** Of a datapath its cycles, of the array those of multiplying. */
export function cyclesOf(instruction: Instruction, chip: ChipName): number {
  const work = workOf(instruction, CHIPS[chip]);
  if (work.unit === 'datapath') return work.cycles;
  if (work.unit === 'array') return work.multiply;
  throw new Error(`${instruction.opcode} takes no cycles`);
}

export const isLegal = (instruction: Instruction, chip: ChipName) =>
  instructionProblem(instruction, CHIPS[chip]) === undefined;

export const onEachChip = (instruction: Instruction) =>
  CHIP_NAMES.map((chip) => (isLegal(instruction, chip) ? cyclesOf(instruction, chip) : null));
