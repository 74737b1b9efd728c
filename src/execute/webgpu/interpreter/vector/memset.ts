/** memset: see src/isa/vector/memset.ts. */
import type { GpuEntry } from '../entry';
import { placeOf } from '../place';

export const memset: GpuEntry<'memset'> = {
  works: ({ dst, attributes }, { lowering }) => lowering.fill(placeOf(lowering.layout, dst), attributes.code),
};
