/** Forms of the instructions on registers (nki.isa.register_move, register_load, register_store). */
import { integer } from '../check';
import { name } from '../names';
import { any, given, maybe, type Form } from './form';

const register = given(name, 'the register');

export const REGISTER = {
  register_move: {
    dst: null,
    results: {},
    sources: {},
    attributes: {
      register,
      value: maybe(integer, 'the constant, or'),
      from: maybe(name, 'the register that is copied'),
    },
  },
  register_load: {
    dst: null,
    results: {},
    sources: { src: any('one element of an integer format, in HBM or SBUF') },
    attributes: { register },
  },
  register_store: {
    dst: any('one element of an integer format, in HBM or SBUF'),
    results: {},
    sources: {},
    attributes: { register },
  },
} as const satisfies Readonly<Record<string, Form>>;
