/** rng: see src/isa/random/rng.ts. */
import rngWgsl from '../../../../../shaders/interpreter/random/rng.wgsl';
import { bytesOf } from '../../../../program';
import type { GpuEntry } from '../entry';
import { drawing, generatorsOf, statesOf } from './states';

export const rng: GpuEntry<'rng'> = {
  works: ({ engine, dst }, { lowering }) =>
    lowering.lane('rng', drawing(rngWgsl), {
      operands: { dst: lowering.write(dst), state: statesOf(lowering, engine, dst) },
      counted: 'dst',
      values: { ...generatorsOf(engine), MASK: 2 ** (8 * bytesOf(dst.dtype)) - 1 },
    }),
};
