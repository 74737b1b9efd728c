/** The instructions of the gpsimd family on the adapter. */
import type { GpsimdOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';

export const GPSIMD_GPU: Partial<GpuEntries<GpsimdOpcode>> = {};
