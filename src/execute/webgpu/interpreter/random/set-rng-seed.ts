/** set_rng_seed: see src/isa/random/set-rng-seed.ts. */
import setRngSeedWgsl from '../../../../../shaders/interpreter/random/set_rng_seed.wgsl';
import { GENERATORS, SEEDING } from '../../../../isa/random/generators';
import type { GpuEntry } from '../entry';
import { PARTITIONS } from '../layout';
import { generatorsOf, statesOf } from './states';

export const setRngSeed: GpuEntry<'set_rng_seed'> = {
  works: ({ engine, sources: { src_seeds } }, { lowering }) =>
    lowering.lane('set_rng_seed', setRngSeedWgsl, {
      operands: {
        state: statesOf(lowering, engine, { partition: 0, partitions: PARTITIONS }),
        seed: lowering.read(src_seeds),
      },
      counted: 'state',
      crosses: true,
      values: { ...generatorsOf(engine), FIRST: GENERATORS.vector.first, SEEDING },
    }),
};
