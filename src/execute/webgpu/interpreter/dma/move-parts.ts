/** Elements from parts of one operand to parts of another, which indices choose: all of one instruction in one work. */
import movePartsWgsl from '../../../../../shaders/interpreter/dma/move_parts.wgsl';
import type { Parts } from '../../../../isa/dma/move';
import type { Dtype } from '../../../../numerics';
import { bytesOf } from '../../../../program';
import type { Lowering } from '../lowering';
import { mayOverlap, placeAside, type Place } from '../place';
import type { Work } from '../work';
import { moveWorks, rowsOf } from './move';
import { mayMeet, partPlaces, partsAsWords, tableOf, type PartPlaces } from './parts';

export function movePartsWorks(lowering: Lowering, reads: Parts, writes: Parts): readonly Work[] {
  const [src, dst] = [reads[0], writes[0]];
  if (reads.length === 1 && writes.length === 1) {
    return src === undefined || dst === undefined ? [] : moveWorks(lowering, src, dst);
  }
  const places = [partPlaces(lowering.layout, reads), partPlaces(lowering.layout, writes)] as const;
  const dtypes = new Set([...reads, ...writes].flatMap((part) => (part === undefined ? [] : [part.dtype])));
  const words = dtypes.size === 1 ? places.map(partsAsWords) : [];
  const [from = places[0], to = places[1]] = words.includes(undefined) ? [] : words;
  const [read, written] = [tableOf(from), tableOf(to)];
  if (read === undefined || written === undefined) return [];
  if (!mayOverlap(read.place, written.place)) return [move(lowering, from, to)];
  const aside = asideOf(lowering, from, read.place);
  return [move(lowering, from, aside), move(lowering, aside, to)];
}

/** As many parts, one behind the other where there is room aside. */
function asideOf(lowering: Lowering, parts: PartPlaces, all: Place): PartPlaces {
  const whole = placeAside(lowering.layout, all, 0);
  if (parts.length === 1) return [whole];
  const width = all.width / parts.length;
  const size = bytesOf(all.dtype);
  return parts.map(
    (part, at) =>
      part && { ...whole, base: whole.base + at * width * size, width, steps: [[size, width]] as const },
  );
}

function move(lowering: Lowering, from: PartPlaces, to: PartPlaces): Work {
  const [read, written] = [tableOf(from), tableOf(to)];
  if (read === undefined || written === undefined) {
    throw new Error('Invariant violation: parts of which all are skipped');
  }
  const codes = read.place.dtype === written.place.dtype;
  const onChip = written.place.memory === 'chip';
  const inOrder = !onChip && mayMeet(to);
  return lowering.work('move_parts', movePartsWgsl, {
    operands: {
      dst: { place: written.place, reads: false, writes: true, options: {} },
      src: { place: read.place, reads: true, writes: false },
    },
    counted: 'dst',
    crosses: true,
    elementwise: !inOrder,
    lanes: onChip ? written.place.partitions : inOrder ? 1 : rowsOf(written.place.width),
    values: { CHIP: Number(onChip), CODES: Number(codes), DECODE: decoder(read.place.dtype) },
    words: [read.length, written.length, 0, from.length],
    table: { at: 2, words: [...read.bytes, ...written.bytes] },
  });
}

const decoder = (dtype: Dtype) => `decode_${dtype}`;
