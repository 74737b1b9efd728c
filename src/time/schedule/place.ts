/**
 * Places for the versions of tensors in a memory. Versions that are used at the same time share no byte. What is used for a short time
 * takes turns through the memory (next fit), so that a place is used again as late as can be; what is used for long takes the lowest
 * place that is free, so that it does not cut the memory in pieces. How long is long is tried out, and that placement is taken in
 * which the least has to wait for a place, the Program's own among them.
 */
import type { Chip } from '../../chip';
import { aliasesOf } from './aliases';
import { arenaOf, extentOf, FOR_EVER, Memory, type Arena, type Block, type Extent } from './memory';

/** Arrays have an element for each block. */
export interface Placement {
  /** In bytes. */
  readonly address: Int32Array;
  /** The node from which on nothing else uses its place: at most its first; -1 where it has to stay as it is. */
  readonly free: Int32Array;
}

/** Of all nodes, those in a row during which what takes turns is used at most: all, some, none. */
const TURNS = [1, 1 / 4, 1 / 16, 1 / 64, 1 / 256, 0] as const;

/** Places of blocks of one memory, which are in the order of their first uses by `nodes` nodes. */
export function placementOf(
  blocks: readonly Block[],
  space: 'sbuf' | 'psum',
  chip: Chip,
  nodes: number,
): Placement {
  const placing = new Placing(blocks, arenaOf(space, chip));
  const longest = blocks.reduce((most, { first, last }) => Math.max(most, last - first), 0);
  for (const share of TURNS) {
    const most = share * nodes;
    // As long as all take turns it is all the same.
    if (share === 1 || longest >= most) placing.attempt(most);
  }
  return placing.best;
}

class Placing {
  best: Placement;
  readonly #blocks: readonly Block[];
  readonly #arena: Arena;
  readonly #extents: readonly Extent[];
  /** 1: it stays where it is. */
  readonly #pinned: Uint8Array;
  /** How long each waits for its place where it is, and all in the best placement. */
  readonly #waits: Float64Array;
  #least = 0;

  constructor(blocks: readonly Block[], arena: Arena) {
    this.#blocks = blocks;
    this.#arena = arena;
    this.#extents = blocks.map(({ partition, partitions, bytes }) =>
      extentOf(partition, partitions, Math.ceil(bytes / arena.unit)),
    );
    this.#waits = new Float64Array(blocks.length);
    this.best = { address: new Int32Array(blocks.length), free: new Int32Array(blocks.length) };
    // Only what shares a unit can share a byte.
    this.#pinned = this.#stay() ? aliasesOf(blocks) : new Uint8Array(blocks.length);
    for (let index = 0; index < blocks.length; index++)
      if (this.#pinned[index] === 1) this.best.free[index] = -1;
  }

  /** Leaves all where they are; true where some might share bytes in use. */
  #stay(): boolean {
    const { unit } = this.#arena;
    const { address: places, free } = this.best;
    const memory = new Memory(this.#arena);
    let meet = false;
    for (const [
      index,
      { partition, partitions, address, bytes, first, last, inherited },
    ] of this.#blocks.entries()) {
      const start = Math.floor(address / unit);
      const extent = extentOf(partition, partitions, Math.ceil((address + bytes) / unit) - start);
      const until = memory.usedUntil(extent, start);
      memory.take(extent, start, Math.max(until, last));
      meet ||= inherited || until >= first;
      places[index] = address;
      free[index] = Math.min(first, until + 1);
      this.#waits[index] = waitOf(first, until);
      this.#least += waitOf(first, until);
    }
    return meet;
  }

  /** Tries the placement where what is used during at most so many nodes takes turns. */
  attempt(most: number): void {
    const memory = this.#pinnedMemory();
    const count = this.#blocks.length;
    const placement = { address: new Int32Array(count), free: new Int32Array(count) };
    let waits = 0;
    let cursor = 0;
    for (const [index, { address, first, last }] of this.#blocks.entries()) {
      const extent = this.#extents[index];
      if (extent === undefined) continue;
      if (this.#pinned[index] === 1) {
        placement.address[index] = address;
        placement.free[index] = -1;
        waits += this.#waits[index] ?? 0;
        continue;
      }
      const turns = last - first < most;
      let start = memory.gap(turns ? cursor : 0, extent, first);
      if (start < 0 && turns) start = memory.gap(0, extent, first);
      if (start < 0) return;
      if (turns) cursor = start + extent.units;
      const until = memory.usedUntil(extent, start);
      waits += waitOf(first, until);
      if (waits >= this.#least) return;
      memory.take(extent, start, last);
      placement.address[index] = start * this.#arena.unit;
      placement.free[index] = until + 1;
    }
    if (waits >= this.#least) return;
    this.best = placement;
    this.#least = waits;
  }

  /** The memory with what stays where it is, for the whole of the Program. */
  #pinnedMemory(): Memory {
    const { unit } = this.#arena;
    const memory = new Memory(this.#arena);
    for (const [index, { partition, partitions, address, bytes }] of this.#blocks.entries()) {
      if (this.#pinned[index] !== 1) continue;
      const start = Math.floor(address / unit);
      memory.take(
        extentOf(partition, partitions, Math.ceil((address + bytes) / unit) - start),
        start,
        FOR_EVER,
      );
    }
    return memory;
  }
}

/** How much what is used first at a node waits for what is used until another: the less, the further apart they are. */
const waitOf = (first: number, until: number) => (until < 0 ? 0 : 1 / Math.max(1, first - until));
