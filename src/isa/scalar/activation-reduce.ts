/** activation_reduce (nki.isa.activation_reduce): dst = op(data scale + bias), and reduce_res the sum of the results. */
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { widthOf } from '../rules';
import { evaluate, evaluationProblems, RULES, tableOf } from './evaluation';

export const activationReduce: Entry<'activation_reduce'> = {
  summary: 'dst = op(data scale + bias); reduce_res = the sum of the results of each partition.',
  chips: ALL_CHIPS,
  engines: ['scalar'],
  indirect: { sources: ['data'] },
  rules: [
    ...RULES,
    'It is activation with reset_reduce: results are added to the accumulator registers, which start from 0 and keep the sums.',
  ],
  problems: (instruction, chip) => [
    ...evaluationProblems(instruction, instruction.results, chip),
    missingProblem(instruction.results),
  ],
  run: (instruction, machine) => {
    evaluate(instruction, machine, 'reset_reduce', instruction.results?.reduce_res);
  },
  cost: {
    words: 'max(64, N) Scalar cycles, and about 64 to read the registers; tables as for activation',
    documented: true,
    work: ({ results, sources: { data }, attributes: { op } }) =>
      datapath(widthOf(data), { tile: results?.reduce_res, table: tableOf(op) }),
  },
};

function missingProblem(results: object | undefined): Problem {
  return results === undefined ? 'reduce_res must be a [P, 1] tile, received none.' : undefined;
}
