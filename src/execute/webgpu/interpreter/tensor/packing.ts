/** Where the operands of matmuls wait for their product: packed rows in scratch, and what is known of them. */
import packMxWgsl from '../../../../../shaders/interpreter/tensor/pack_mx.wgsl';
import packWgsl from '../../../../../shaders/interpreter/tensor/pack.wgsl';
import { bitsOf, elementOf, isPacked, type Dtype } from '../../../../numerics';
import type { Use, Lowering } from '../lowering';
import { SCRATCH_BYTES, STATS_BYTES } from '../layout';
import { asWords, touchOf, type Place } from '../place';
import { meet, touchOfScratch, type Touch, type Work } from '../work';

/** `mx` is float32, of elements times their scales, and besides elements and scales apart. */
export type Packing = 'bfloat16' | 'float32' | 'mx';

/** bfloat16 holds every value of it, and of the 8-bit formats; float16 and float32 take a word each. */
export const packingOf = (dtype: Dtype): Packing =>
  isPacked(dtype) ? 'mx' : dtype === 'bfloat16' || bitsOf(dtype) <= 8 ? 'bfloat16' : 'float32';

/** The format in which the quick product sees it. */
export const formatOf = (packing: Packing): 'bfloat16' | 'float32' =>
  packing === 'mx' ? 'float32' : packing;

export const perWord = (packing: Packing): number => (packing === 'bfloat16' ? 2 : 1);

/** Columns that rows are padded to: those of a workgroup for the moving operand, of an invocation for the stationary one. */
export const PADDING = { stationary: 16, moving: 128 } as const;

export type Side = keyof typeof PADDING;

export const rowWords = (side: Side, packing: Packing, columns: number): number =>
  (Math.ceil(columns / PADDING[side]) * PADDING[side]) / perWord(packing);

/** Words of all rows. */
export const packedWords = (side: Side, packing: Packing, columns: number, rows: number): number =>
  rows * rowWords(side, packing, columns) * (packing === 'mx' ? 2 : 1);

/** An operand as it lies in scratch. */
export interface Packed {
  readonly word: number;
  readonly stat: number;
  readonly words: number;
}

/** Scratch, which is filled from its beginning and emptied by a submission. */
export class Scratch {
  #word = 0;
  #stat = 0;
  /** What is packed and was not written since, by what it is. */
  readonly #kept = new Map<string, { readonly packed: Packed; readonly touch: Touch }>();

  /** Whether there is no room for so many words, and one more group of stats. */
  isFull(words: number): boolean {
    return (this.#word + words) * 4 > SCRATCH_BYTES || (this.#stat + 4) * 4 > STATS_BYTES;
  }

  /** An operand that is packed already. */
  kept(key: string): Packed | undefined {
    return this.#kept.get(key)?.packed;
  }

  /** Remembers what is packed, until `written` is told that it changed. */
  keep(key: string, packed: Packed, place: Place): void {
    this.#kept.set(key, { packed, touch: touchOf(place, false) });
  }

  /** Forgets operands that a work writes to. */
  written({ touches }: Work): void {
    if (this.#kept.size === 0) return;
    for (const touch of touches) {
      if (!touch.writes) continue;
      for (const [key, kept] of this.#kept) if (meet(kept.touch, touch)) this.#kept.delete(key);
    }
  }

  take(words: number): Packed {
    const packed = { word: this.#word, stat: this.#stat, words };
    this.#word += Math.ceil(words / 4) * 4;
    this.#stat++;
    return packed;
  }

  /** A place in stats alone. */
  takeStat(): number {
    return this.#stat++;
  }

  empty(): void {
    this.#word = 0;
    this.#stat = 0;
    this.#kept.clear();
  }
}

/** What tells an operand that is packed from others. */
export function packingKey(
  side: Side,
  { base, partition, partitions, steps, dtype }: Place,
  { each }: Rows,
): string {
  return `${side} ${dtype} ${each} ${base} ${partition}:${partitions} ${steps.join(' ')}`;
}

/** Whether what is known of operands is asked for: of MX, and where the adapter flushes subnormals. */
export const scans = ({ arithmetic }: Lowering, packing: Packing): boolean =>
  packing === 'mx' || arithmetic !== 'native';

/** What the rows of an operand are. */
export interface Rows {
  readonly columns: number;
  /** Rows in each partition. */
  readonly each: 1 | 2 | 4;
}

/** What is packed: an operand, and its scales if it is an MX operand. */
export interface Source {
  readonly data: Use;
  readonly scale?: Use;
}

export function packWork(
  lowering: Lowering,
  side: Side,
  { data, scale }: Source,
  { columns, each }: Rows,
  packed: Packed,
): Work {
  const { dtype } = data.place;
  const packing = packingOf(dtype);
  const words = [columns, rowWords(side, packing, columns), packed.word, packed.stat];
  const asTheyAre = dtype === 'bfloat16' && columns % 2 === 0 ? asWords(data.place) : undefined;
  const [work] =
    scale === undefined
      ? lowering.lane('pack', packWgsl, {
          operands: { src: asTheyAre === undefined ? data : { ...data, place: asTheyAre } },
          counted: 'src',
          crosses: true,
          values: {
            PER_WORD: perWord(packing),
            WORDS: Number(asTheyAre !== undefined),
            ROWS: each,
            SCANS: Number(scans(lowering, packing)),
          },
          words,
        })
      : lowering.lane('pack_mx', packMxWgsl, {
          operands: { src: data, scale },
          counted: 'src',
          crosses: true,
          values: elementValues(dtype),
          functions: {},
          conversions: { decode: { decode_element: elementOf(dtype) } },
          words,
        });
  if (work === undefined) throw new Error('Invariant violation: packing is one work');
  return { ...work, touches: [...work.touches, touchOfPacked(packed, true)] };
}

/** What packing an operand, or multiplying it, touches. */
export const touchOfPacked = ({ word, words }: Packed, writes: boolean): Touch =>
  touchOfScratch(word * 4, words * 4, writes);

function elementValues(dtype: Dtype): { readonly BITS: number; readonly MASK: string } {
  const bits = bitsOf(elementOf(dtype));
  return { BITS: bits, MASK: `0x${(2 ** bits - 1).toString(16)}` };
}
