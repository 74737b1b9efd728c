/** What of a Program's memories was ever written, kept on the host: what was not cannot be read, as on the reference. */
import { accessedParts } from '../../../isa';
import { bytesOf, elementsOf, readsOf, writesOf } from '../../../program';
import type { ChipPattern, Instruction, Pattern } from '../../../program';
import type { Core } from '../../program/core';
import { Written } from '../../program/written';
import { addressesOf } from '../../program/indirect';
import { PARTITIONS, type Layout } from './layout';

export class Initialised {
  readonly #layout: Layout;
  readonly #hbm: Written;
  readonly #chip: Written;
  /** Access patterns, as text, that are known to be written. */
  readonly #known: Set<string>;

  /** Nothing is written yet, or what is in `before`. */
  constructor(layout: Layout, before?: Initialised) {
    this.#layout = layout;
    this.#hbm = new Written(before === undefined ? layout.bytes.hbm : before.#hbm);
    this.#chip = new Written(before === undefined ? PARTITIONS * layout.aside.chip : before.#chip);
    this.#known = new Set(before === undefined ? [] : before.#known);
  }

  /** A copy that goes its own way. */
  copy(): Initialised {
    return new Initialised(this.#layout, this);
  }

  /** @throws UserError naming the operand when an instruction would read what was never written. */
  check(instruction: Instruction, core: Core): void {
    for (const { name, pattern } of readsOf(instruction)) {
      for (const part of accessedParts(instruction, name) ?? [pattern]) this.require(name, part, core);
    }
    const { dst, attributes } = instruction;
    if (dst !== undefined && 'accumulate' in attributes && attributes.accumulate) {
      this.require('dst', dst, core);
    }
  }

  /** Notes what an instruction writes, but for operands with an index. Of what a predicate chooses, all counts as written. */
  note(instruction: Instruction): void {
    for (const { name, pattern } of writesOf(instruction)) {
      if (pattern.index !== undefined) continue;
      for (const part of accessedParts(instruction, name) ?? [pattern]) this.mark(part);
    }
  }

  mark(pattern: Pattern): void {
    const key = keyOf(pattern);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#of(pattern).mark(pattern, this.#layout.startOf(pattern), this.#pitchOf(pattern));
  }

  /** The first element that was never written, or -1. */
  missing(pattern: Pattern): number {
    const key = keyOf(pattern);
    if (this.#known.has(key)) return -1;
    const missing = this.#of(pattern).missing(pattern, this.#layout.startOf(pattern), this.#pitchOf(pattern));
    if (missing < 0) this.#known.add(key);
    return missing;
  }

  /** The elements of an operand that an index chooses, by its offsets. @throws UserError when any of them was never written. */
  requireAt(operand: string, pattern: ChipPattern, offsets: Float64Array, core: Core): void {
    const missing = this.#chip.missingAt(this.#addressesOf(pattern, offsets), bytesOf(pattern.dtype));
    if (missing >= 0) throw core.unwritten(operand, missing, offsets.length, pattern.tensor);
  }

  /** Notes that the elements that an index chooses were written; only those whose `kept` is 1, where it is given. */
  markAt(pattern: ChipPattern, offsets: Float64Array, kept?: Uint8Array): void {
    const addresses = this.#addressesOf(pattern, offsets);
    this.#chip.markAt(kept ? addresses.filter((_, at) => kept[at] === 1) : addresses, bytesOf(pattern.dtype));
  }

  #addressesOf(pattern: ChipPattern, offsets: Float64Array): Float64Array {
    return addressesOf(pattern, offsets, {
      address: this.#layout.startOf(pattern),
      pitch: this.#layout.aside.chip,
    });
  }

  /** For each element of a pattern: 1 when it was written. `start` is where its tensor lies. */
  each(pattern: Pattern, start: number): Uint8Array<ArrayBuffer> {
    return this.#of(pattern).each(pattern, start, this.#pitchOf(pattern));
  }

  /** @throws UserError naming the operand when any element of it was never written; with an index, `requireAt` says so. */
  require(operand: string, pattern: Pattern, core: Core): void {
    if (pattern.index !== undefined) return;
    const missing = this.missing(pattern);
    if (missing >= 0) throw core.unwritten(operand, missing, elementsOf(pattern), pattern.tensor);
  }

  #of({ space }: Pattern): Written {
    return space === 'hbm' ? this.#hbm : this.#chip;
  }

  #pitchOf({ space }: Pattern): number {
    return space === 'hbm' ? 0 : this.#layout.aside.chip;
  }
}

function keyOf(pattern: Pattern): string {
  const { tensor, dtype, offset, dims } = pattern;
  let key = `${tensor} ${dtype} ${offset}`;
  if (pattern.space !== 'hbm') key += ` ${pattern.partition}:${pattern.partitions}`;
  for (const [stride, count] of dims) key += ` ${stride},${count}`;
  return key;
}
