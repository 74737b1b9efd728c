/** What of a memory is taken while tensors are placed: blocks by where they start, so that a gap is found without asking all. */
import type { Claim } from './recorder';

/** A memory: so many bytes of each partition, tensors at multiples of `unit`. */
export interface Arena {
  readonly what: string;
  readonly bytes: number;
  readonly unit: number;
}

/** What a claim takes of an arena. */
export interface Block {
  readonly claim: Claim;
  /** First partition and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Whole units. */
  readonly bytes: number;
  /** Where it lies; -1 until it is placed. */
  start: number;
}

export const share = (a: Block, b: Block) => a.from < b.to && b.from < a.to;

/** How many of a sorted list come before the first whose key is above `value`. */
export function countUpTo<T>(sorted: readonly T[], key: (item: T) => number, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && key(item) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const startOf = ({ start }: Block) => start;

/** The first place after a block where another may start: authors' addresses are any. */
const after = ({ start, bytes }: Block, unit: number) => Math.ceil((start + bytes) / unit) * unit;

export class Occupied {
  readonly #arena: Arena;
  readonly #sorted: Block[] = [];
  /** The most bytes of any block: one that reaches a byte starts no further before it. */
  #widest = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get blocks(): readonly Block[] {
    return this.#sorted;
  }

  add(block: Block): void {
    this.#sorted.splice(countUpTo(this.#sorted, startOf, block.start), 0, block);
    this.#widest = Math.max(this.#widest, block.bytes);
  }

  remove(block: Block): void {
    const end = countUpTo(this.#sorted, startOf, block.start);
    this.#sorted.splice(this.#sorted.lastIndexOf(block, end - 1), 1);
  }

  /** The first place at or after `cursor` that is free of all blocks and of `more`; -1 where there is none. */
  gap(cursor: number, block: Block, more: readonly Block[]): number {
    const { bytes, unit } = this.#arena;
    for (let start = this.#gap(cursor, block); start + block.bytes <= bytes;) {
      const end = start + block.bytes;
      const met = more.find(
        (other) => other.start < end && other.start + other.bytes > start && share(block, other),
      );
      if (met === undefined) return start;
      start = this.#gap(after(met, unit), block);
    }
    return -1;
  }

  #gap(cursor: number, block: Block): number {
    const { unit } = this.#arena;
    let start = cursor;
    for (let at = countUpTo(this.#sorted, startOf, cursor - this.#widest); ; at++) {
      const other = this.#sorted[at];
      if (other === undefined || other.start >= start + block.bytes) return start;
      if (other.start + other.bytes > start && share(block, other)) start = after(other, unit);
    }
  }
}
