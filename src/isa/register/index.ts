/** The entries of the register instructions. */
import type { RegisterOpcode } from '../../program';
import type { Entries } from '../entry';

export const REGISTER_ENTRIES: Entries<RegisterOpcode> = {
};
