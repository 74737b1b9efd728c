/** Forms of the instructions on registers (nki.isa.register_move, register_load, register_store). */
import { integer, text } from '../check';
import { chip, given, maybe, type Form } from './form';

const register = given(text, 'the register');

export const REGISTER = {
  register_move: {
    dst: null,
    results: {},
    sources: {},
    attributes: {
      register,
      value: maybe(integer, 'the constant, or'),
      from: maybe(text, 'the register that is copied'),
    },
  },
  register_load: {
    dst: null,
    results: {},
    sources: { src: chip('[1, 1] of a 32-bit integer format') },
    attributes: { register },
  },
  register_store: {
    dst: chip('[1, 1] of a 32-bit integer format'),
    results: {},
    sources: {},
    attributes: { register },
  },
} as const satisfies Readonly<Record<string, Form>>;
