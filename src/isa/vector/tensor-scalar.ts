/**
 * tensor_scalar (nki.isa.tensor_scalar): dst = (data op0 operand0) op1 operand1 with scalar operands, one for all elements of a
 * partition. Each operation rounds to float32; bitwise ones work on codes. op1 may be left out.
 */
import type { Chip } from '../../chip';
import type { Dtype } from '../../numerics';
import type { Instruction } from '../../program';
import { isBitwise } from '../alu';
import { COPY_MODES, copyMode, datapath, gpsimd } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { operandProblems, shapeProblem, widthOf } from '../rules';
import { lanesOf, writeLanes } from './lanes';
import { codesProblem, operatorWriteProblem, vectorOpProblem } from './operators';
import { applySide, sideProblem, type ScalarSide } from './scalar-side';

type TensorScalar = Instruction<'tensor_scalar'>;

function firstSide({ sources, attributes }: TensorScalar): ScalarSide {
  const { op0: op, operand0: constant, reverse0: reverse } = attributes;
  return { name: 'operand0', op, tile: sources.operand0, constant, reverse };
}

function secondSide({ sources, attributes }: TensorScalar): ScalarSide | undefined {
  const { op1: op, operand1: constant, reverse1: reverse } = attributes;
  return op && { name: 'operand1', op, tile: sources.operand1, constant, reverse };
}

/** Without op1 there is nothing that its operand and flag would be for. */
function strayProblem({ sources, attributes }: TensorScalar): Problem {
  if (sources.operand1 !== undefined || attributes.operand1 !== undefined) {
    return 'op1 is left out, so operand1 must be too, received one.';
  }
  return attributes.reverse1 === true ? 'op1 is left out, so there is nothing to reverse.' : undefined;
}

function kindProblem({ attributes: { op0, op1 } }: TensorScalar): Problem {
  if (op1 === undefined || isBitwise(op0) === isBitwise(op1)) return undefined;
  return `op0 and op1 must both be arithmetic or both be bitwise, received ${op0} and ${op1}.`;
}

/** nki.isa: gpsimd "only allowed for rsqrt"; scalar from trn2 on, for multiply, add, and multiply followed by add. */
function engineProblem({ engine, attributes: { op0, op1 } }: TensorScalar, chip: Chip): Problem {
  if (engine === 'vector') return vectorOpProblem('op0', op0) ?? (op1 && vectorOpProblem('op1', op1));
  if (engine === 'gpsimd') {
    if (op0 === 'power' || op1 === 'power')
      return 'power runs on gpsimd by tensor_tensor, not by tensor_scalar.';
    if (op0 === 'rsqrt' || op1 === 'rsqrt') return undefined;
    return `gpsimd runs tensor_scalar for rsqrt only, received ${op0} and ${op1 ?? 'no op1'}: use vector.`;
  }
  if (chip.name === 'trn1') return 'trn1 has no tensor_scalar on scalar: use vector.';
  const legal = op1 === undefined ? op0 === 'multiply' || op0 === 'add' : op0 === 'multiply' && op1 === 'add';
  if (legal) return undefined;
  return `scalar runs tensor_scalar for multiply, add, or multiply then add, received ${op0} and ${op1 ?? 'no op1'}: use vector.`;
}

const INT32: readonly Dtype[] = ['int32', 'uint32'];

/** Arithmetic on 32-bit integers is the chip's address arithmetic, which takes no index (nki.isa.tensor_scalar). */
function addressProblem({ dst, sources: { data }, attributes: { op0 } }: TensorScalar): Problem {
  if (data.index === undefined && dst.index === undefined) return undefined;
  if (isBitwise(op0) || !INT32.includes(data.dtype) || !INT32.includes(dst.dtype)) return undefined;
  return `arithmetic from ${data.dtype} to ${dst.dtype} takes no index: copy by tensor_copy first.`;
}

export const tensorScalar: Entry<'tensor_scalar'> = {
  summary: 'dst = (data op0 operand0) op1 operand1, with one operand for all elements of a partition.',
  chips: ALL_CHIPS,
  engines: ['vector', 'scalar', 'gpsimd'],
  indirect: { sources: ['data'] },
  rules: [
    'dst and data have equal partitions and elements.',
    'operand0 and operand1 are each a float32 tile of P x 1 or a constant, which is rounded to float32; not both.',
    'Operators of one operand (abs, square, relu, rsqrt, reciprocal, invert) take no operand, or the constant 0.',
    'op0 and op1 are both arithmetic or both bitwise.',
    'Bitwise operators run on vector, on integer formats of one width; tiles have data’s format, constants are whole numbers that its bits hold, signed or not; no rounding options.',
    'vector has every operator but power and rsqrt; gpsimd is for rsqrt; scalar, from trn2 on, for multiply, add, and multiply then add.',
    'Arithmetic from and to int32 or uint32 takes no index.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const { data } = sources;
    const second = secondSide(instruction);
    return [
      ...operandProblems({ dst, ...sources }, engine, chip),
      shapeProblem({ dst, data }),
      kindProblem(instruction),
      engineProblem(instruction, chip),
      addressProblem(instruction),
      codesProblem(attributes.op0, { dst, data }),
      sideProblem(firstSide(instruction), data),
      second === undefined ? strayProblem(instruction) : sideProblem(second, data),
      operatorWriteProblem(attributes.op0, attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const { data } = sources;
    const values = lanesOf(machine, 'data', data, attributes.op0);
    applySide(machine, values, firstSide(instruction), data);
    const second = secondSide(instruction);
    if (second !== undefined) applySide(machine, values, second, data);
    writeLanes(machine, dst, values, attributes);
  },
  cost: {
    words: `max(64, N) Vector or Scalar cycles, for one operator or two. ${COPY_MODES}. On GpSimd 150 + 4 N: rsqrt at a quarter of Scalar’s rate`,
    documented: true,
    work: ({ engine, dst, sources: { data } }, chip) => {
      const width = widthOf(data);
      // nki.api.shared of 2.26.1: rsqrt is 4 times slower there than on Scalar.
      if (engine === 'gpsimd') return gpsimd(4 * width);
      return datapath(width, { mode: copyMode(engine, chip, dst, data) });
    },
  },
};
