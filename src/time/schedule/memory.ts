/** What of a memory is taken while versions of tensors are placed in the order of their first uses: until which node each part is used. */
import type { Chip } from '../../chip';
import { SBUF_ALIGN } from '../../program';

const QUADRANT = 32;
const QUADRANTS = 4;
/** A node after all others. */
export const FOR_EVER = 2 ** 31 - 1;

/** A version of a tensor that is to be placed. */
export interface Block {
  readonly partition: number;
  readonly partitions: number;
  /** Where it lies in the Program as it is, and how much it takes: bytes of each partition. */
  readonly address: number;
  readonly bytes: number;
  /** The nodes that use it first and last. */
  readonly first: number;
  readonly last: number;
  /** It is read before it is written. */
  readonly inherited: boolean;
}

/** A memory in units, of which tensors take whole ones. */
export interface Arena {
  /** Bytes: 64 of SBUF, a bank of PSUM. */
  readonly unit: number;
  readonly units: number;
}

export const arenaOf = (space: 'sbuf' | 'psum', { sbuf, psum }: Chip): Arena =>
  space === 'sbuf'
    ? { unit: SBUF_ALIGN, units: Math.floor(sbuf.usableBytes / SBUF_ALIGN) }
    : { unit: psum.bankBytes, units: psum.banks };

/** Units of the quadrants that some partitions lie in. */
export interface Extent {
  readonly quadrant: number;
  readonly quadrantEnd: number;
  readonly units: number;
}

export const extentOf = (partition: number, partitions: number, units: number): Extent => ({
  quadrant: Math.floor(partition / QUADRANT),
  quadrantEnd: Math.ceil((partition + partitions) / QUADRANT),
  units: Math.max(1, units),
});

export class Memory {
  readonly #units: number;
  /** For each unit, quadrant by quadrant: the last node that uses what lies there, or lay there last; -1 before. */
  readonly #until: Int32Array;
  /** The first unit behind what lies there. */
  readonly #behind: Int32Array;

  constructor({ units }: Arena) {
    this.#units = units;
    this.#until = new Int32Array(units * QUADRANTS).fill(-1);
    this.#behind = new Int32Array(units * QUADRANTS);
  }

  take({ quadrant, quadrantEnd, units }: Extent, start: number, until: number): void {
    const end = Math.min(start + units, this.#units);
    for (let at = quadrant; at < quadrantEnd; at++) {
      const row = at * this.#units;
      this.#until.fill(until, row + start, row + end);
      this.#behind.fill(end, row + start, row + end);
    }
  }

  /** The last node that uses anything that lies or lay there; -1 where nothing did. */
  usedUntil({ quadrant, quadrantEnd, units }: Extent, start: number): number {
    let latest = -1;
    const end = Math.min(start + units, this.#units);
    for (let at = quadrant; at < quadrantEnd; at++) {
      const row = at * this.#units;
      for (let unit = row + start; unit < row + end; unit++) {
        const until = this.#until[unit] ?? -1;
        if (until > latest) latest = until;
      }
    }
    return latest;
  }

  /** The first place at or after `from` where nothing lies that is used at `node` or later; -1 where there is none. */
  gap(from: number, extent: Extent, node: number): number {
    const { quadrant, quadrantEnd, units } = extent;
    let start = from;
    let at = quadrant;
    for (let clear = 0; clear < quadrantEnd - quadrant;) {
      if (start + units > this.#units) return -1;
      const behind = this.#behindLast(at, start, units, node);
      if (behind < 0) clear++;
      else {
        start = behind;
        clear = 0;
      }
      at = at + 1 < quadrantEnd ? at + 1 : quadrant;
    }
    return start;
  }

  /** Behind the last thing in a quadrant that is in the way, or -1. */
  #behindLast(quadrant: number, start: number, units: number, node: number): number {
    const row = quadrant * this.#units + start;
    for (let unit = row + units - 1; unit >= row; unit--) {
      if ((this.#until[unit] ?? -1) >= node) return this.#behind[unit] ?? this.#units;
    }
    return -1;
  }
}
