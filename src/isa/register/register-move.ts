/** register_move (nki.isa.register_move): a constant, or another register's value, into a register. */
import { ALL_CHIPS, type Entry } from '../entry';
import { SEQUENCERS } from './registers';

export const registerMove: Entry<'register_move'> = {
  summary: 'register = value, or the register from.',
  chips: ALL_CHIPS,
  engines: SEQUENCERS,
  rules: ['One of value and from is given.', 'value is a 32-bit signed integer.'],
  problems: ({ attributes: { value, from } }) => [
    (value === undefined) !== (from === undefined)
      ? undefined
      : `one of value and from must be given, received ${value === undefined ? 'neither' : 'both'}.`,
    value === undefined || value === (value | 0)
      ? undefined
      : `value is a 32-bit signed integer, received ${value}.`,
  ],
  run: ({ attributes: { register, value, from = register } }, machine) => {
    machine.setRegister(register, value ?? machine.register(from));
  },
  cost: {
    words: 'one instruction of the engine’s sequencer',
    documented: false,
    work: () => ({ unit: 'sequencer', waits: false }),
  },
};
