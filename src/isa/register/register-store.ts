/** register_store (nki.isa.register_store): a register into one element of HBM or SBUF. */
import { codeArray } from '../../numerics';
import { ALL_CHIPS, type Entry } from '../entry';
import { codeOf, SEQUENCERS, wordProblems } from './registers';

export const registerStore: Entry<'register_store'> = {
  summary: 'dst = register.',
  chips: ALL_CHIPS,
  engines: SEQUENCERS,
  rules: [
    'dst is one element of an integer format, in HBM or SBUF.',
    'dst takes the register’s low bits: nothing is clamped.',
  ],
  problems: ({ dst }) => wordProblems('dst', dst),
  run: ({ dst, attributes: { register } }, machine) => {
    machine.write(dst, codeArray(dst.dtype, 1).fill(codeOf(dst.dtype, machine.register(register))));
  },
  cost: {
    words: 'one instruction of the engine’s sequencer',
    documented: false,
    work: () => ({ unit: 'sequencer', waits: false }),
  },
};
