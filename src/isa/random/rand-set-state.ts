/** rand_set_state (nki.isa.rand_set_state): the states of some lanes' generators, word for word. */
import { onEngine } from '../cost';
import type { Entry } from '../entry';
import { spaceProblem, widthOf } from '../rules';
import { randomEngine, statesOf } from './generators';
import { STATE_RULES, stateProblems } from './states';

export const randSetState: Entry<'rand_set_state'> = {
  summary: 'The generators of src_seeds’ partitions go on from the states that src_seeds holds.',
  chips: ['trn2', 'trn3'],
  engines: ['gpsimd', 'vector'],
  rules: [
    'src_seeds is in SBUF, uint32.',
    ...STATE_RULES,
    'States are taken as they are, one of zeros too, from which only the counter moves.',
  ],
  problems: ({ engine, sources: { src_seeds } }, chip) => [
    spaceProblem('src_seeds', src_seeds, ['sbuf']),
    ...stateProblems('src_seeds', src_seeds, engine, chip),
  ],
  run: ({ engine, sources: { src_seeds } }, machine) => {
    statesOf(machine, randomEngine(engine), src_seeds).set(machine.read('src_seeds', src_seeds));
  },
  cost: {
    words: 'max(64, N) Vector cycles or 150 + N GpSimd cycles for the N words of a partition',
    documented: false,
    work: ({ engine, sources: { src_seeds } }) => onEngine(engine, widthOf(src_seeds)),
  },
};
