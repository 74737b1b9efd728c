/**
 * Indirect addressing of a DMA operand in HBM (nki.isa.dma_copy, "Indirect addressing"; NKI access patterns, scalar_offset and
 * vector_offset). Indices lie in SBUF and are taken first partitions, then columns. One index moves the whole pattern by
 * index x stride elements. Several replace the steps of its outermost dimension: step k lies index[k] x stride elements from
 * the pattern's offset.
 *
 * Named choice: an index is outside when any element that it addresses is not one of the tensor's.
 */
import { UserError } from '../../numerics';
import { elementsOf } from '../../program';
import type { ChipPattern, Dim, OOB_MODES, Pattern } from '../../program';
import type { Machine, Problem } from '../entry';
import { spaceProblem, widthOf } from '../rules';
import type { Chip } from '../../chip';
import { dmaOperandProblem } from './queue';

export type OobMode = (typeof OOB_MODES)[number];

/** An operand and its indices: all or none of the three last. */
export interface Side {
  readonly name: string;
  readonly pattern: Pattern;
  readonly indexName: string;
  readonly index: ChipPattern | undefined;
  readonly stride: number | undefined;
}

/** Steps of the outermost dimension. */
const stepsOf = ({ dims }: Pattern) => dims[0]?.[1] ?? 1;

/** Whether it gathers or scatters. */
export const isVector = ({ index }: Side): boolean => index !== undefined && elementsOf(index) > 1;

/** What is wrong with the indices of an operand; `spare` ones may be left over at the end. */
export function indexProblem(side: Side, chip: Chip, { spare = false } = {}): Problem {
  const { name, pattern, indexName, index, stride } = side;
  if (index === undefined || stride === undefined) {
    if (index === stride) return undefined;
    return `${indexName} and its stride go together, received ${index ? 'the index' : 'the stride'} alone.`;
  }
  if (pattern.space !== 'hbm')
    return `${name} has an index and so must be in hbm, received ${pattern.space}.`;
  const place = spaceProblem(indexName, index, ['sbuf']) ?? dmaOperandProblem(indexName, index, chip);
  if (place !== undefined) return place;
  if (index.dtype !== 'uint32' && index.dtype !== 'int32') {
    return `${indexName} must be uint32 or int32, received ${index.dtype}.`;
  }
  const [count, steps] = [elementsOf(index), stepsOf(pattern)];
  if (count !== 1 && (spare ? count < steps : count !== steps)) {
    return `${indexName} must have 1 element or ${spare ? 'at least ' : ''}one for each of the ${steps} steps of ${name}’s outermost dimension, received ${count}.`;
  }
  if (count > 1 && widthOf(index) > 1 && index.partitions !== 128) {
    return `${indexName} of several columns must have 128 partitions, received ${index.partitions}.`;
  }
  return undefined;
}

/** What indices are read and held against. */
export type IndexReader = Pick<Machine, 'read' | 'elementsIn' | 'report'>;

/** The indices in their order: all of the first column, then the next. */
export function readIndices(machine: IndexReader, { pattern, indexName, index }: Side): readonly number[] {
  if (index === undefined) return [];
  const codes = machine.read(indexName, index);
  const { partitions, dtype } = index;
  const columns = codes.length / partitions;
  const count = codes.length === 1 ? 1 : stepsOf(pattern);
  return Array.from({ length: count }, (_, at) => {
    const code = codes[(at % partitions) * columns + Math.floor(at / partitions)] ?? NaN;
    return dtype === 'int32' ? code | 0 : code;
  });
}

/** How far a pattern reaches below and above its offset. */
function reachOf(dims: readonly Dim[]): readonly [low: number, high: number] {
  let [low, high] = [0, 0];
  for (const [stride, count] of dims) {
    const end = stride * (count - 1);
    low += Math.min(end, 0);
    high += Math.max(end, 0);
  }
  return [low, high];
}

/**
 * The pattern's parts that the indices address, in their order, undefined for those that are skipped; the pattern itself where
 * there is no index.
 *
 * @throws UserError when an index is outside, unless such are skipped.
 */
export function partsOf(
  machine: IndexReader,
  side: Side,
  indices: readonly number[],
  mode: OobMode = 'error',
): readonly (Pattern | undefined)[] {
  const { pattern, stride = 0 } = side;
  if (side.index === undefined) return [pattern];
  const dims = isVector(side) ? pattern.dims.slice(1) : pattern.dims;
  const [low, high] = reachOf(dims);
  const elements = machine.elementsIn(pattern.tensor, pattern.dtype);
  return indices.map((index, at) => {
    const offset = pattern.offset + index * stride;
    if (offset + low >= 0 && offset + high < elements) return { ...pattern, offset, dims };
    if (mode === 'skip') return undefined;
    const [lowest, highest] = [-pattern.offset - low, elements - 1 - pattern.offset - high];
    throw outside(machine, side, { at, index, lowest, highest, elements });
  });
}

interface Outside {
  /** Which index, and its value. */
  readonly at: number;
  readonly index: number;
  /** Where index x stride must lie. */
  readonly lowest: number;
  readonly highest: number;
  readonly elements: number;
}

function outside(
  machine: IndexReader,
  { pattern, indexName, stride = 0 }: Side,
  { at, index, lowest, highest, elements }: Outside,
): UserError {
  const range =
    stride === 0
      ? 'no index at all'
      : `indices ${Math.ceil(lowest / stride) + 0}..${Math.floor(highest / stride)}`;
  const required = `${range}: tensor "${pattern.tensor}" has ${elements} elements of ${pattern.dtype}, ${stride} to an index`;
  const received = `${index} as index ${at}`;
  machine.report('index-outside', indexName, required, received);
  return new UserError(
    `operand ${indexName}: required ${required}; received ${received}. Correct the indices, or have such skipped (oob_mode skip).`,
  );
}
