/** activation (nki.isa.activation): dst = op(data scale + bias), and a sum of the results into the accumulator registers. */
import type { ReduceCommand } from '../../program';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { widthOf } from '../rules';
import { commandProblem } from '../vector/accumulators';
import { evaluate, evaluationProblems, RULES, tableOf } from './evaluation';

const COMMANDS: readonly ReduceCommand[] = ['idle', 'reset', 'reduce', 'reset_reduce'];

function reduceProblem(command: ReduceCommand, op: 'add' | undefined): Problem {
  if (op !== undefined || command === 'idle' || command === 'reset') return undefined;
  return `reduce_cmd ${command} needs reduce_op add, received none.`;
}

export const activation: Entry<'activation'> = {
  summary: 'dst = op(data scale + bias); the results may be added to the accumulator registers.',
  chips: ALL_CHIPS,
  engines: ['scalar'],
  indirect: { sources: ['data'] },
  rules: [
    ...RULES,
    'reduce_cmd is idle, reset (registers become 0), reduce (results are added) or reset_reduce (both); reduce_op is add.',
    'reduce_res, [P, 1], is what the registers hold afterwards, whatever the command.',
  ],
  problems: (instruction, chip) => {
    const { reduce_cmd: command = 'idle', reduce_op: op } = instruction.attributes;
    return [
      ...evaluationProblems(instruction, instruction.results, chip),
      commandProblem(command, COMMANDS),
      reduceProblem(command, op),
    ];
  },
  run: (instruction, machine) => {
    const { results, attributes } = instruction;
    evaluate(instruction, machine, attributes.reduce_cmd ?? 'idle', results?.reduce_res);
  },
  cost: {
    words:
      'max(64, N) Scalar cycles, and about 64 to read the registers; first the tables of a function, unless it is of the function before or needs none (named choice: copy, square, relu, abs, sign)',
    documented: true,
    work: ({ results, sources: { data }, attributes: { op } }) =>
      datapath(widthOf(data), { tile: results?.reduce_res, table: tableOf(op) }),
  },
};
