/**
 * scalar_tensor_tensor (nki.isa.scalar_tensor_tensor): dst = (data op0 operand0) op1 operand1, where operand0 is a scalar operand
 * and operand1 a tensor. Each operation rounds to float32.
 */
import type { Instruction } from '../../program';
import { operatorOf } from '../alu';
import { writeProblem } from '../convert';
import { datapath, fromTwoMemories } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { bothInPsumProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { floatsOf, withTensor, writeLanes } from './lanes';
import { arithmeticProblem, twoSidedProblem, vectorOpProblem } from './operators';
import { applySide, sideProblem, type ScalarSide } from './scalar-side';

function sideOf({ sources, attributes }: Instruction<'scalar_tensor_tensor'>): ScalarSide {
  const { op0: op, operand0: constant, reverse0: reverse } = attributes;
  return { name: 'operand0', op, tile: sources.operand0, constant, reverse };
}

export const scalarTensorTensor: Entry<'scalar_tensor_tensor'> = {
  summary: 'dst = (data op0 operand0) op1 operand1, with one operand0 for all elements of a partition.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'dst, data and operand1 have equal partitions and elements; data and operand1 are not both in PSUM.',
    'operand0 is a float32 tile of P x 1 or a constant, which is rounded to float32; left out, or 0, for an operator of one operand.',
    'op0 and op1 are arithmetic, neither power nor rsqrt; op1 takes two operands.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const { data, operand1 } = sources;
    const { op0, op1 } = attributes;
    return [
      bothInPsumProblem('data', data, 'operand1', operand1),
      ...operandProblems({ dst, ...sources }, engine, chip),
      shapeProblem({ dst, data, operand1 }),
      arithmeticProblem('op0', op0),
      arithmeticProblem('op1', op1),
      vectorOpProblem('op0', op0),
      vectorOpProblem('op1', op1),
      twoSidedProblem('op1', op1),
      sideProblem(sideOf(instruction), data),
      writeProblem(attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const { data, operand1 } = sources;
    const values = floatsOf(machine, 'data', data);
    applySide(machine, values, sideOf(instruction), data);
    const operate = operatorOf(attributes.op1, data.dtype, attributes.reverse1);
    withTensor(values, operate, floatsOf(machine, 'operand1', operand1));
    writeLanes(machine, dst, values, attributes);
  },
  cost: {
    words:
      'N Vector cycles when one tensor is in PSUM and the other in SBUF (a published profile of rmsnorm on trn2: 0.66 us for 512 elements), or both are bfloat16, op0 is subtract, op1 multiply and N even; else 2 N; at least 64',
    documented: true,
    work: ({ sources: { data, operand1 }, attributes: { op0, op1 } }) => {
      const width = widthOf(data);
      const halves = data.dtype === 'bfloat16' && operand1.dtype === 'bfloat16' && width % 2 === 0;
      const fast = fromTwoMemories(data, operand1) || (halves && op0 === 'subtract' && op1 === 'multiply');
      return datapath(fast ? width : 2 * width);
    },
  },
};
