/**
 * From a request to a plan: the cut of K into passes and groups, the tiles, the blocking. One group spans all of K
 * unless the user asks for a smaller block.k: loads stream past open PSUM banks, and nothing is added outside PSUM.
 */
import { CHIPS, parseChip } from '../../chip';
import { UserError } from '../../numerics';
import { chooseBlock } from './blocking';
import { checkedEpilogue } from './epilogue';
import { cutPasses } from './passes';
import { checkRequest, tileLimits, wantsDoubleRow } from './request';
import type { Extent, MatmulPlan, MatmulRequest } from './types';

const LOOP_ORDER = ['block-m', 'block-n', 'block-k', 'pass', 'tile-m', 'tile-n'] as const;

/** The least of the extents that are given. */
const least = (...extents: readonly (number | undefined)[]) =>
  Math.min(...extents.filter((extent) => extent !== undefined));

/**
 * Plans out[M, N] = encode(out, epilogue((C +) A[M, K] B[K, N])) for any whole M, N, K. Chip trn2, output float32, A row-major and
 * rounding to nearest even when left out.
 *
 * @throws UserError for extents, formats, tiles or blocks that the chip cannot do, saying what it can.
 */
export function planMatmul(request: MatmulRequest): MatmulPlan {
  const { m, n, k, a, b, out = 'float32', accumulate = false, aLayout = 'row-major' } = request;
  const { rounding = 'nearest-even', saturate = false, seed = 0 } = request;
  const chip = CHIPS[parseChip(request.chip ?? 'trn2')];
  const epilogue = checkedEpilogue(request.epilogue, chip);
  checkRequest(request, out, chip);
  const block = request.block ?? {};
  const wanted = wantsDoubleRow(request, chip);
  const limit = tileLimits(request.tile ?? {}, wanted, chip);
  const group = least(block.k, k);
  // Groups of odd extent below a full pass are plain: then no pass of any group is double-row, not the last one's alone.
  const odd = group < limit.k && group % 2 === 1;
  const passes = cutPasses({ k, group, pass: limit.k, doubleRow: wanted && !odd });
  const doubleRow = passes.some((pass) => pass.interleave === 2);
  if (request.doubleRow === true && !doubleRow) {
    throw new UserError(
      `No pass can be double-row: ${group} is odd and less than a full pass of ${limit.k}. Leave doubleRow out, or make K even.`,
    );
  }
  const tile: Extent = {
    m: least(limit.m, block.m, m),
    n: least(limit.n, block.n, n),
    k: passes.reduce((most, pass) => Math.max(most, pass.rows * pass.interleave), 1),
  };
  return {
    m,
    n,
    k,
    a,
    b,
    out,
    rounding,
    saturate,
    seed,
    ...(epilogue && { epilogue }),
    accumulate,
    aLayout,
    chip: chip.name,
    tile,
    block: { ...chooseBlock(request, tile, chip), k: group },
    loopOrder: LOOP_ORDER,
    doubleRow,
    passes,
    buffers: { a: 2, b: 2, out: 2 },
  };
}
