/** A tiling beside plans: the canonical plan of its product, and the plan that adds in the tiling's own order. */
import { lengthOf, type KPass, type Product, type TilePass } from '../../verify/tiling';
import { planMatmul, type MatmulPlan } from '../matmul';

/** @throws UserError for a product that the chip cannot do. */
export function canonicalPlan({ m, n, k, a, b, out, aLayout, chip }: Product): MatmulPlan {
  return planMatmul({ m, n, k, a, b, out, aLayout, chip, doubleRow: false });
}

/** The canonical plan with other passes along K: what the reference loop, the WASM checker and the fused kernel then follow. */
export function withOrder(
  canonical: MatmulPlan,
  order: readonly KPass[],
  tile: { readonly m: number; readonly n: number } = canonical.tile,
): MatmulPlan {
  const k = order.reduce((most, { rows, interleave }) => Math.max(most, rows * interleave), 1);
  const doubleRow = order.some(({ interleave }) => interleave === 2);
  return { ...canonical, passes: order, doubleRow, tile: { ...tile, k } };
}

/** The largest tile of the output that any pass has. */
export function largestTile(passes: readonly TilePass[]): { readonly m: number; readonly n: number } {
  return {
    m: passes.reduce((most, { m }) => Math.max(most, lengthOf(m)), 1),
    n: passes.reduce((most, { n }) => Math.max(most, lengthOf(n)), 1),
  };
}
