/** register_load (nki.isa.register_load): one element of HBM or SBUF into a register. */
import { ALL_CHIPS, type Entry } from '../entry';
import { registerOf, SEQUENCERS, wordProblems } from './registers';

export const registerLoad: Entry<'register_load'> = {
  summary: 'register = src.',
  chips: ALL_CHIPS,
  engines: SEQUENCERS,
  rules: [
    'src is one element of an integer format, in HBM or SBUF.',
    'Registers are 32-bit signed integers; a uint32 from 2^31 on becomes the negative number of the same bits.',
  ],
  problems: ({ sources: { src } }) => wordProblems('src', src),
  run: ({ sources: { src }, attributes: { register } }, machine) => {
    const [code = NaN] = machine.read('src', src);
    machine.setRegister(register, registerOf(src.dtype, code));
  },
  cost: {
    words: 'one instruction of the engine’s sequencer, and its wait for memory',
    documented: false,
    work: () => ({ unit: 'sequencer', waits: true }),
  },
};
