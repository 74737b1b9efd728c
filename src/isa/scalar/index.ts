/** The entries of the scalar instructions. */
import type { ScalarOpcode } from '../../program';
import type { Entries } from '../entry';
import { activate2 } from './activate2';
import { activation } from './activation';
import { activationReduce } from './activation-reduce';

export const SCALAR_ENTRIES: Entries<ScalarOpcode> = {
  activation,
  activation_reduce: activationReduce,
  activate2,
};
