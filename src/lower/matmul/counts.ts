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

/** Bytes of what the epilogue adds. */
export function epilogueBytes({ m, n, epilogue: { bias, residual } = {} }: MatmulPlan): number {
  return (
    (bias === undefined ? 0 : n * bytesOf(bias)) + (residual === undefined ? 0 : m * n * bytesOf(residual))
  );
}

/** Instructions by opcode and bytes by route of `planToProgram(plan)`. */
export function counts(plan: MatmulPlan): Counts {
  const { m, n, k, tile, block, accumulate } = plan;
  const alongM = along(m, block.m, tile.m);
  const alongN = along(n, block.n, tile.n);
  const tiles = alongM.tiles * alongN.tiles;
  const groups = groupsOf(plan);
  const { scale, bias, activation, residual, outScale } = plan.epilogue ?? {};
  const given = Number(accumulate);
  const added = given + Number(bias !== undefined) + Number(residual !== undefined);
  const scaled = Number(scale !== undefined) + Number(outScale !== undefined);
  const activated = Number(activation !== undefined);
  /** On the sum of the last group: the first reads PSUM, each of the others the one before. */
  const operations = Number(groups > 1) + added + scaled + activated;
  const bytesAdded =
    m * n * ((bias === undefined ? 0 : bytesOf(bias)) + (residual === undefined ? 0 : bytesOf(residual)));
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
      dma_copy: 2 * plan.passes.length * alongM.blocks * alongN.blocks + tiles * (1 + added),
      nc_matmul: plan.passes.length * tiles,
      tensor_copy: groups > 1 || operations === 0 ? tiles : 0,
      tensor_tensor: tiles * (groups - 1 + added),
      tensor_scalar: tiles * scaled,
      activation: tiles * activated,
    },
    bytes: {
      ...bytes,
      'hbm->sbuf': bytesA * alongN.blocks + bytesB * alongM.blocks + bytesOut * given + bytesAdded,
      'sbuf->psum': bytesA * alongN.tiles + bytesB * alongM.tiles,
      'psum->sbuf': bytesSum * groups,
      'sbuf->sbuf': bytesSum * (groups - 1 + Math.max(operations - 1, 0)) + bytesOut * given + bytesAdded,
      'sbuf->hbm': bytesOut,
    },
  };
}
