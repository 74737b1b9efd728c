/**
 * tensor_scalar_reduce (nki.isa.tensor_scalar_reduce): dst = data op0 operand0, and the results of each partition are joined in
 * its accumulator register, before they are rounded to dst's format.
 */
import type { Instruction, ReduceCommand } from '../../program';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { columnProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { accumulate, commandProblem, registersOf, writeRegisters } from './accumulators';
import { floatsOf, writeLanes } from './lanes';
import { arithmeticProblem, vectorOpProblem } from './operators';
import { applySide, sideProblem, type ScalarSide } from './scalar-side';

type Reduce = Instruction<'tensor_scalar_reduce'>;

const COMMANDS: readonly ReduceCommand[] = ['reset_reduce', 'reduce', 'load_reduce'];

const commandOf = ({ attributes: { reduce_cmd = 'reset_reduce' } }: Reduce) => reduce_cmd;

function sideOf({ sources, attributes }: Reduce): ScalarSide {
  return { name: 'operand0', op: attributes.op0, tile: sources.operand0, constant: attributes.operand0 };
}

function initProblem(instruction: Reduce): Problem {
  const { reduce_init } = instruction.attributes;
  const command = commandOf(instruction);
  if ((command === 'load_reduce') === (reduce_init !== undefined)) return undefined;
  return command === 'load_reduce'
    ? 'load_reduce takes reduce_init, received none.'
    : `only load_reduce takes reduce_init, received it with ${command}.`;
}

export const tensorScalarReduce: Entry<'tensor_scalar_reduce'> = {
  summary:
    'dst = data op0 operand0; the results of each partition are joined by reduce_op in its accumulator register, which reduce_res reads.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  indirect: { sources: ['data'] },
  rules: [
    'dst and data have equal partitions and elements.',
    'operand0 is a float32 tile of P x 1 or a constant, which is rounded to float32; left out, or 0, for an operator of one operand.',
    'op0 is arithmetic, neither power nor rsqrt.',
    'reduce_cmd is reset_reduce (when left out), reduce or load_reduce, which alone takes reduce_init.',
    'reduce_res is P x 1; it is rounded to nearest even, and negated where reduce_res_negate says so, the register not.',
    'Results are joined as float32, before the rounding to dst.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, results, sources, attributes } = instruction;
    const { data } = sources;
    const { op0 } = attributes;
    return [
      ...operandProblems({ dst, ...results, ...sources }, engine, chip),
      shapeProblem({ dst, data }),
      arithmeticProblem('op0', op0),
      vectorOpProblem('op0', op0),
      sideProblem(sideOf(instruction), data),
      commandProblem(commandOf(instruction), COMMANDS),
      initProblem(instruction),
      columnProblem('reduce_res', results?.reduce_res, dst.partitions),
      attributes.reduce_res_negate === true && results?.reduce_res === undefined
        ? 'reduce_res_negate needs reduce_res, received none.'
        : undefined,
      writeProblem(attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, results, sources, attributes } = instruction;
    const { data } = sources;
    const values = floatsOf(machine, 'data', data);
    applySide(machine, values, sideOf(instruction), data);
    const registers = registersOf(machine, dst);
    accumulate(registers, values, {
      command: commandOf(instruction),
      op: attributes.reduce_op,
      initial: new Float32Array(dst.partitions).fill(attributes.reduce_init ?? NaN),
    });
    writeLanes(machine, dst, values, attributes);
    writeRegisters(machine, results?.reduce_res, registers, attributes.reduce_res_negate);
  },
  cost: {
    words: 'max(64, N) Vector cycles, and about 64 to read the registers',
    documented: true,
    work: ({ results, sources: { data } }) => datapath(widthOf(data), { tile: results?.reduce_res }),
  },
};
