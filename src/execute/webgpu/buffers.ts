/**
 * The buffers of one device: counted by what they are for, and kept for a while once released, for the next one of the same size
 * and usage. Making a buffer takes a round trip for its errors, and a driver's pages have to be touched anew; most products and
 * runs ask for what the one before them has just released.
 */

/** What a buffer is for; bytes are counted by it. */
export type BufferRole = 'operands' | 'result' | 'scratch' | 'transposition' | 'staging';

export type BytesByRole = Record<BufferRole, number>;

/** Results are handed to users, for whom a buffer that was released must be dead. */
const KEPT = {
  operands: true,
  result: false,
  scratch: true,
  transposition: true,
  staging: true,
} as const satisfies Record<BufferRole, boolean>;

/** Bytes kept at most; what was released longest ago is handed back first. */
export const POOL_BYTES = 2 ** 26;

/** What the pool holds, and what it has saved so far. */
export interface PoolCounts {
  /** Bytes kept now, and the most that were. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** Buffers that were taken from it, and those that had to be made. */
  readonly hits: number;
  readonly misses: number;
  /** Buffers that were handed back to the adapter because they were too much. */
  readonly handedBack: number;
}

export const noBytes = (): BytesByRole => ({
  operands: 0,
  result: 0,
  scratch: 0,
  transposition: 0,
  staging: 0,
});

export class Buffers {
  /** Bytes of live buffers by role, and the most that were live at once. */
  readonly live = noBytes();
  readonly peak = noBytes();
  readonly #roles = new Map<GPUBuffer, BufferRole>();
  /** What is kept, by size and usage, the last one released first; and in the order in which it was released. */
  readonly #kept = new Map<string, GPUBuffer[]>();
  readonly #order = new Set<GPUBuffer>();
  readonly #limit: number;
  readonly #onDestroy: (buffer: GPUBuffer) => void;
  readonly #counts = { bytes: 0, peakBytes: 0, hits: 0, misses: 0, handedBack: 0 };

  /** @param onDestroy is told of each buffer that cannot be used any more. */
  constructor(onDestroy: (buffer: GPUBuffer) => void, limit = POOL_BYTES) {
    this.#onDestroy = onDestroy;
    this.#limit = limit;
  }

  get counts(): PoolCounts {
    return { ...this.#counts };
  }

  /** A kept buffer, live again, with whatever it held; undefined where there is none of this size and usage. */
  take(size: number, usage: number, role: BufferRole): GPUBuffer | undefined {
    const buffer = this.#kept.get(keyOf({ size, usage }))?.pop();
    if (buffer === undefined) {
      this.#counts.misses++;
      return undefined;
    }
    this.#counts.hits++;
    this.#counts.bytes -= size;
    this.#order.delete(buffer);
    this.add(buffer, role);
    return buffer;
  }

  /** Counts a buffer that was made. */
  add(buffer: GPUBuffer, role: BufferRole): void {
    this.#roles.set(buffer, role);
    this.live[role] += buffer.size;
    this.peak[role] = Math.max(this.peak[role], this.live[role]);
  }

  roleOf(buffer: GPUBuffer): BufferRole | undefined {
    return this.#roles.get(buffer);
  }

  /** Keeps it for the next of its kind, or destroys it; nothing where it is not live here. */
  release(buffer: GPUBuffer): void {
    const role = this.#forget(buffer);
    if (role === undefined) return;
    if (!KEPT[role] || buffer.size > this.#limit) {
      this.#destroy(buffer);
      return;
    }
    const key = keyOf(buffer);
    this.#kept.set(key, [...(this.#kept.get(key) ?? []), buffer]);
    this.#order.add(buffer);
    this.#counts.bytes += buffer.size;
    this.#handBack(this.#limit);
    this.#counts.peakBytes = Math.max(this.#counts.peakBytes, this.#counts.bytes);
  }

  /** Destroys it, whatever its role. */
  discard(buffer: GPUBuffer): void {
    if (this.#forget(buffer) !== undefined) this.#destroy(buffer);
  }

  /** Destroys all that is kept; true where there was any. */
  drain(): boolean {
    const any = this.#order.size > 0;
    this.#handBack(0);
    return any;
  }

  /** Destroys every buffer that is left. */
  close(): void {
    for (const buffer of this.#roles.keys()) this.discard(buffer);
    this.drain();
  }

  #forget(buffer: GPUBuffer): BufferRole | undefined {
    const role = this.#roles.get(buffer);
    if (role === undefined) return undefined;
    this.#roles.delete(buffer);
    this.live[role] -= buffer.size;
    return role;
  }

  #handBack(limit: number): void {
    for (const buffer of this.#order) {
      if (this.#counts.bytes <= limit) return;
      const key = keyOf(buffer);
      const others = (this.#kept.get(key) ?? []).filter((each) => each !== buffer);
      if (others.length > 0) this.#kept.set(key, others);
      else this.#kept.delete(key);
      this.#order.delete(buffer);
      this.#counts.bytes -= buffer.size;
      this.#counts.handedBack++;
      this.#destroy(buffer);
    }
  }

  #destroy(buffer: GPUBuffer): void {
    this.#onDestroy(buffer);
    buffer.destroy();
  }
}

const keyOf = ({ size, usage }: { readonly size: number; readonly usage: number }): string =>
  `${size} ${usage}`;
