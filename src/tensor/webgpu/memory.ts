/**
 * The memory of values on the adapter: buffers that are kept for the next of their size, and storage that several nodes may share.
 * Making a buffer is an order to the driver, whose answer a run asks for once, with all others of its own.
 */
import { DeviceLostError } from '../../execute/webgpu';
import { USAGE } from '../../execute/webgpu/gpu';
import { bitsOf, packWords, UserError, type CodeArray, type Dtype } from '../../numerics';
import type { ExecutorMemory } from '../executor';

/** Bytes kept at most. */
const POOL_BYTES = 2 ** 28;

/** More than one buffer of the adapter holds. */
export class TooLargeError extends UserError {}

/** Sizes are rounded up, by an eighth at most, so that buffers fit more often. */
function roomFor(bytes: number): number {
  const step = Math.max(64, 2 ** (Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.max(Math.ceil(bytes / step) * step, 64);
}

export class Memory {
  /** Buffers made so far. */
  made = 0;
  /** What holds values. */
  readonly storages = new Set<Storage>();
  #device: GPUDevice;
  #most: number;
  readonly #kept = new Map<number, GPUBuffer[]>();
  readonly #all = new Set<GPUBuffer>();
  #live = 0;
  #peak = 0;
  #pooled = 0;
  #buffers = 0;

  constructor(device: GPUDevice, most: number) {
    this.#device = device;
    this.#most = most;
  }

  get counts(): ExecutorMemory {
    return { live: this.#live, peak: this.#peak, pooled: this.#pooled, buffers: this.#buffers };
  }

  /** Counts values, whether a buffer holds them yet or not. */
  count(bytes: number, sign: 1 | -1): void {
    this.#live += sign * bytes;
    this.#buffers += sign;
    this.#peak = Math.max(this.#peak, this.#live);
  }

  /** A buffer that holds anything. @throws UserError for one that is too large for the adapter. */
  take(bytes: number): GPUBuffer {
    const size = Math.min(roomFor(bytes), Math.max(this.#most, 64));
    if (bytes > size)
      throw new TooLargeError(
        `An array of ${bytes} bytes needs one buffer; this adapter's largest (maxStorageBufferBindingSize) is ${this.#most} bytes.`,
      );
    const kept = this.#kept.get(size)?.pop();
    if (kept !== undefined) {
      this.#pooled -= size;
      return kept;
    }
    this.made++;
    const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
    const buffer = this.#device.createBuffer({ size, usage });
    this.#all.add(buffer);
    return buffer;
  }

  /** Keeps it for the next of its size; what is too much is given back to the adapter. */
  give(buffer: GPUBuffer): void {
    if (!this.#all.has(buffer)) return;
    if (this.#pooled + buffer.size > POOL_BYTES) this.drain();
    if (this.#pooled + buffer.size > POOL_BYTES) {
      this.discard(buffer);
      return;
    }
    const kept = this.#kept.get(buffer.size) ?? [];
    kept.push(buffer);
    this.#kept.set(buffer.size, kept);
    this.#pooled += buffer.size;
  }

  discard(buffer: GPUBuffer): void {
    this.#all.delete(buffer);
    buffer.destroy();
  }

  /** Gives all that is kept back to the adapter. */
  drain(): void {
    for (const buffers of this.#kept.values()) for (const buffer of buffers) this.discard(buffer);
    this.#kept.clear();
    this.#pooled = 0;
  }

  /** On a fresh device, after the loss of the one before: what the host has is written to it when it is needed, the rest is lost. */
  moveTo(device: GPUDevice, most: number): void {
    for (const storage of this.storages) storage.lose();
    this.#all.clear();
    this.#kept.clear();
    this.#pooled = 0;
    [this.#device, this.#most] = [device, most];
  }

  close(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#kept.clear();
    [this.#live, this.#pooled, this.#buffers] = [0, 0, 0];
  }
}

/** Bytes of so many elements, in whole words. */
export const bytesOf = (dtype: Dtype, size: number): number => Math.ceil((size * bitsOf(dtype)) / 32) * 4;

/** Values on the host, as codes or as packed words. */
interface OnHost {
  readonly dtype: Dtype;
  readonly codes: CodeArray;
}

/** Packed values, which nodes share: in a buffer, on the host until a kernel needs them, or on both. */
export class Storage {
  readonly bytes: number;
  readonly #memory: Memory;
  #buffer: GPUBuffer | undefined;
  #given: OnHost | undefined;
  #lost = false;
  /** A buffer of somebody else's is never given back here. */
  readonly #owned: boolean;
  #holders = 1;

  constructor(memory: Memory, bytes: number, content: GPUBuffer | OnHost, owned = true) {
    this.bytes = bytes;
    this.#owned = owned;
    this.#memory = memory;
    if ('codes' in content) this.#given = content;
    else this.#buffer = content;
    memory.count(bytes, 1);
    memory.storages.add(this);
  }

  /** Whether the buffer is a caller's. */
  get isWrapped(): boolean {
    return !this.#owned;
  }

  /** Whether its values survive the device. */
  get onHost(): boolean {
    return this.#given !== undefined;
  }

  /** The packed words, where the host has kept them. */
  get words(): Uint32Array<ArrayBuffer> | undefined {
    return this.#given === undefined ? undefined : packWords(this.#given.dtype, this.#given.codes);
  }

  /** What it holds, read from the device, so that it survives it. */
  keep(words: Uint32Array<ArrayBuffer>): void {
    this.#given ??= { dtype: 'uint32', codes: words };
  }

  /** The device is gone, and its buffers are. */
  lose(): void {
    this.#buffer = undefined;
    this.#lost = this.#given === undefined;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  /** The last one gives the memory back. */
  drop(): void {
    if (--this.#holders > 0) return;
    this.#memory.count(this.bytes, -1);
    this.#memory.storages.delete(this);
    if (this.#buffer !== undefined && this.#owned) this.#memory.give(this.#buffer);
    this.#buffer = undefined;
    this.#given = undefined;
  }

  /** What holds the values, written now where they are on the host yet. @throws DeviceLostError where nothing has them any more. */
  buffer(queue: GPUQueue): GPUBuffer {
    if (this.#buffer !== undefined) return this.#buffer;
    const given = this.#given;
    if (this.#lost) throw new DeviceLostError('values were only on a WebGPU device that was lost');
    if (given === undefined) throw new Error('Invariant violation: storage that was given back');
    const buffer = this.#memory.take(this.bytes);
    queue.writeBuffer(buffer, 0, packWords(given.dtype, given.codes));
    return (this.#buffer = buffer);
  }

  /** After an error, what the host holds too is written anew when it is needed. */
  forget(): void {
    if (this.#given === undefined || this.#buffer === undefined) return;
    this.#memory.discard(this.#buffer);
    this.#buffer = undefined;
  }

  /** A buffer that an error made useless is not kept. */
  fail(): void {
    if (this.#buffer !== undefined) this.#memory.discard(this.#buffer);
    this.#buffer = undefined;
    this.drop();
  }
}
