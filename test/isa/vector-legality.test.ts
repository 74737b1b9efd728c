import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, CHIPS } from '../../src/chip';
import type { ChipName } from '../../src/chip';
import { instructionProblem } from '../../src/isa';
import type { Dtype } from '../../src/numerics';
import type { ChipPattern, Instruction } from '../../src/program';

/** 64 partitions of 32 elements in SBUF. */
function sbuf(dtype: Dtype, elements = 32, partitions = 64): ChipPattern {
  return { space: 'sbuf', tensor: 's', dtype, partition: 0, partitions, offset: 0, dims: [[1, elements]] };
}
const psum: ChipPattern = { ...sbuf('float32'), space: 'psum', tensor: 'p' };
const tile = sbuf('bfloat16');
const int = sbuf('int32');
const column = sbuf('float32', 1);
const named = { id: 'x', engine: 'vector' } as const;

const tensorTensor: Instruction<'tensor_tensor'> = { opcode: 'tensor_tensor', ...named, dst: tile, sources: { data1: psum, data2: tile }, attributes: { op: 'multiply' } }; // prettier-ignore
const tensorScalar: Instruction<'tensor_scalar'> = {
  opcode: 'tensor_scalar',
  ...named,
  dst: tile,
  sources: { data: psum, operand0: column },
  attributes: { op0: 'subtract', reverse0: true, op1: 'maximum', operand1: 0 },
};
const shifted: Instruction<'tensor_scalar'> = { ...tensorScalar, dst: int, sources: { data: int }, attributes: { op0: 'right_shift', operand0: 23, op1: 'bitwise_and', operand1: -1 } }; // prettier-ignore
const scalarTensorTensor: Instruction<'scalar_tensor_tensor'> = { opcode: 'scalar_tensor_tensor', ...named, dst: tile, sources: { data: psum, operand1: tile }, attributes: { op0: 'multiply', operand0: 2, op1: 'add' } }; // prettier-ignore
const reduceScalar: Instruction<'tensor_scalar_reduce'> = { opcode: 'tensor_scalar_reduce', ...named, dst: tile, results: { reduce_res: column }, sources: { data: tile }, attributes: { op0: 'abs', reduce_op: 'maximum' } }; // prettier-ignore
const cumulative: Instruction<'tensor_scalar_cumulative'> = { opcode: 'tensor_scalar_cumulative', ...named, dst: tile, sources: { src: tile, imm0: column, imm1: column }, attributes: { op0: 'add', op1: 'add', reduce_cmd: 'load_reduce' } }; // prettier-ignore
const scan: Instruction<'tensor_tensor_scan'> = { opcode: 'tensor_tensor_scan', ...named, dst: tile, sources: { data0: tile, data1: psum }, attributes: { op0: 'multiply', op1: 'add', initial: 0 } }; // prettier-ignore
const cube: ChipPattern = { ...tile, dims: [[8, 4], [1, 8]] }; // prettier-ignore
const reduce: Instruction<'tensor_reduce'> = { opcode: 'tensor_reduce', ...named, dst: sbuf('float32', 4), sources: { data: cube }, attributes: { op: 'add', axes: 1, negate: true } }; // prettier-ignore
const predicated: Instruction<'tensor_copy_predicated'> = { opcode: 'tensor_copy_predicated', ...named, dst: tile, sources: { src: tile, predicate: sbuf('uint8') }, attributes: { reverse_pred: true } }; // prettier-ignore
const select: Instruction<'select_reduce'> = { opcode: 'select_reduce', ...named, dst: tile, results: { reduce_res: column }, sources: { predicate: sbuf('uint8'), on_true: psum }, attributes: { on_false: -9984, reduce_cmd: 'reset_reduce' } }; // prettier-ignore
const range: Instruction<'range_select'> = { opcode: 'range_select', ...named, dst: tile, results: { reduce_res: column }, sources: { on_true: psum, bound0: column, bound1: column }, attributes: { comp_op0: 'greater_equal', comp_op1: 'less' } }; // prettier-ignore
const reciprocal: Instruction<'reciprocal'> = { opcode: 'reciprocal', ...named, dst: tile, sources: { data: psum }, attributes: {} }; // prettier-ignore
const copy: Instruction<'tensor_copy'> = { opcode: 'tensor_copy', ...named, dst: tile, sources: { src: psum }, attributes: {} }; // prettier-ignore
const fill: Instruction<'memset'> = { opcode: 'memset', ...named, dst: psum, sources: {}, attributes: { code: 0xffffffff } }; // prettier-ignore

const LEGAL: Readonly<Record<string, Instruction>> = { tensorTensor, tensorScalar, shifted, scalarTensorTensor, reduceScalar, cumulative, scan, reduce, predicated, select, reciprocal, copy, fill }; // prettier-ignore

describe('legal on every chip', () => {
  test.each(Object.entries(LEGAL))('%s', (_, instruction) => {
    for (const chip of CHIP_NAMES) expect(instructionProblem(instruction, CHIPS[chip])).toBeUndefined();
  }); // prettier-ignore
});

const square: ChipPattern = { ...tile, dims: [[0, 4], [1, 8]] }; // prettier-ignore
const rsqrt = { op0: 'rsqrt', operand0: 0 } as const;

/** Legal too, on trn2. */
test.each<[string, Instruction, ChipName?]>([
  ['ranks may differ', { ...tensorTensor, sources: { data1: tile, data2: square } }],
  ['power on gpsimd', { ...tensorTensor, engine: 'gpsimd', sources: { data1: tile, data2: tile }, attributes: { op: 'power' } }],
  ['integers of both signs', { ...tensorTensor, dst: int, sources: { data1: int, data2: sbuf('uint32') }, attributes: { op: 'bitwise_xor' } }],
  ['rsqrt on gpsimd', { ...tensorScalar, engine: 'gpsimd', sources: { data: tile }, attributes: rsqrt }],
  ['add, then rsqrt on gpsimd', { ...tensorScalar, engine: 'gpsimd', sources: { data: tile }, attributes: { op0: 'add', operand0: 1e-6, op1: 'rsqrt' } }],
  ['multiply then add on scalar', { ...tensorScalar, engine: 'scalar', attributes: { op0: 'multiply', op1: 'add', operand1: 1 } }],
  ['invert of integers', { ...shifted, attributes: { op0: 'invert' } }],
  ['a bitwise tile of data’s format', { ...shifted, sources: { data: int, operand0: sbuf('int32', 1) }, attributes: { op0: 'left_shift' } }],
  ['a unary first operator', { ...scalarTensorTensor, attributes: { op0: 'square', op1: 'multiply' } }],
  ['a start of any format', { ...scan, sources: { ...scan.sources, initial: sbuf('bfloat16', 1) }, attributes: { op0: 'multiply', op1: 'add' } }],
  ['all axes', { ...reduce, dst: sbuf('float32', 1), attributes: { op: 'maximum', axes: 2 } }],
  ['a constant', { ...predicated, sources: { predicate: sbuf('uint32') }, attributes: { src: -9984 } }],
  ['a lone range_select', { ...range, attributes: { ...range.attributes, on_false_value: -3.4028235e38, range_start: 2 ** 24 - 32 } }],
  ['range_select on trn3', range, 'trn3'],
  ['a copy on scalar', { ...copy, engine: 'scalar' }, 'trn3'],
])('legal: %s', (_, instruction, chip = 'trn2') => {
  expect(instructionProblem(instruction, CHIPS[chip])).toBeUndefined();
}); // prettier-ignore

const both = (op0: 'add' | 'bitwise_and', op1: 'add' | 'bitwise_and') => ({
  op0,
  operand0: 1,
  op1,
  operand1: 1,
});

test.each<[string, Instruction, ChipName?]>([
  // tensor_tensor
  ['data1 and data2 must not both be in PSUM: copy one of them to SBUF.', { ...tensorTensor, sources: { data1: psum, data2: psum } }],
  ['data1: gpsimd does not reach PSUM.', { ...tensorTensor, engine: 'gpsimd' }],
  ['operands must have equal partitions x elements, received dst 64 x 32, data1 64 x 31, data2 64 x 32.', { ...tensorTensor, sources: { data1: sbuf('float32', 31), data2: tile } }],
  ['operands must have equal partitions x elements, received dst 64 x 32, data1 32 x 32, data2 64 x 32.', { ...tensorTensor, sources: { data1: sbuf('float32', 32, 32), data2: tile } }],
  ['op must be an operator of two operands, received invert.', { ...tensorTensor, attributes: { op: 'invert' } }],
  ['op must be an operator of two operands, received abs.', { ...tensorTensor, attributes: { op: 'abs' } }],
  ['op: power runs on gpsimd only, by tensor_tensor.', { ...tensorTensor, attributes: { op: 'power' } }],
  ['bitwise_or runs on vector only, received gpsimd.', { ...tensorTensor, engine: 'gpsimd', dst: int, sources: { data1: int, data2: int }, attributes: { op: 'bitwise_or' } }],
  ['bitwise_or takes integer formats of one width, received dst int32, data1 int32, data2 uint16.', { ...tensorTensor, dst: int, sources: { data1: int, data2: sbuf('uint16') }, attributes: { op: 'bitwise_or' } }],
  ['bitwise_or takes integer formats of one width, received dst bfloat16, data1 float32, data2 bfloat16.', { ...tensorTensor, attributes: { op: 'bitwise_or' } }],
  ['bitwise_or writes codes: nothing is rounded: leave rounding, saturate, seed, element, pitch out, received saturate.', { ...tensorTensor, dst: int, sources: { data1: int, data2: int }, attributes: { op: 'bitwise_or', saturate: true } }],
  ['gpsimd computes on 32-bit integers themselves: nothing is rounded: leave rounding, saturate, seed, element, pitch out, received rounding.', { ...tensorTensor, engine: 'gpsimd', dst: int, sources: { data1: int, data2: int }, attributes: { op: 'add', rounding: 'toward-zero' } }],
  // tensor_scalar
  ['operand0 must be a tile or a constant, received both.', { ...tensorScalar, attributes: { op0: 'add', operand0: 1 } }],
  ['operand0 must be a tile or a constant, received neither.', { ...tensorScalar, sources: { data: tile }, attributes: { op0: 'add' } }],
  ['operand1 must be a tile or a constant, received neither.', { ...tensorScalar, attributes: { op0: 'add', op1: 'add' } }],
  ['operand0 must be 64 x 1 of float32, received 64 x 1 of bfloat16.', { ...tensorScalar, sources: { data: tile, operand0: sbuf('bfloat16', 1) } }],
  ['operand0 must be 64 x 1 of float32, received 64 x 2 of float32.', { ...tensorScalar, sources: { data: tile, operand0: sbuf('float32', 2) } }],
  ['operand0 must be 64 x 1 of float32, received 32 x 1 of float32.', { ...tensorScalar, sources: { data: tile, operand0: sbuf('float32', 1, 32) } }],
  ['abs takes no operand: leave operand0 out or 0, received a tile.', { ...tensorScalar, attributes: { op0: 'abs' } }],
  ['relu takes no operand: leave operand1 out or 0, received 3.', { ...tensorScalar, attributes: { op0: 'add', op1: 'relu', operand1: 3 } }],
  ['square has no second side to reverse.', { ...tensorScalar, sources: { data: tile }, attributes: { op0: 'square', reverse0: true } }],
  ['op1 is left out, so operand1 must be too, received one.', { ...tensorScalar, attributes: { op0: 'add', operand1: 1 } }],
  ['op1 is left out, so operand1 must be too, received one.', { ...tensorScalar, sources: { ...tensorScalar.sources, operand1: column }, attributes: { op0: 'add' } }],
  ['op1 is left out, so there is nothing to reverse.', { ...tensorScalar, attributes: { op0: 'add', reverse1: true } }],
  ['op0 and op1 must both be arithmetic or both be bitwise, received add and bitwise_and.', { ...tensorScalar, sources: { data: int }, attributes: both('add', 'bitwise_and') }],
  ['op0 and op1 must both be arithmetic or both be bitwise, received bitwise_and and add.', { ...tensorScalar, sources: { data: int }, attributes: both('bitwise_and', 'add') }],
  ['bitwise_and takes integer formats of one width, received dst bfloat16, data int32.', { ...tensorScalar, sources: { data: int }, attributes: { op0: 'bitwise_and', operand0: 1 } }],
  ['operand0 must be a whole number of -2147483648 to 4294967295 on int32, received 0.5.', { ...shifted, attributes: { op0: 'bitwise_and', operand0: 0.5 } }],
  ['operand0 must be a whole number of -2147483648 to 4294967295 on int32, received 4294967296.', { ...shifted, attributes: { op0: 'bitwise_and', operand0: 2 ** 32 } }],
  ['operand0 must be 64 x 1 of int32, received 64 x 1 of float32.', { ...shifted, sources: { data: int, operand0: column }, attributes: { op0: 'bitwise_and' } }],
  ['bitwise_and writes codes: nothing is rounded', { ...shifted, attributes: { op0: 'bitwise_and', operand0: 1, rounding: 'toward-zero' } }],
  ['op0: rsqrt runs on gpsimd, by tensor_scalar, or on scalar, by activation; received vector.', { ...tensorScalar, sources: { data: tile }, attributes: rsqrt }],
  ['op1: power runs on gpsimd only, by tensor_tensor.', { ...tensorScalar, attributes: { op0: 'add', op1: 'power', operand1: 2 } }],
  ['gpsimd runs tensor_scalar for rsqrt only, received add and no op1: use vector.', { ...tensorScalar, engine: 'gpsimd', sources: { data: tile }, attributes: { op0: 'add', operand0: 1 } }],
  ['power runs on gpsimd by tensor_tensor, not by tensor_scalar.', { ...tensorScalar, engine: 'gpsimd', sources: { data: tile }, attributes: { op0: 'power', operand0: 2 } }],
  ['data: gpsimd does not reach PSUM.', { ...tensorScalar, engine: 'gpsimd', sources: { data: psum }, attributes: rsqrt }],
  ['trn1 has no tensor_scalar on scalar: use vector.', { ...tensorScalar, engine: 'scalar', attributes: { op0: 'multiply' } }, 'trn1'],
  ['scalar runs tensor_scalar for multiply, add, or multiply then add, received add and multiply: use vector.', { ...tensorScalar, engine: 'scalar', attributes: { op0: 'add', op1: 'multiply', operand1: 2 } }],
  // scalar_tensor_tensor
  ['it is issued to vector, received gpsimd.', { ...scalarTensorTensor, engine: 'gpsimd' }],
  ['data and operand1 must not both be in PSUM: copy one of them to SBUF.', { ...scalarTensorTensor, sources: { data: psum, operand1: psum } }],
  ['op0 must be an arithmetic operator, received left_shift.', { ...scalarTensorTensor, attributes: { op0: 'left_shift', operand0: 2, op1: 'add' } }],
  ['op1 must be an arithmetic operator, received bitwise_and.', { ...scalarTensorTensor, attributes: { op0: 'add', operand0: 2, op1: 'bitwise_and' } }],
  ['op1 must be an operator of two operands, received square.', { ...scalarTensorTensor, attributes: { op0: 'add', operand0: 2, op1: 'square' } }],
  ['op0: power runs on gpsimd only', { ...scalarTensorTensor, attributes: { op0: 'power', operand0: 2, op1: 'add' } }],
  ['received dst 64 x 32, data 64 x 32, operand1 64 x 31.', { ...scalarTensorTensor, sources: { data: psum, operand1: sbuf('float32', 31) } }],
  // tensor_scalar_reduce
  ['reduce_cmd must be reset_reduce, reduce, load_reduce, received idle.', { ...reduceScalar, attributes: { ...reduceScalar.attributes, reduce_cmd: 'idle' } }],
  ['load_reduce takes reduce_init, received none.', { ...reduceScalar, attributes: { ...reduceScalar.attributes, reduce_cmd: 'load_reduce' } }],
  ['only load_reduce takes reduce_init, received it with reset_reduce.', { ...reduceScalar, attributes: { ...reduceScalar.attributes, reduce_init: 0 } }],
  ['reduce_res must be 64 x 1, received 64 x 2 of float32.', { ...reduceScalar, results: { reduce_res: sbuf('float32', 2) } }],
  ['reduce_res_negate needs reduce_res, received none.', { ...reduceScalar, results: {}, attributes: { ...reduceScalar.attributes, reduce_res_negate: true } }],
  ['op0 must be an arithmetic operator, received invert.', { ...reduceScalar, attributes: { op0: 'invert', reduce_op: 'add' } }],
  ['reduce_res: 64 partitions must start at partition 0 or 64, received 32.', { ...reduceScalar, results: { reduce_res: { ...column, partition: 32 } } }],
  // tensor_scalar_cumulative
  ['dst must be a float or an integer of 8 or 16 bits, received int32.', { ...cumulative, dst: int }],
  ['src must be a float or an integer of 8 or 16 bits, received uint32.', { ...cumulative, sources: { src: sbuf('uint32'), imm0: column } }],
  ['only load_reduce takes imm1, received it with reset_reduce.', { ...cumulative, attributes: { op0: 'add', op1: 'add' } }],
  ['imm1 must be a tile or a constant, received neither.', { ...cumulative, sources: { src: tile, imm0: column } }],
  ['imm0 must be a tile or a constant, received neither.', { ...cumulative, sources: { src: tile, imm1: column } }],
  ['reduce_cmd must be reset_reduce, reduce, load_reduce, received reset.', { ...cumulative, attributes: { ...cumulative.attributes, reduce_cmd: 'reset' } }],
  // tensor_tensor_scan
  ['data0 and data1 must not both be in PSUM: copy one of them to SBUF.', { ...scan, sources: { data0: psum, data1: psum } }],
  ['initial must be a tile or a constant, received both.', { ...scan, sources: { ...scan.sources, initial: column } }],
  ['initial must be a tile or a constant, received neither.', { ...scan, attributes: { op0: 'multiply', op1: 'add' } }],
  ['initial must be 64 x 1, received 64 x 2 of float32.', { ...scan, sources: { ...scan.sources, initial: sbuf('float32', 2) }, attributes: { op0: 'multiply', op1: 'add' } }],
  ['op0 must be an operator of two operands, received abs.', { ...scan, attributes: { op0: 'abs', op1: 'add', initial: 0 } }],
  ['op1 must be an arithmetic operator, received bitwise_and.', { ...scan, attributes: { op0: 'add', op1: 'bitwise_and', initial: 0 } }],
  // tensor_reduce
  ['op must be one of add, subtract, multiply', { ...reduce, attributes: { op: 'abs_max', axes: 1 } }],
  ['axes must be 1 to 2, the innermost free dimensions of data, received 3.', { ...reduce, attributes: { op: 'add', axes: 3 } }],
  ['received 9007199254740991.', { ...reduce, attributes: { op: 'add', axes: Number.MAX_SAFE_INTEGER } }], // at once
  ['axes must be 1 to 2, the innermost free dimensions of data, received 0.', { ...reduce, attributes: { op: 'add', axes: 0 } }],
  ['dst must be 64 x 4 (partitions x elements that stay), received 64 x 1.', { ...reduce, dst: column }],
  ['dst must be 64 x 1 (partitions x elements that stay), received 32 x 1.', { ...reduce, dst: sbuf('float32', 1, 32), attributes: { op: 'add', axes: 2 } }],
  ['negate is for arithmetic operators, received bitwise_or.', { ...reduce, dst: sbuf('int32', 4), sources: { data: { ...cube, dtype: 'int32' } }, attributes: { op: 'bitwise_or', axes: 1, negate: true } }],
  ['bitwise_or takes integer formats of one width, received dst float32, data bfloat16.', { ...reduce, attributes: { op: 'bitwise_or', axes: 1 } }],
  // tensor_copy_predicated
  ['src and predicate must not both be in PSUM: copy one of them to SBUF.', { ...predicated, dst: psum, sources: { src: psum, predicate: { ...psum, dtype: 'uint32' } } }],
  ['predicate must be uint8, uint16, uint32, received int8.', { ...predicated, sources: { src: tile, predicate: sbuf('int8') } }],
  ['src and dst must have one format, received float32 and bfloat16.', { ...predicated, sources: { src: sbuf('float32'), predicate: sbuf('uint8') } }],
  ['src must be a tensor or a constant, received both.', { ...predicated, attributes: { src: 1 } }],
  ['src must be a tensor or a constant, received neither.', { ...predicated, sources: { predicate: sbuf('uint8') } }],
  ['received dst 64 x 32, predicate 64 x 16, src 64 x 32.', { ...predicated, sources: { src: tile, predicate: sbuf('uint8', 16) } }],
  // select_reduce
  ['on_true and predicate must not both be in PSUM: copy one of them to SBUF.', { ...select, sources: { predicate: { ...psum, dtype: 'uint8' }, on_true: psum } }],
  ['predicate must be int8, uint8, int16, uint16, received uint32.', { ...select, sources: { predicate: sbuf('uint32'), on_true: psum } }],
  ['on_true must not be tfloat32, int32 or uint32, received tfloat32.', { ...select, sources: { predicate: sbuf('uint8'), on_true: sbuf('tfloat32') } }],
  ['on_true must not be tfloat32, int32 or uint32, received uint32.', { ...select, sources: { predicate: sbuf('uint8'), on_true: sbuf('uint32') } }],
  ['on_false must be a tile or a constant, received both.', { ...select, sources: { ...select.sources, on_false: column } }],
  ['on_false must be a tile or a constant, received neither.', { ...select, attributes: { reduce_cmd: 'reduce' } }],
  ['on_false must be 64 x 1 of float32, received 64 x 1 of bfloat16.', { ...select, sources: { ...select.sources, on_false: sbuf('bfloat16', 1) }, attributes: { reduce_cmd: 'reduce' } }],
  ['reduce_cmd must be idle, reset, reduce, reset_reduce, received load_reduce.', { ...select, attributes: { on_false: 0, reduce_cmd: 'load_reduce' } }],
  ['reduce_res reads what a command accumulated, received reduce_cmd idle.', { ...select, attributes: { on_false: 0 } }],
  ['reduce_res must have a float format, received int32.', { ...select, results: { reduce_res: sbuf('int32', 1) } }],
  // range_select
  ['it exists on trn2 and trn3, received trn1.', range, 'trn1'],
  ['on_true must have a float format, received int16.', { ...range, sources: { ...range.sources, on_true: sbuf('int16') } }],
  ['bound0 must be 64 x 1 of float32, received 64 x 1 of int32.', { ...range, sources: { ...range.sources, bound0: sbuf('int32', 1) } }],
  ['bound1 must be 64 x 1 of float32, received 64 x 2 of float32.', { ...range, sources: { ...range.sources, bound1: sbuf('float32', 2) } }],
  ['comp_op0 must be equal, less, less_equal, greater, greater_equal, received not_equal.', { ...range, attributes: { comp_op0: 'not_equal', comp_op1: 'less' } }],
  ['comp_op1 must be equal, less, less_equal, greater, greater_equal, received add.', { ...range, attributes: { comp_op0: 'less', comp_op1: 'add' } }],
  ['indices must lie within -2^24 and 2^24, received 16777185 to 16777216.', { ...range, attributes: { ...range.attributes, range_start: 2 ** 24 - 31 } }],
  ['on_false_value must be -3.4028235e38, the lowest float32, received 0.', { ...range, attributes: { ...range.attributes, on_false_value: 0 } }],
  ['reduce_cmd must be idle, reset, reduce, reset_reduce, received load_reduce.', { ...range, attributes: { ...range.attributes, reduce_cmd: 'load_reduce' } }],
  // reciprocal, memset and tensor_copy
  ['it is issued to vector, received scalar.', { ...reciprocal, engine: 'scalar' }],
  ['float32 has codes 0 to 4294967295, received 4294967296.', { ...fill, attributes: { code: 2 ** 32 } }],
  ['dst: gpsimd does not reach PSUM.', { ...fill, engine: 'gpsimd' }],
  ['only stochastic rounding takes seed, element and pitch, received seed.', { ...copy, attributes: { seed: 1 } }],
  ['dst: trn2 has no float8_e4m3fn', { ...reciprocal, dst: sbuf('float8_e4m3fn') }],
])('refused: %s', (message, instruction, chip = 'trn2') => {
  expect(instructionProblem(instruction, CHIPS[chip])).toContain(message);
}); // prettier-ignore

test('stochastic rounding is legal wherever a float is written', () => {
  const write = { rounding: 'stochastic', seed: 1, element: 0, pitch: 32 } as const;
  const list: Instruction[] = [
    { ...tensorScalar, attributes: { ...tensorScalar.attributes, ...write } },
    { ...reduce, attributes: { ...reduce.attributes, ...write } },
    { ...scan, attributes: { ...scan.attributes, ...write } },
  ];
  for (const instruction of list) expect(instructionProblem(instruction, CHIPS.trn2)).toBeUndefined();
});
