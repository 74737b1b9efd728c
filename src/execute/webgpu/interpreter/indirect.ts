/**
 * Operands whose elements an index tile chooses, on trn3 (ChipPattern.index): they are gathered to room aside before an instruction
 * reads them, and scattered from there after it has written them, so that no instruction knows of indices.
 */
import gatherWgsl from '../../../../shaders/interpreter/gather.wgsl';
import scatterWgsl from '../../../../shaders/interpreter/scatter.wgsl';
import { bytesOf, tensorBytes } from '../../../program';
import type { Pattern } from '../../../program';
import type { Layout } from './layout';
import type { LaneOptions, Use } from './use';
import { placeOf, type Place } from './place';
import type { Work } from './work';

/** The place of an operand, and of its index; what the index chooses counts from the operand's offset and lies in its tensor. */
export function placesOf(
  layout: Layout,
  pattern: Pattern,
): { readonly place: Place; readonly index?: Place } {
  const place = placeOf(layout, pattern);
  if (pattern.index === undefined) return { place };
  // Its tensor lies in one piece, wherever that is now.
  const start = place.base - pattern.offset * bytesOf(pattern.dtype);
  const tensor = layout.tensors.get(pattern.tensor);
  const end = start + (tensor === undefined ? 0 : tensorBytes(tensor));
  const chosen = {
    ...place,
    steps: [[bytesOf(place.dtype), place.width]] as const,
    reach: [start, end] as const,
  };
  return { place: chosen, index: placeOf(layout, pattern.index) };
}

/** What makes works, and how many partitions share the offsets of an index. */
interface Maker {
  readonly group: number;
  work(name: string, body: string, options: LaneOptions): Work;
}

/** aside = the elements that the index of `use` chooses. */
export function gatherWork(maker: Maker, { place, index }: Use, aside: Place): Work {
  return maker.work('gather', gatherWgsl, {
    operands: {
      dst: { place: aside, reads: false, writes: true },
      src: { place, reads: true, writes: false },
      index: { place: index ?? place, reads: true, writes: false },
    },
    counted: 'dst',
    crosses: true,
    elementwise: true,
    values: { GROUP: maker.group },
  });
}

/** The elements that the index of `use` chooses = aside. */
export function scatterWork(maker: Maker, { place, index }: Use, aside: Place): Work {
  return maker.work('scatter', scatterWgsl, {
    operands: {
      dst: { place, reads: false, writes: true },
      src: { place: aside, reads: true, writes: false },
      index: { place: index ?? place, reads: true, writes: false },
    },
    counted: 'src',
    crosses: true,
    values: { GROUP: maker.group },
  });
}
