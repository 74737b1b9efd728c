/** The entries of the instructions on registers. */
import type { RegisterOpcode } from '../../program';
import type { Entries } from '../entry';
import { registerLoad } from './register-load';
import { registerMove } from './register-move';
import { registerStore } from './register-store';

export const REGISTER_ENTRIES: Entries<RegisterOpcode> = {
  register_move: registerMove,
  register_load: registerLoad,
  register_store: registerStore,
};
