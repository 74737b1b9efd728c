/** Tilings: of our plans and of users, to Programs. */
import { sbufOf, type Tiling } from '../../verify/tiling';
import { canonicalPlan } from './canonical';
import { tilingToProgram } from './program';
import type { Tiled } from './types';

export { canonicalPlan, largestTile, withOrder } from './canonical';
export { tiledPlan } from './from-plan';
export { planFromJSON } from './plan-json';
export { tilingToProgram } from './program';
export { sliceOf, type Part, type Slice } from './slice';
export type { Tiled } from './types';

/** A user's tiling, ready to be judged. @throws UserError for a product that the chip cannot do. */
export function tiledByHand(tiling: Tiling): Tiled {
  const { product, passes } = tiling;
  return {
    given: 'tiling',
    product,
    passes,
    sbuf: sbufOf(tiling),
    canonical: canonicalPlan(product),
    program: () => tilingToProgram(tiling),
  };
}
