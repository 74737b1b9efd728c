/** Our own plans as tilings: the passes of `planToProgram`, in its order, and what its Program holds in SBUF. */
import { CHIPS } from '../../chip';
import { bytesOf, SBUF_ALIGN } from '../../program';
import { refuseTooMany, type Product, type SbufUse, type TilePass } from '../../verify/tiling';
import { planToProgram, planMatmul, type MatmulPlan } from '../matmul';
import { banksOfTile } from '../matmul/blocking';
import { groupsOf, tilesOfBlock } from '../matmul/layout';
import type { Tiled } from './types';

/** @throws UserError for a plan of too many passes, or of a product that the chip cannot do. */
export function tiledPlan(plan: MatmulPlan): Tiled {
  const { m, n, k, a, b, out, aLayout, chip } = plan;
  const product: Product = { m, n, k, a, b, out, aLayout, chip };
  const { rounding, saturate, seed, accumulate, epilogue } = plan;
  const drawn = rounding === 'stochastic' ? { seed } : {};
  return {
    given: 'plan',
    product,
    passes: passesOf(plan),
    sbuf: sbufOfPlan(plan),
    canonical: planMatmul({
      ...product,
      rounding,
      saturate,
      accumulate,
      ...(epilogue && { epilogue }),
      ...drawn,
      doubleRow: false,
    }),
    program: () => planToProgram(plan),
  };
}

function passesOf(plan: MatmulPlan): readonly TilePass[] {
  const { m, n, tile, block, passes } = plan;
  const banks = banksOfTile(tile.n, CHIPS[plan.chip]);
  const tiles = countAlong(m, block.m, tile.m) * countAlong(n, block.n, tile.n);
  refuseTooMany(tiles * passes.length);
  const list: TilePass[] = [];
  for (let m0 = 0; m0 < m; m0 += block.m) {
    for (let n0 = 0; n0 < n; n0 += block.n) {
      const [m1, n1] = [Math.min(m0 + block.m, m), Math.min(n0 + block.n, n)];
      for (const [index, { k0, rows, interleave, group }] of passes.entries()) {
        const ends = {
          start: passes[index - 1]?.group !== group,
          stop: passes[index + 1]?.group !== group,
        };
        let slot = 0;
        for (let row = m0; row < m1; row += tile.m) {
          for (let column = n0; column < n1; column += tile.n) {
            list.push({
              m: [row, Math.min(row + tile.m, m1)],
              n: [column, Math.min(column + tile.n, n1)],
              k: [k0, k0 + rows * interleave],
              ...(interleave === 2 && { doubleRow: true }),
              bank: slot++ * banks,
              ...ends,
            });
          }
        }
      }
    }
  }
  return list;
}

/** Tiles along one axis: the last of each block may be ragged. */
function countAlong(extent: number, block: number, tile: number): number {
  return Math.floor(extent / block) * Math.ceil(block / tile) + Math.ceil((extent % block) / tile);
}

/** As `layoutOf` lays it out, but without refusing what does not fit. */
function sbufOfPlan(plan: MatmulPlan): SbufUse {
  const { tile, block, buffers, passes } = plan;
  const lanes = passes.reduce((most, { interleave }) => Math.max(most, interleave), 1);
  const tiles = tilesOfBlock(plan);
  const holds = [
    { what: 'slabs of A', count: buffers.a, bytes: lanes * block.m * bytesOf(plan.a) },
    { what: 'slabs of B', count: buffers.b, bytes: lanes * block.n * bytesOf(plan.b) },
    { what: 'tiles of C', count: plan.accumulate ? buffers.out : 0, bytes: tile.n * bytesOf(plan.out) },
    { what: 'tiles of the output', count: buffers.out, bytes: tile.n * bytesOf(plan.out) },
    { what: 'sums of groups', count: groupsOf(plan) > 1 ? tiles.m * tiles.n : 0, bytes: tile.n * 4 },
  ].filter(({ count }) => count > 0);
  const align = (bytes: number): number => Math.ceil(bytes / SBUF_ALIGN) * SBUF_ALIGN;
  const bytes = holds.reduce((sum, held) => sum + held.count * align(held.bytes), 0);
  return { bytes, usable: CHIPS[plan.chip].sbuf.usableBytes, pass: 0, holds };
}
