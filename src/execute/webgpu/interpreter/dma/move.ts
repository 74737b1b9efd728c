/**
 * Elements from any access pattern to any other of as many elements, converted by way of float32 where formats differ. Equal
 * formats whose elements lie in whole words are moved word by word, and gathered to words where only dst's do.
 */
import moveWgsl from '../../../../../shaders/interpreter/dma/move.wgsl';
import { bytesOf, type Pattern } from '../../../../program';
import type { Lowering } from '../lowering';
import { asWords, bothAsWords, mayRepeat, placeOf, type Place } from '../place';
import type { Work } from '../work';

const MOST_LANES = 128;
/** Bytes of a word. */
const WORD = 4;

export function moveWorks(lowering: Lowering, src: Pattern, dst: Pattern): readonly Work[] {
  const codes = src.dtype === dst.dtype;
  const places = [placeOf(lowering.layout, src), placeOf(lowering.layout, dst)] as const;
  const [from, whole] = codes ? bothAsWords(...places) : places;
  // Words of dst are written at once: an element of less than a word would have to be put into what is there.
  const words = codes && whole === places[1] ? asWords(whole) : undefined;
  const gathers = words !== undefined && bytesOf(dst.dtype) < WORD && isDivided(words, lanesOf(from, words));
  const to = gathers ? words : whole;
  return lowering.lane('move', moveWgsl, {
    operands: {
      dst: { place: to, reads: false, writes: true, options: {} },
      src: { place: from, reads: true, writes: false },
    },
    counted: 'dst',
    crosses: true,
    elementwise: true,
    lanes: lanesOf(from, to),
    values: {
      CODES: Number(codes),
      DECODE: `decode_${from.dtype}`,
      PER_WORD: gathers ? WORD / bytesOf(dst.dtype) : 1,
      BITS: bytesOf(dst.dtype) * 8,
    },
  });
}

/** Whether lanes have equally many elements of a place each: in HBM its rows may end within a word. */
const isDivided = ({ memory, width }: Place, lanes: number): boolean =>
  memory === 'chip' || width % lanes === 0;

/** Rows of what is written: its partitions on chip; in HBM those of the other side, or as many as divide it. */
export function lanesOf(from: Place, to: Place): number {
  if (to.memory === 'chip') return to.partitions;
  if (mayRepeat(to)) return 1;
  return from.memory === 'chip' ? from.partitions : rowsOf(to.width);
}

/** As many equal rows as lanes are worth having. */
export function rowsOf(elements: number): number {
  for (let lanes = MOST_LANES; lanes > 1; lanes--) if (elements % lanes === 0) return lanes;
  return 1;
}
