/** rand_get_state (nki.isa.rand_get_state): the states of some lanes' generators, as rand_set_state takes them. */
import { onEngine } from '../cost';
import type { Entry } from '../entry';
import { widthOf } from '../rules';
import { randomEngine, statesOf } from './generators';
import { STATE_RULES, stateProblems } from './states';

export const randGetState: Entry<'rand_get_state'> = {
  summary: 'dst = the states of the generators of dst’s partitions.',
  chips: ['trn2', 'trn3'],
  engines: ['gpsimd', 'vector'],
  rules: ['dst is uint32; on vector in SBUF or PSUM, on gpsimd in SBUF.', ...STATE_RULES],
  problems: ({ engine, dst }, chip) => stateProblems('dst', dst, engine, chip),
  run: ({ engine, dst }, machine) => {
    machine.write(dst, Uint32Array.from(statesOf(machine, randomEngine(engine), dst)));
  },
  cost: {
    words: 'max(64, N) Vector cycles or 150 + N GpSimd cycles for the N words of a partition',
    documented: false,
    work: ({ engine, dst }) => onEngine(engine, widthOf(dst)),
  },
};
