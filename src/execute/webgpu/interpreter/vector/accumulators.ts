/** The accumulator registers on the adapter, by dst's partitions, of Vector unless told: the twin of src/isa/vector/accumulators.ts. */
import readAccumulatorsWgsl from '../../../../../shaders/interpreter/vector/read_accumulators.wgsl';
import type { AccumulatorEngine } from '../../../../isa';
import type { ChipPattern } from '../../../../program';
import { floatWord, type Lowering, type Use } from '../lowering';
import { placeOfState } from '../place';
import type { Work } from '../work';

const NAME = 'vector_accumulator';

/** The registers as an operand of P x 1: what is put there is float32, of NaN the canonical one. */
export function accumulatorsOf(
  lowering: Lowering,
  dst: ChipPattern,
  engine: AccumulatorEngine = 'vector',
): Use {
  const use = lowering.state(`${engine}_accumulator`, dst);
  return { ...use, place: { ...use.place, dtype: 'float32' } };
}

/** All of them become a value. */
export function setAccumulators(lowering: Lowering, dst: ChipPattern, value: number): readonly Work[] {
  const { partition, partitions } = dst;
  return lowering.fill(placeOfState(lowering.layout, NAME, partition, partitions), floatWord(value));
}

/**
 * Reads registers into a [P, 1] tile, where the instruction has one. A work of its own, since the tile may lie in partitions that
 * other lanes write.
 */
export function readAccumulators(
  lowering: Lowering,
  dst: ChipPattern,
  tile: ChipPattern | undefined,
  {
    negate = false,
    engine = 'vector',
  }: { readonly negate?: boolean | undefined; readonly engine?: AccumulatorEngine } = {},
): readonly Work[] {
  if (tile === undefined) return [];
  return lowering.lane('read_accumulators', readAccumulatorsWgsl, {
    operands: { dst: lowering.write(tile, {}), accumulator: accumulatorsOf(lowering, dst, engine) },
    counted: 'dst',
    values: { NEGATE: Number(negate) },
    functions: {},
  });
}
