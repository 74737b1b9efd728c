/** The rules that bn_stats and bn_aggr share: `results` numbers for each partition of data. */
import type { Chip, EngineName } from '../../chip';
import type { ChipPattern, WriteOptions } from '../../program';
import { writeProblem } from '../convert';
import type { Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';

interface Statistics {
  readonly engine: EngineName;
  readonly dst: ChipPattern;
  readonly sources: { readonly data: ChipPattern };
  readonly attributes: WriteOptions;
}

export function bnProblems(
  { engine, dst, sources: { data }, attributes }: Statistics,
  results: number,
  chip: Chip,
): readonly Problem[] {
  return [
    spaceProblem('dst', dst, ['sbuf', 'psum']),
    spaceProblem('data', data, ['sbuf', 'psum']),
    ...operandProblems({ dst, data }, engine, chip),
    dst.partitions !== data.partitions || widthOf(dst) !== results
      ? `dst must be ${data.partitions} x ${results}, received ${dst.partitions} x ${widthOf(dst)}.`
      : undefined,
    writeProblem(attributes),
  ];
}
