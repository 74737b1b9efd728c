/**
 * The affine value of nki.isa.iota and affine_select: offset + p * channel_multiplier + the sum of index * step, for partition p
 * of dst, counted from its first, and the indices of up to 4 dimensions, outermost first. 32-bit signed arithmetic that wraps.
 */
import { countOf } from '../../program';
import type { ChipPattern } from '../../program';
import type { Problem } from '../entry';
import { wordProblem } from './integers';

export interface Affine {
  readonly pattern: readonly (readonly [step: number, count: number])[];
  readonly offset?: number;
  readonly channel_multiplier?: number;
}

const MAX_DIMS = 4;

/** The values of all of dst's partitions, in access-pattern order. */
export function affineValues(affine: Affine, partitions: number): Int32Array<ArrayBuffer> {
  const { pattern, offset = 0, channel_multiplier = 0 } = affine;
  let values = Int32Array.of(offset);
  for (const [step, count] of [[channel_multiplier, partitions], ...pattern] as const) {
    const finer = new Int32Array(values.length * count);
    values.forEach((value, at) => {
      // Below 2^53, so exact; the array keeps the low 32 bits.
      for (let index = 0; index < count; index++) finer[at * count + index] = value + index * step;
    });
    values = finer;
  }
  return values;
}

export function affineProblems(affine: Affine, dst: ChipPattern): readonly Problem[] {
  const { pattern, offset = 0, channel_multiplier = 0 } = affine;
  const problems: Problem[] = [
    wordProblem('offset', offset),
    wordProblem('channel_multiplier', channel_multiplier),
  ];
  if (pattern.length < 1 || pattern.length > MAX_DIMS) {
    problems.push(`pattern has 1 to ${MAX_DIMS} dimensions, received ${pattern.length}.`);
  }
  for (const [step, count] of pattern) {
    problems.push(wordProblem('a step of pattern', step));
    if (count < 1) problems.push(`a dimension of pattern has at least 1 element, received ${count}.`);
  }
  const [wanted, received] = [countOf(dst.dims), countOf(pattern)];
  if (wanted !== received) {
    problems.push(
      `pattern must have as many elements as a partition of dst, ${wanted}, received ${received}.`,
    );
  }
  return problems;
}
