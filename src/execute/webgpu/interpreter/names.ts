/**
 * Renaming of on-chip memory. A Program uses the same bytes again and again: each write to them has to wait until what they held has
 * been read, although nothing else ties the two together. Where an instruction overwrites a whole rectangle (bytes of some
 * partitions), it may be given a fresh one behind all other memory, as the registers of a processor are renamed; until the
 * rectangle is back at home, all that accesses it is led there. What accesses only part of it together with something else brings it
 * back first, so that nobody ever sees a place in two pieces.
 */

/** Bytes low .. high-1 of some partitions. */
export interface Rectangle {
  readonly low: number;
  readonly high: number;
  readonly partition: number;
  readonly partitions: number;
}

/** A rectangle that lies `shift` bytes behind its home. */
export interface Renamed extends Rectangle {
  readonly shift: number;
}

export const overlap = (a: Rectangle, b: Rectangle): boolean =>
  a.low < b.high &&
  b.low < a.high &&
  a.partition < b.partition + b.partitions &&
  b.partition < a.partition + a.partitions;

/** Whether `outer` has all of `inner`. */
export const contains = (outer: Rectangle, inner: Rectangle): boolean =>
  outer.low <= inner.low &&
  inner.high <= outer.high &&
  outer.partition <= inner.partition &&
  inner.partition + inner.partitions <= outer.partition + outer.partitions;

/** What touches what is known for blocks of so many bytes (schedule.ts). */
export const BLOCK = 64;

export class Names {
  readonly #start: number;
  readonly #end: number;
  #next: number;
  #renamed: readonly Renamed[] = [];
  /** Behind `next`, at home again since `renew`: its room may have been used. */
  #spent: readonly Renamed[] = [];

  /** @param start of the room for fresh rectangles, of which each partition has bytes up to `end`. */
  constructor(start: number, end: number) {
    this.#start = this.#next = Math.ceil(start / BLOCK) * BLOCK;
    this.#end = end;
  }

  get isEmpty(): boolean {
    return this.#renamed.length === 0;
  }

  /** How far behind its home a byte lies. */
  shiftAt(byte: number, partition: number): number {
    if (this.isEmpty) return 0;
    const at = { low: byte, high: byte + 1, partition, partitions: 1 };
    return this.#renamed.find((each) => overlap(each, at))?.shift ?? 0;
  }

  overlapping(rectangle: Rectangle): readonly Renamed[] {
    return this.isEmpty ? [] : this.#renamed.filter((each) => overlap(each, rectangle));
  }

  /** The rectangle is at home again. */
  forget(renamed: Renamed): void {
    this.#renamed = this.#renamed.filter((each) => each !== renamed);
    if (renamed.high + renamed.shift > this.#next) this.#spent = [...this.#spent, renamed];
  }

  /** Gives a rectangle fresh room that nothing has used since `renew`; false where there is none. */
  rename(rectangle: Rectangle): boolean {
    const { low, high } = rectangle;
    const blockOf = (byte: number): number => Math.floor(byte / BLOCK) * BLOCK;
    // Where it begins within a block it begins there too, and it has its blocks alone.
    const size = blockOf(high - 1) + BLOCK - blockOf(low);
    const taken = [...this.#renamed, ...this.#spent]
      .map((each) => [blockOf(each.low + each.shift), blockOf(each.high + each.shift - 1) + BLOCK] as const)
      .toSorted(([left], [right]) => left - right);
    let at = this.#next;
    for (const [begin, end] of taken) if (begin < at + size && at < end) at = end;
    if (at + size > this.#end) return false;
    this.#next = at + size;
    this.#renamed = [...this.#renamed, { ...rectangle, shift: at - blockOf(low) }];
    return true;
  }

  /** All that was scheduled is submitted: room that is not renamed to may be used again. */
  renew(): void {
    this.#next = this.#start;
    this.#spent = [];
  }
}
