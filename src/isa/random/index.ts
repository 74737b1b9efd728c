/** The entries of the instructions on random numbers. */
import type { RandomOpcode } from '../../program';
import type { Entries } from '../entry';
import { dropout } from './dropout';
import { rand2 } from './rand2';
import { randGetState } from './rand-get-state';
import { randSetState } from './rand-set-state';
import { rng } from './rng';
import { setRngSeed } from './set-rng-seed';

export const RANDOM_ENTRIES: Entries<RandomOpcode> = {
  rng,
  rand2,
  dropout,
  set_rng_seed: setRngSeed,
  rand_set_state: randSetState,
  rand_get_state: randGetState,
};
