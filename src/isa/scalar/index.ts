/** The entries of the scalar instructions. */
import type { ScalarOpcode } from '../../program';
import type { Entries } from '../entry';
import { activation } from './activation';
import { activationReduce } from './activation-reduce';

export const SCALAR_ENTRIES: Entries<ScalarOpcode> = { activation, activation_reduce: activationReduce };
