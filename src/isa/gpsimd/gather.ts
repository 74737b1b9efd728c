/**
 * What nki.isa.local_gather and nc_n_gather share. NKI leaves indices outside undefined. Named choice: an element outside the
 * partition of the tile is all zero bits, and the run reports the indices.
 */
import type { CodeArray } from '../../numerics';
import type { ChipPattern } from '../../program';
import type { Machine, Problem } from '../entry';

/** Codes go to dst as they are. */
export function sameFormatProblem(name: string, tile: ChipPattern, dst: ChipPattern): Problem {
  return tile.dtype === dst.dtype
    ? undefined
    : `${name} must have dst’s format, ${dst.dtype}, received ${tile.dtype}.`;
}

/** Who has a list of indices of its own. */
export type Holder = 'partition' | 'core';

/** Reports the indices above `most`: of lists of `each`, one after another. */
export function reportOutside(
  machine: Machine,
  operand: string,
  indices: CodeArray,
  each: number,
  holder: Holder,
  most: number,
): void {
  const first = indices.findIndex((index) => index > most);
  if (first < 0) return;
  let count = 0;
  for (const index of indices) if (index > most) count++;
  const place = { list: Math.floor(first / each), at: first % each };
  const outside = { count, of: indices.length, first: indices[first] ?? NaN, ...place };
  machine.report('index-outside', operand, ...outsideTexts(outside, holder, most));
}

/** Indices above a limit: how many of all, and the first one, which is number `at` of list number `list`. */
export interface Outside {
  readonly count: number;
  readonly of: number;
  readonly first: number;
  readonly list: number;
  readonly at: number;
}

/** What was required of indices, and what was received. */
export function outsideTexts(
  { count, of, first, list, at }: Outside,
  holder: Holder,
  most: number,
): readonly [required: string, received: string] {
  return [
    `indices 0..${most}`,
    `${count} of ${of} outside, the first ${first} (${holder} ${list}, index ${at})`,
  ];
}
