/**
 * What SBUF holds while a tiling runs: which buffer each pass takes its tile of A and of B from, whether it must be loaded
 * first, and where the sums of a tile wait between its accumulation groups. Memory is judged by it and the Program is made
 * from it, so that the two cannot differ.
 */
import { areaKey, lengthOf, type Buffers, type Range, type TilePass, type Tiling } from './types';

export interface Slot {
  readonly slot: number;
  /** False where the slot holds the tile already. */
  readonly load: boolean;
}

/** What follows a pass that stops a group. */
export interface Close {
  /** The first of the tile's groups, the last of them. */
  readonly first: boolean;
  readonly last: boolean;
  /** Where the sum of the tile's groups waits; undefined where it has one group only. */
  readonly sum: number | undefined;
}

export interface Step {
  readonly index: number;
  readonly pass: TilePass;
  readonly a: Slot;
  readonly b: Slot;
  readonly close: Close | undefined;
  /** Sums that wait in SBUF after it. */
  readonly waiting: number;
}

export function* scheduleOf({ passes, buffers }: Pick<Tiling, 'passes' | 'buffers'>): Generator<Step> {
  const a = new Pool(buffers.a);
  const b = new Pool(buffers.b);
  const sums = new Sums(passes);
  for (const [index, pass] of passes.entries()) {
    const k = `${pass.k.join()},${pass.doubleRow === true}`;
    const slots = { a: a.take(`${pass.m.join()},${k}`), b: b.take(`${pass.n.join()},${k}`) };
    const close = pass.stop ? sums.close(areaKey(pass)) : undefined;
    yield { index, pass, ...slots, close, waiting: sums.waiting };
  }
}

/** Buffers of one operand: a tile that is there is not loaded again, a new one takes the place of the one used longest ago. */
class Pool {
  readonly #size: number;
  readonly #slots = new Map<string, number>();

  constructor(size: number) {
    this.#size = size;
  }

  take(key: string): Slot {
    const held = this.#slots.get(key);
    if (held !== undefined) {
      this.#slots.delete(key); // to the end: a Map keeps the order of insertion
      this.#slots.set(key, held);
      return { slot: held, load: false };
    }
    let slot = this.#slots.size;
    const [oldest] = this.#slots;
    if (slot >= this.#size && oldest !== undefined) {
      this.#slots.delete(oldest[0]);
      slot = oldest[1];
    }
    this.#slots.set(key, slot);
    return { slot, load: true };
  }
}

/** Places for the sums of tiles of several groups, from the first group's end to the last one's. */
class Sums {
  /** Groups that each tile still has to close. */
  readonly #left = new Map<string, number>();
  readonly #places = new Map<string, number>();
  readonly #free: number[] = [];
  #made = 0;

  constructor(passes: readonly TilePass[]) {
    for (const pass of passes) {
      if (pass.stop) this.#left.set(areaKey(pass), (this.#left.get(areaKey(pass)) ?? 0) + 1);
    }
  }

  get waiting(): number {
    return this.#places.size;
  }

  close(key: string): Close {
    const left = (this.#left.get(key) ?? 1) - 1;
    this.#left.set(key, left);
    const held = this.#places.get(key);
    const last = left === 0;
    if (held === undefined && last) return { first: true, last, sum: undefined };
    const sum = held ?? this.#free.pop() ?? this.#made++;
    if (last) {
      this.#places.delete(key);
      this.#free.push(sum);
    } else {
      this.#places.set(key, sum);
    }
    return { first: held === undefined, last, sum };
  }
}

/** Elements of one buffer of each kind, of a partition: the largest that any pass needs; partitions likewise. */
export interface Sizes {
  readonly a: number;
  readonly b: number;
  readonly area: number;
  readonly rows: number;
  readonly columns: number;
}

export function sizesOf(passes: readonly TilePass[]): Sizes {
  let [a, b, area, rows, columns] = [1, 1, 1, 1, 1];
  for (const { m, n, k, doubleRow } of passes) {
    const lanes = doubleRow ? 2 : 1;
    a = Math.max(a, lanes * lengthOf(m));
    b = Math.max(b, lanes * lengthOf(n));
    area = Math.max(area, lengthOf(n));
    rows = Math.max(rows, Math.ceil(lengthOf(k) / lanes));
    columns = Math.max(columns, lengthOf(m));
  }
  return { a, b, area, rows, columns };
}

/** Buffers that are ever used: no more than there are tiles. */
export function usedBuffers({
  passes,
  buffers,
}: Pick<Tiling, 'passes' | 'buffers'>): Buffers & { readonly sums: number } {
  const distinct = (range: (pass: TilePass) => Range): number =>
    new Set(passes.map((pass) => `${range(pass).join()},${pass.k.join()},${pass.doubleRow === true}`)).size;
  let sums = 0;
  for (const { close } of scheduleOf({ passes, buffers })) {
    if (close?.sum !== undefined) sums = Math.max(sums, close.sum + 1);
  }
  return {
    a: Math.min(
      buffers.a,
      distinct(({ m }) => m),
    ),
    b: Math.min(
      buffers.b,
      distinct(({ n }) => n),
    ),
    out: Math.min(buffers.out, new Set(passes.map(areaKey)).size),
    sums,
  };
}
