/** The instructions of the random family on the adapter. */
import type { RandomOpcode } from '../../../../program';
import type { GpuEntries } from '../entry';
import { dropout } from './dropout';
import { rand2 } from './rand2';
import { rng } from './rng';
import { setRngSeed } from './set-rng-seed';
import { randGetState, randSetState } from './state-copies';

export const RANDOM_GPU: GpuEntries<RandomOpcode> = {
  rng,
  rand2,
  dropout,
  set_rng_seed: setRngSeed,
  rand_set_state: randSetState,
  rand_get_state: randGetState,
};
