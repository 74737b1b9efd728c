/**
 * How the contraction is cut into passes of the systolic array. This is the part of a plan that decides bits: float32
 * addition is not associative, so two plans that cut K differently differ in the result.
 */
import { UserError } from '../../numerics';
import type { Pass } from './types';

/** Rows of the systolic array. */
const ROWS = 128;

/** A plan lists its passes, so there is a limit to how many it can have. */
export const MAX_PASSES = 2 ** 20;

export interface Cut {
  readonly k: number;
  /** K extent of one accumulation group. */
  readonly group: number;
  /** K extent of one full pass: an even number with double-row. */
  readonly pass: number;
  readonly doubleRow: boolean;
}

/**
 * The passes of every group in order. Full passes first; of the remainder R of a group, with double-row, an even R is
 * one double-row pass of R/2 rows, an odd R is plain passes of at most 128 rows, or as many as `pass` says.
 *
 * @throws UserError when there would be more than {@link MAX_PASSES}.
 */
export function cutPasses({ k, group, pass, doubleRow }: Cut): readonly Pass[] {
  const needed = Math.ceil(k / group) * Math.ceil(Math.min(group, k) / pass);
  if (needed > MAX_PASSES) {
    throw new UserError(
      `k = ${k} in groups of ${group} needs about ${needed} passes of ${pass}; a plan lists at most ${MAX_PASSES}: raise tile.k or block.k, or split k.`,
    );
  }
  const passes: Pass[] = [];
  const interleave = doubleRow ? 2 : 1;
  const fullRows = pass / interleave;
  for (let start = 0, index = 0; start < k; start += group, index++) {
    const end = Math.min(start + group, k);
    let k0 = start;
    const push = (rows: number, lanes: 1 | 2) => {
      passes.push({ k0, rows, interleave: lanes, group: index });
      k0 += rows * lanes;
    };
    while (end - k0 >= pass) push(fullRows, interleave);
    if (doubleRow && (end - k0) % 2 === 0 && k0 < end) push((end - k0) / 2, 2);
    while (k0 < end) push(Math.min(ROWS, pass, end - k0), 1);
  }
  return passes;
}
