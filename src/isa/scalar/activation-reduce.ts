/** activation_reduce (nki.isa.activation_reduce): dst = op(data scale + bias), and reduce_res the sum of the results. */
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { evaluate, evaluationProblems, RULES } from './evaluation';

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
  cost: 'max(64, N) + about 64 Scalar cycles.',
};

function missingProblem(results: object | undefined): Problem {
  return results === undefined ? 'reduce_res must be a [P, 1] tile, received none.' : undefined;
}
