/**
 * What DMA instructions share: the queues they are issued to, where operands lie, and who builds the descriptors (nki.isa,
 * dge_mode; NKI DGE reference). "none" has them built before the run, "swdge" on GpSimd, "hwdge" in hardware driven by Sync or
 * Scalar, from NeuronCore-v3 on; "unknown" leaves it to the compiler.
 */
import { codesProblem, partitionProblem } from '../../chip';
import type { Chip, EngineName } from '../../chip';
import type { Dtype } from '../../numerics';
import type { DGE_MODES, Pattern } from '../../program';
import type { Problem } from '../entry';
import { spaceProblem } from '../rules';

export type DgeMode = (typeof DGE_MODES)[number];

/** Named choice: `dma` stands for a queue that no engine is kept busy by; the others are those that NKI names. */
export const DMA_ENGINES: readonly EngineName[] = ['dma', 'sync', 'scalar', 'gpsimd'];

/** DMA addresses any partition: the start-partition rule is of the engines, and only the range holds here. */
function rangeProblem(pattern: Pattern): Problem {
  if (pattern.space === 'hbm') return undefined;
  const { partition, partitions } = pattern;
  if (partition >= 0 && partitions >= 1 && partition + partitions <= 128) return undefined;
  return (
    partitionProblem(0, partitions) ??
    `partitions 0..127 exist, received ${partition}..${partition + partitions - 1}.`
  );
}

/** An operand lies in HBM or SBUF, and the chip has its format; `dtypeOf` says which formats it may have. */
export function dmaOperandProblem(
  name: string,
  pattern: Pattern,
  chip: Chip,
  dtypeOf: (chip: Chip, dtype: Dtype) => Problem = codesProblem,
): Problem {
  const place = spaceProblem(name, pattern, ['hbm', 'sbuf']);
  if (place !== undefined) return place;
  const problem = rangeProblem(pattern) ?? dtypeOf(chip, pattern.dtype);
  return problem === undefined ? undefined : `${name}: ${problem}`;
}

/** What decides who can build the descriptors of an instruction. */
export interface Descriptors {
  readonly engine: EngineName;
  readonly mode: DgeMode | undefined;
  /** Gather or scatter: several indices. */
  readonly vector: boolean;
  /** Addresses that only the run knows, of indices or registers. */
  readonly dynamic: boolean;
  readonly from: Dtype;
  readonly to: Dtype;
}

export function dgeProblem({ engine, mode, vector, dynamic, from, to }: Descriptors, chip: Chip): Problem {
  switch (mode) {
    case 'hwdge':
      if (chip.name === 'trn1') return 'hwdge exists on trn2 and trn3, received trn1.';
      if (engine !== 'sync' && engine !== 'scalar') {
        return `hwdge is driven by sync or scalar, received ${engine}.`;
      }
      if (from !== to) return `hwdge converts nothing, received ${from} to ${to}: use swdge or none.`;
      return vector ? 'hwdge neither gathers nor scatters: use swdge for several indices.' : undefined;
    case 'swdge':
      if (engine === 'gpsimd' || engine === 'dma') return undefined;
      return `swdge is driven by gpsimd (or dma), received ${engine}.`;
    case 'none':
      if (!dynamic) return undefined;
      return 'descriptors of dge_mode none are built before the run: it takes no index and no registers.';
    case 'unknown':
    case undefined:
      return undefined;
  }
}

export const DGE_RULES = [
  'hwdge (trn2, trn3) is issued to sync or scalar, converts nothing, and takes at most one index.',
  'swdge is issued to gpsimd or dma; none takes neither indices nor registers.',
] as const;
