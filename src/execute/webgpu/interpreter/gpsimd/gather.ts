/** What local_gather and nc_n_gather share: see src/isa/gpsimd/gather.ts. */
import gatherWgsl from '../../../../../shaders/interpreter/gpsimd/local_gather.wgsl';
import outsideWgsl from '../../../../../shaders/interpreter/gpsimd/outside.wgsl';
import { CORE } from '../../../../isa/gpsimd/cores';
import { outsideTexts, type Outside } from '../../../../isa/gpsimd/gather';
import { countOf } from '../../../../program';
import type { ChipPattern } from '../../../../program';
import type { Context } from '../entry';
import { REPORT_WORDS, type Reports, type Work } from '../work';

export interface Gather {
  readonly dst: ChipPattern;
  readonly src: ChipPattern;
  readonly index: ChipPattern;
  /** The index operand, in findings. */
  readonly name: string;
  /** Elements that each index takes. */
  readonly each: number;
  /** Indices that a core takes; left out where each partition has its own. */
  readonly snake?: number;
}

export function gatherWorks({ lowering, report }: Context, gather: Gather): readonly Work[] {
  const { name, each, snake } = gather;
  const most = countOf(gather.src.dims) - each;
  const [dst, src, index] = [
    lowering.write(gather.dst),
    lowering.read(gather.src),
    lowering.read(gather.index),
  ];
  const values = { SNAKE: Number(snake !== undefined) };
  const crosses = snake !== undefined;
  const holder = crosses ? 'core' : 'partition';
  const check = lowering.lane('index_outside', outsideWgsl, {
    operands: { index },
    counted: 'index',
    values,
    words: [most, snake ?? 0],
    reported: (reports, core) => {
      const [required, received] = outsideTexts(outsideOf(reports, gather), holder, most);
      report('index-outside', name, required, received, core);
    },
  });
  const works = lowering.lane('local_gather', gatherWgsl, {
    operands: { dst, src, index },
    counted: 'dst',
    crosses,
    independent: true,
    values,
    words: [each],
  });
  return [...check, ...works];
}

/** From what each partition reported: how many of its indices are outside, and the first of them. */
function outsideOf(reports: Reports, { index, snake }: Gather): Outside {
  const { partitions, dims } = index;
  let count = 0;
  let first: Pick<Outside, 'first' | 'list' | 'at'> | undefined;
  for (let lane = 0; lane < partitions; lane++) {
    const [own = 0, i = 0, code = 0] = reports.subarray(lane * REPORT_WORDS);
    if (own === 0) continue;
    count += own;
    const list = snake === undefined ? lane : Math.floor(lane / CORE);
    const at = snake === undefined ? i : i * CORE + (lane % CORE);
    if (first === undefined || (list === first.list && at < first.at)) first = { first: code, list, at };
  }
  const of = snake === undefined ? partitions * countOf(dims) : (partitions / CORE) * snake;
  return { count, of, ...(first ?? { first: NaN, list: 0, at: 0 }) };
}
