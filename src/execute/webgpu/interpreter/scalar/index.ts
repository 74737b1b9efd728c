/** The instructions of the scalar family on the adapter. */
import type { ScalarOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';

export const SCALAR_GPU: Partial<GpuEntries<ScalarOpcode>> = {};
