/** The instructions of the random family on the adapter. */
import type { RandomOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';

export const RANDOM_GPU: Partial<GpuEntries<RandomOpcode>> = {};
