/** reciprocal (nki.isa.reciprocal): dst = 1 / data, correctly rounded to float32, then once to dst's format. */
import { UNARY } from '../alu';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, shapeProblem, widthOf } from '../rules';
import { floatsOf, writeLanes } from './lanes';

export const reciprocal: Entry<'reciprocal'> = {
  summary: 'dst = 1 / data, element by element.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'dst and data have equal partitions and elements.',
    'The quotient is rounded to the nearest float32; 1 / 0 is an infinity of the zero’s sign.',
  ],
  problems: ({ engine, dst, sources, attributes }, chip) => [
    ...operandProblems({ dst, ...sources }, engine, chip),
    shapeProblem({ dst, ...sources }),
    writeProblem(attributes),
  ],
  run: ({ dst, sources: { data }, attributes }, machine) => {
    writeLanes(machine, dst, floatsOf(machine, 'data', data).map(UNARY.reciprocal), attributes);
  },
  cost: {
    words: 'max(64, 8 N) Vector cycles',
    documented: true,
    work: ({ sources: { data } }) => datapath(8 * widthOf(data)),
  },
};
