/**
 * Operands whose parts an index chooses (src/isa/dma/indirect.ts): the indices are read back, the host says where the parts lie,
 * and a kernel finds their first bytes in a table behind its descriptor.
 */
import {
  partsOf,
  readIndices,
  type IndexReader,
  type OobMode,
  type Side,
} from '../../../../isa/dma/indirect';
import { eachKept, type Kept, type Parts } from '../../../../isa/dma/move';
import { bytesOf, tensorBytes } from '../../../../program';
import type { NamedOperand } from '../../../../program';
import type { Context } from '../entry';
import { asWords, mayRepeat, placeOf, rangeOf, type Place } from '../place';
import type { Layout } from '../layout';

/** In a table: a part that is neither read nor written. */
const SKIPPED = 0xffffffff;

/** The indices of sides, which are read back first. */
export const indicesOf = (sides: readonly Side[]): readonly NamedOperand[] =>
  sides.flatMap(({ indexName, index }) => (index === undefined ? [] : [{ name: indexName, pattern: index }]));

/**
 * The parts of sides, whose indices were peeked at in their order; [the pattern] of one without an index.
 *
 * @throws UserError as the reference does when an index is outside.
 */
export function chosenParts(
  context: Context,
  sides: readonly Side[],
  mode: OobMode | undefined,
): readonly Parts[] {
  const indexed = sides.filter(({ index }) => index !== undefined);
  return sides.map((side) => {
    const reader = readerOf(context, indexed.indexOf(side));
    return partsOf(reader, side, readIndices(reader, side), mode);
  });
}

/** The indices of the only side that has any. */
export const chosenIndices = (context: Context, side: Side): readonly number[] =>
  readIndices(readerOf(context, 0), side);

/** Reads the indices that were peeked at as number `at`. */
function readerOf({ lowering, peeked, report }: Context, at: number): IndexReader {
  return {
    read: () => peeked[at] ?? new Uint32Array(0),
    elementsIn: (name, dtype) => {
      const tensor = lowering.layout.tensors.get(name);
      return tensor === undefined ? 0 : Math.floor(tensorBytes(tensor) / bytesOf(dtype));
    },
    report,
  };
}

/** @throws UserError when any of the kept elements was never written. */
export function requireKept({ require }: Context, operand: string, parts: Parts, kept: Kept): void {
  eachKept(parts, kept, (part) => {
    require(operand, part);
  });
}

export function markKept({ mark }: Context, parts: Parts, kept: Kept): void {
  eachKept(parts, kept, (part) => {
    mark(part);
  });
}

/** Where the parts of an operand lie; undefined ones are skipped. */
export type PartPlaces = readonly (Place | undefined)[];

export const partPlaces = (layout: Layout, parts: Parts): PartPlaces =>
  parts.map((part) => part && placeOf(layout, part));

/** Parts as 32-bit words, where each of them can be. */
export function partsAsWords(parts: PartPlaces): PartPlaces | undefined {
  const words = parts.map((place) => place && asWords(place));
  return words.every((place, at) => (place === undefined) === (parts[at] === undefined)) ? words : undefined;
}

/** All parts of an operand as one place, and the first byte of each. */
export interface Table {
  readonly place: Place;
  readonly bytes: readonly number[];
  /** Elements of a part. */
  readonly length: number;
}

/** undefined where every part is skipped. */
export function tableOf(parts: PartPlaces): Table | undefined {
  const [first] = parts.filter((place) => place !== undefined);
  if (first === undefined) return undefined;
  const bytes = parts.map((place) => place?.base ?? SKIPPED);
  if (parts.length === 1) return { place: first, bytes, length: first.width * first.partitions };
  const reach = parts.flatMap((place) => (place === undefined ? [] : rangeOf(place)));
  const place: Place = {
    ...first,
    width: first.width * parts.length,
    aligned: parts.every((each) => each?.aligned !== false),
    reach: [reach.reduce((a, b) => Math.min(a, b)), reach.reduce((a, b) => Math.max(a, b))],
  };
  return { place, bytes, length: first.width };
}

/** Whether elements of several parts, or of one, may coincide. */
export function mayMeet(parts: PartPlaces): boolean {
  const places = parts.filter((place) => place !== undefined);
  if (places.some(mayRepeat)) return true;
  const ranges = places.map(rangeOf).sort(([a], [b]) => a - b);
  return ranges.some(([low], at) => low < (ranges[at - 1]?.[1] ?? -Infinity));
}
