/** The entries of the scalar instructions. */
import type { ScalarOpcode } from '../../program';
import type { Entries } from '../entry';

export const SCALAR_ENTRIES: Entries<ScalarOpcode> = {
};
