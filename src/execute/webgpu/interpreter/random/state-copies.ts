/** rand_set_state and rand_get_state: see src/isa/random/rand-set-state.ts and rand-get-state.ts. */
import type { GpuEntry } from '../entry';
import { placeOf } from '../place';
import { statesOf } from './states';

export const randSetState: GpuEntry<'rand_set_state'> = {
  works: ({ engine, sources: { src_seeds } }, { lowering }) =>
    lowering.copy(placeOf(lowering.layout, src_seeds), statesOf(lowering, engine, src_seeds).place),
};

export const randGetState: GpuEntry<'rand_get_state'> = {
  works: ({ engine, dst }, { lowering }) =>
    lowering.copy(statesOf(lowering, engine, dst).place, placeOf(lowering.layout, dst)),
};
