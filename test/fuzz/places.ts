/** Where tensors of a random Program lie: at addresses of their own, or over others. */
import type { Chip } from '../../src/chip';
import { bytesOf, elementsOf, tensorBytes } from '../../src/program';
import type { Pattern, PsumTensor, SbufTensor, Tensor } from '../../src/program';
import type { Choices } from './choices';
import type { Theme } from './theme';

export type ChipTensor = SbufTensor | PsumTensor;
export type Extent = Omit<SbufTensor, 'space' | 'address'>;

const ALIGNMENTS = [64, 32, 8, 4] as const;

export class Places {
  readonly #chip: Chip;
  readonly #theme: Theme;
  /** Where nothing lies from here on in SBUF. */
  #address = 0;
  readonly #sbuf: SbufTensor[] = [];

  constructor(chip: Chip, theme: Theme) {
    this.#chip = chip;
    this.#theme = theme;
  }

  overlap(a: Tensor, b: Tensor): boolean {
    if (a === b) return true;
    if (a.space === 'hbm' || b.space === 'hbm' || a.space !== b.space) return false;
    const [left, right] = [this.#startOf(a), this.#startOf(b)];
    return left < right + tensorBytes(b) && right < left + tensorBytes(a);
  }

  /** A tensor that shares no byte with those that it must be apart from. */
  place(choices: Choices, extent: Extent, space: 'sbuf' | 'psum', apart: readonly Tensor[]): ChipTensor {
    const isFree = (tensor: Tensor): boolean => apart.every((other) => !this.overlap(other, tensor));
    if (space === 'psum') return this.#inPsum(choices, extent, isFree);
    if (this.#sbuf.length > 0 && choices.oneIn(6)) {
      const address = choices.of(this.#sbuf).address + 4 * choices.below(8);
      const tensor: SbufTensor = { space: 'sbuf', ...extent, address };
      if (isFree(tensor)) return this.#take(tensor);
    }
    const alignment = choices.oneIn(3) ? choices.of(ALIGNMENTS) : 64;
    const step = this.#theme.straddles && choices.oneIn(2) ? 1 : bytesOf(extent.dtype);
    const off = choices.oneIn(6) ? choices.below(4) * step : 0;
    return this.#take({ space: 'sbuf', ...extent, address: this.#next(alignment) + off });
  }

  /** A tensor in SBUF where nothing lies. */
  fresh(extent: Extent): SbufTensor {
    return this.#take({ space: 'sbuf', ...extent, address: this.#next(64) });
  }

  #inPsum(choices: Choices, extent: Extent, isFree: (tensor: Tensor) => boolean): PsumTensor {
    const { banks, bankBytes } = this.#chip.psum;
    const places = banks - Math.ceil((extent.elements * bytesOf(extent.dtype)) / bankBytes) + 1;
    const first = choices.below(places);
    for (let at = 0; at < places; at++) {
      const tensor: PsumTensor = { space: 'psum', ...extent, bank: (first + at) % places };
      if (isFree(tensor)) return tensor;
    }
    throw new Error('PSUM has no room for one more tensor');
  }

  #next(alignment: number): number {
    return Math.ceil(this.#address / alignment) * alignment;
  }

  #take(tensor: SbufTensor): SbufTensor {
    this.#address = Math.max(this.#address, tensor.address + tensorBytes(tensor));
    this.#sbuf.push(tensor);
    return tensor;
  }

  #startOf(tensor: ChipTensor): number {
    return tensor.space === 'sbuf' ? tensor.address : tensor.bank * this.#chip.psum.bankBytes;
  }
}

/** All of a tensor. */
export function wholeOf<T extends Tensor>(tensor: T): Extract<Pattern, { readonly space: T['space'] }>;
export function wholeOf(tensor: Tensor): Pattern {
  const { name, dtype } = tensor;
  if (tensor.space === 'hbm') {
    const count = tensor.shape.reduce((product, extent) => product * extent, 1);
    return { space: 'hbm', tensor: name, dtype, offset: 0, dims: [[1, count]] };
  }
  const { space, partition, partitions, elements } = tensor;
  return { space, tensor: name, dtype, partition, partitions, offset: 0, dims: [[1, elements]] };
}

/** Whether a pattern is all of its tensor, in order. */
export function coversAll(pattern: Pattern, tensor: Tensor): boolean {
  const [dim, ...more] = pattern.dims;
  const dense = dim?.[0] === 1 && more.length === 0 && pattern.offset === 0;
  const still = pattern.registers === undefined && pattern.index === undefined;
  const sameSize = bytesOf(pattern.dtype) === bytesOf(tensor.dtype);
  return dense && still && sameSize && elementsOf(pattern) === elementsOf(wholeOf(tensor));
}

/** Partitions of a tensor that so many of it may start at. */
export function startsOf(
  { partition, partitions: held }: ChipTensor,
  partitions: number,
  start: number | undefined,
  anyStart: boolean,
): readonly number[] {
  const step = anyStart ? 1 : partitions > 64 ? 128 : partitions > 32 ? 64 : 32;
  const all = Array.from({ length: Math.max(held - partitions + 1, 0) }, (_, at) => partition + at);
  return all.filter((at) => at % step === 0 && (start === undefined || at === start));
}
