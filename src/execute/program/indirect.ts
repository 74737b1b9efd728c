/**
 * The elements of indirect operands (ChipPattern, src/program/tensors.ts), by the offsets [partitions, elements] that were read
 * from their index tiles: where each lies, and what is wrong with the offsets.
 */
import { bytesOf, countOf, tensorBytes } from '../../program';
import type { ChipPattern, Tensor } from '../../program';

/** Where a tensor lies: the byte of its first element, and how many bytes apart partitions are. */
interface Base {
  readonly address: number;
  readonly pitch: number;
}

/** The byte address of each element, partition by partition. */
export function addressesOf(
  pattern: ChipPattern,
  offsets: Float64Array,
  { address, pitch }: Base,
): Float64Array {
  const { dtype, partition, offset, dims } = pattern;
  const [count, width] = [countOf(dims), bytesOf(dtype)];
  return offsets.map(
    (moved, at) => address + (partition + Math.floor(at / count)) * pitch + (offset + moved) * width,
  );
}

/** What was required of an index, and what it holds. */
export interface Fault {
  readonly required: string;
  readonly received: string;
}

/** The first offset that leads out of the operand's tensor, or nothing. */
export function outsideFault(
  name: string,
  pattern: ChipPattern,
  offsets: Float64Array,
  tensor: Tensor,
): Fault | undefined {
  const { dtype, offset } = pattern;
  const elements = Math.floor(tensorBytes(tensor) / bytesOf(dtype));
  const at = offsets.findIndex((moved) => offset + moved < 0 || offset + moved >= elements);
  if (at < 0) return undefined;
  const from = offset === 0 ? '' : `, and ${name} begins at element ${offset}`;
  return {
    required: `offsets of ${0 - offset}..${elements - 1 - offset}: tensor "${tensor.name}" has ${elements} elements of ${dtype}${from}`,
    received: `${offsets[at] ?? NaN} for ${placeIn(pattern, at)}`,
  };
}

/** The first element that goes where an earlier one of its partition went, or nothing; those that are not kept go nowhere. */
export function repeatedFault(
  pattern: ChipPattern,
  offsets: Float64Array,
  kept: Uint8Array | undefined,
): Fault | undefined {
  const count = countOf(pattern.dims);
  const seen = new Map<number, number>();
  for (const [at, offset] of offsets.entries()) {
    if (at % count === 0) seen.clear();
    if (kept?.[at] === 0) continue;
    const first = seen.get(offset);
    if (first !== undefined) {
      return {
        required: 'offsets that differ within a partition',
        received: `${offset} for ${placeIn(pattern, first)} and again for ${placeIn(pattern, at)}, which stays`,
      };
    }
    seen.set(offset, at);
  }
  return undefined;
}

/** An element of an operand, in words: its position in its partition, which is counted on the chip. */
function placeIn({ partition, dims }: ChipPattern, at: number): string {
  const count = countOf(dims);
  return `element ${at % count} of partition ${partition + Math.floor(at / count)}`;
}
