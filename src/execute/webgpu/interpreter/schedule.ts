/**
 * Which works go out together. Works of one kernel that do not depend on each other are one batch, whatever stands between them in
 * the Program; so are works that follow each other lane by lane, as a chain. Batches are done in order. What depends on what is
 * kept for blocks of bytes and quadrants of partitions, so works that only come close count as dependent.
 */
import type { Kernel } from './kernel';
import { BLOCK } from './names';
import type { Region, Touch, Work } from './work';

export interface Batch {
  readonly kernel: Kernel;
  readonly works: Work[];
  /** The first partition of all its works, where lanes keep to their own partition in each of them. */
  start: number | undefined;
  /** Whether a work depends on one before it, so that lanes must do them one after the other. */
  chained: boolean;
}

/** What last touched the blocks of a memory, by number of the batch. */
class Blocks {
  readonly #bytes: number;
  readonly #quadrants: number;
  readonly #written: Int32Array;
  readonly #read: Int32Array;
  readonly #perQuadrant: number;

  constructor(size: number, bytes: number, quadrants: number) {
    this.#bytes = bytes;
    this.#quadrants = quadrants;
    this.#perQuadrant = Math.ceil(size / bytes) + 1;
    this.#written = new Int32Array(this.#perQuadrant * quadrants).fill(-1);
    this.#read = new Int32Array(this.#perQuadrant * quadrants).fill(-1);
  }

  /** The last batch that a touch must come after; -1 for none. */
  before(touch: Touch): number {
    let last = -1;
    this.#each(touch, (from, to) => {
      for (let at = from; at <= to; at++) {
        last = Math.max(last, this.#written[at] ?? -1);
        if (touch.writes) last = Math.max(last, this.#read[at] ?? -1);
      }
    });
    return last;
  }

  note(touch: Touch, batch: number): void {
    const blocks = touch.writes ? this.#written : this.#read;
    this.#each(touch, (from, to) => {
      for (let at = from; at <= to; at++) if ((blocks[at] ?? 0) < batch) blocks[at] = batch;
    });
  }

  clear(): void {
    this.#written.fill(-1);
    this.#read.fill(-1);
  }

  #each({ low, high, partition, partitions }: Touch, visit: (from: number, to: number) => void): void {
    const [from, to] = [Math.floor(low / this.#bytes), Math.floor((high - 1) / this.#bytes)];
    const last = this.#quadrants === 1 ? 0 : (partition + partitions - 1) >> 5;
    for (let quadrant = this.#quadrants === 1 ? 0 : partition >> 5; quadrant <= last; quadrant++) {
      visit(quadrant * this.#perQuadrant + from, quadrant * this.#perQuadrant + to);
    }
  }
}

/** At most so many blocks of HBM, and of scratch. */
const MOST_BLOCKS = 16384;

const blockOf = (size: number) => Math.max(1024, 2 ** Math.ceil(Math.log2(Math.max(1, size / MOST_BLOCKS))));

export class Schedule {
  readonly #blocks: Record<Region, Blocks>;
  readonly #byKernel = new Map<Kernel, number[]>();
  #batches: Batch[] = [];
  #works = 0;
  #cost = 0;

  /** @param bytes of each partition on chip, of HBM, and of scratch. */
  constructor(bytes: Readonly<Record<Region, number>>) {
    this.#blocks = {
      chip: new Blocks(bytes.chip, BLOCK, 4),
      hbm: new Blocks(bytes.hbm, blockOf(bytes.hbm), 1),
      scratch: new Blocks(bytes.scratch, blockOf(bytes.scratch), 1),
    };
  }

  get works(): number {
    return this.#works;
  }

  /** Elements, or multiply-adds, of all works. */
  get cost(): number {
    return this.#cost;
  }

  /** The last batch that a touch must come after; -1 for none. */
  before(touch: Touch): number {
    return this.#blocks[touch.region].before(touch);
  }

  /** Puts works on the schedule that do not depend on each other, since no core does two of them, or there is one. */
  add(...works: readonly Work[]): void {
    const afters = works.map(({ touches }) =>
      touches.reduce((last, touch) => Math.max(last, this.before(touch)), -1),
    );
    works.forEach((work, at) => {
      const index = this.#place(work, afters[at] ?? -1);
      for (const touch of work.touches) this.#blocks[touch.region].note(touch, index);
      this.#works++;
      this.#cost += costOf(work);
    });
  }

  /** The batches so far, in order; the schedule is empty afterwards. */
  take(): readonly Batch[] {
    const batches = this.#batches;
    this.#batches = [];
    this.#byKernel.clear();
    for (const blocks of Object.values(this.#blocks)) blocks.clear();
    this.#works = 0;
    this.#cost = 0;
    return batches;
  }

  /** Puts a work into the first batch behind `after` that takes it, or into a new one; returns its number. */
  #place(work: Work, after: number): number {
    const { kernel, start } = work;
    let numbers = this.#byKernel.get(kernel);
    if (numbers === undefined) this.#byKernel.set(kernel, (numbers = []));
    for (let at = firstFrom(numbers, after); at < numbers.length; at++) {
      const index = numbers[at] ?? -1;
      const batch = this.#batches[index];
      if (batch === undefined) continue;
      if (index === after) {
        if (start === undefined || batch.start !== start) continue;
        batch.chained = true;
      }
      if (batch.start !== start) batch.start = undefined;
      batch.works.push(work);
      return index;
    }
    const index = this.#batches.length;
    this.#batches.push({ kernel, works: [work], start, chained: false });
    numbers.push(index);
    return index;
  }
}

export const costOf = ({ cost, lanes, elements }: Work): number => cost ?? lanes * elements;

/** The place of the first number that is at least `least`. */
function firstFrom(numbers: readonly number[], least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
