/** What a plan's Program does, in closed form: the same numbers as counting its instructions, for plans of any size. */
import { bytesOf, noCounts } from '../../program';
import type { Counts } from '../../program';
import { groupsOf } from './layout';
import type { MatmulPlan } from './types';

/** Blocks along one axis, and tiles in all of them: the last block may be ragged, and so may the last tile of each. */
function along(
  extent: number,
  block: number,
  tile: number,
): { readonly blocks: number; readonly tiles: number } {
  const tiles = Math.floor(extent / block) * Math.ceil(block / tile) + Math.ceil((extent % block) / tile);
  return { blocks: Math.ceil(extent / block), tiles };
}

/** Instructions by opcode and bytes by route of `planToProgram(plan)`. */
export function counts(plan: MatmulPlan): Counts {
  const { m, n, k, tile, block, accumulate } = plan;
  const alongM = along(m, block.m, tile.m);
  const alongN = along(n, block.n, tile.n);
  const tiles = alongM.tiles * alongN.tiles;
  const groups = groupsOf(plan);
  const given = accumulate ? 1 : 0;
  const { instructions, bytes } = noCounts();
  const [bytesA, bytesB, bytesOut] = [
    m * k * bytesOf(plan.a),
    k * n * bytesOf(plan.b),
    m * n * bytesOf(plan.out),
  ];
  const bytesSum = m * n * 4;
  return {
    instructions: {
      ...instructions,
      dma_copy: 2 * plan.passes.length * alongM.blocks * alongN.blocks + tiles * (1 + given),
      nc_matmul: plan.passes.length * tiles,
      tensor_copy: groups > 1 || !accumulate ? tiles : 0,
      tensor_tensor: tiles * (groups - 1 + given),
    },
    bytes: {
      ...bytes,
      'hbm->sbuf': bytesA * alongN.blocks + bytesB * alongM.blocks + bytesOut * given,
      'sbuf->psum': bytesA * alongN.tiles + bytesB * alongM.tiles,
      'psum->sbuf': bytesSum * groups,
      'sbuf->sbuf': (groups > 1 ? bytesSum * (groups - 1 + given) : 0) + bytesOut * given,
      'sbuf->hbm': bytesOut,
    },
  };
}
