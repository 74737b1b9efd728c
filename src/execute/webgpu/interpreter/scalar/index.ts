/** The instructions of the scalar family on the adapter. */
import type { ScalarOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { activate2 } from './activate2';
import { activation, activationReduce } from './activation';

export const SCALAR_GPU: GpuEntries<ScalarOpcode> = {
  activation,
  activation_reduce: activationReduce,
  activate2,
};
