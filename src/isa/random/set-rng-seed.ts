/** set_rng_seed (nki.isa.set_rng_seed): one seed for all generators of Vector. */
import type { Dtype } from '../../numerics';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { columnProblem, operandProblems } from '../rules';
import { seededStates, stateWords } from './generators';

const WORDS: readonly Dtype[] = ['uint32', 'int32', 'float32'];

export const setRngSeed: Entry<'set_rng_seed'> = {
  summary: 'Seeds the generators of Vector: those of all 128 partitions.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'src_seeds is one element of uint32, int32 or float32, whose 32 bits are the seed.',
    'Each generator gets words of its own, by Philox (docs/numerics.md, Random numbers); those of GpSimd stay as they are.',
    'Until something seeds them, generators are as after the seed 0.',
  ],
  problems: ({ engine, sources: { src_seeds } }, chip) => [
    ...operandProblems({ src_seeds }, engine, chip),
    columnProblem('src_seeds', src_seeds, 1, WORDS),
  ],
  run: ({ sources: { src_seeds } }, machine) => {
    const [seed = 0] = machine.read('src_seeds', src_seeds);
    machine.randomState('vector').set(seededStates('vector', seed));
  },
  cost: {
    words: 'max(64, 24) cycles: the words of a partition’s generators',
    documented: false,
    work: () => datapath(stateWords('vector')),
  },
};
