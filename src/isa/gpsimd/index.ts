/** The entries of the gpsimd instructions. */
import type { GpsimdOpcode } from '../../program';
import type { Entries } from '../entry';

export const GPSIMD_ENTRIES: Entries<GpsimdOpcode> = {
};
