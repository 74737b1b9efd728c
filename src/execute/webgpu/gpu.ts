/**
 * A GPUDevice with what every kernel needs of it: buffers that are counted and kept for the next of their kind, pipelines and bind
 * groups made once, submissions that can be awaited, and a lost device that is reported as such. WebGPU's own errors are asynchronous and easy to miss: an
 * unchecked one leaves a result of zeros.
 */
import { UserError } from '../../numerics';
import { Bindings, type BindingTypes, type BoundBuffers } from './bindings';
import { Buffers, noBytes, type BufferRole, type BytesByRole, type PoolCounts } from './buffers';

export type { BindingType } from './bindings';
export type { BufferRole, PoolCounts } from './buffers';

/** WebGPU's flags by their values in the specification: hosts differ in whether they define the globals. */
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;
const MAP_READ_MODE = 0x1;

/** The device is gone: results already read stay good, nothing more can be run on it. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

/** WebGPU's validation refused something: a fault of this code, unless a buffer of the caller is the cause. */
export class RefusedError extends Error {
  readonly refusal: string;

  constructor(what: string, refusal: string) {
    super(`Invariant violation: WebGPU refused ${what}: ${refusal}`);
    this.refusal = refusal;
  }
}

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly compileMs: number;
  /** The WGSL as compiled. */
  readonly source: string;
}

/** The adapter has no room, not even with all that was kept given back. */
class OutOfMemoryError extends UserError {}

export class Gpu {
  readonly device: GPUDevice;
  /** Largest storage buffer: the adapter's own limit, or less where the owner wants smaller blocks. */
  maxStorageBytes: number;
  /** Milliseconds after which finished work is noticed at the latest: next to nothing in Chromium and Dawn, 100 in Firefox. */
  noticeMs = 0;
  #closed = false;
  #lost: GPUDeviceLostInfo | undefined;
  readonly #bindings: Bindings;
  readonly #buffers: Buffers;
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  constructor(device: GPUDevice) {
    this.device = device;
    this.#bindings = new Bindings(device);
    this.#buffers = new Buffers((buffer) => {
      this.#bindings.destroyed(buffer);
    });
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.maxStorageBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    void device.lost.then((info) => {
      this.#lost = info;
    });
  }

  /** Bytes of live buffers by role, over all products of this device. */
  get live(): BytesByRole {
    return this.#buffers.live;
  }

  /** The most bytes that were live at once, by role. */
  get peak(): BytesByRole {
    return this.#buffers.peak;
  }

  /** Buffers that were released and are kept for the next of their kind. */
  get pool(): PoolCounts {
    return this.#buffers.counts;
  }

  /** @throws UserError once closed. */
  checkOpen(): void {
    if (this.#closed) throw new UserError('This core was closed: open() another.');
  }

  /** Whether the device went without having been closed. */
  get isLost(): boolean {
    return !this.#closed && this.#lost !== undefined;
  }

  /** @throws UserError once closed, DeviceLostError when the device is gone. */
  checkAlive(): void {
    this.checkOpen();
    if (this.#lost !== undefined) {
      throw new DeviceLostError(
        `the WebGPU device was lost (${this.#lost.reason}): ${this.#lost.message || 'the adapter gave no message'}`,
      );
    }
  }

  /**
   * A buffer of zeros, or of whatever one held that was released, where `content` may be `any`.
   *
   * @throws UserError naming the limit when the buffer is too large for the adapter or its memory.
   */
  async createBuffer(
    label: string,
    size: number,
    usage: number,
    role: BufferRole,
    content: 'zeros' | 'any' = 'zeros',
  ): Promise<GPUBuffer> {
    const storage = (usage & USAGE.STORAGE) !== 0;
    const bound = storage ? this.maxStorageBytes : this.device.limits.maxBufferSize;
    if (size > bound) {
      const limit = storage
        ? 'largest storage buffer (maxStorageBufferBindingSize)'
        : 'largest buffer (maxBufferSize)';
      throw new UserError(
        `${label} needs one buffer of ${size} bytes; this adapter's ${limit} is ${bound} bytes.`,
      );
    }
    this.checkAlive();
    // Without COPY_DST there is no way to clear it.
    const reusable = content === 'any' || (usage & USAGE.COPY_DST) !== 0;
    const kept = reusable ? this.#buffers.take(size, usage, role) : undefined;
    if (kept !== undefined) {
      kept.label = label;
      if (content === 'zeros') this.#clear(kept);
      return kept;
    }
    const make = (): Promise<GPUBuffer> =>
      this.#scoped(`creating ${label} (${size} bytes)`, () =>
        this.device.createBuffer({ label, size, usage }),
      );
    const buffer = await make().catch((error: unknown) => {
      if (error instanceof OutOfMemoryError && this.#buffers.drain()) return make();
      throw error;
    });
    this.#buffers.add(buffer, role);
    return buffer;
  }

  /** Frees a buffer; what holds no result is kept a while for the next of its size and usage. */
  release(buffer: GPUBuffer): void {
    if (this.#closed || this.#lost !== undefined) this.#buffers.discard(buffer);
    else this.#buffers.release(buffer);
  }

  /** Frees every buffer that is left; what is under way, and what is asked for afterwards, is told so. */
  close(): void {
    this.#closed = true;
    this.#buffers.close();
  }

  /** Compiles without blocking, each text once; bindings are numbered as given, `undefined` leaves a number out. */
  createPipeline(
    label: string,
    source: string,
    bindings: BindingTypes,
    entryPoint = 'main',
  ): Promise<Pipeline> {
    const key = `${entryPoint} ${bindings.map((type) => type ?? '').join()}\n${source}`;
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = this.#compile(label, source, bindings, entryPoint);
      pipeline.catch(() => this.#pipelines.delete(key));
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  async #compile(
    label: string,
    source: string,
    bindings: BindingTypes,
    entryPoint: string,
  ): Promise<Pipeline> {
    const started = performance.now();
    const layout = this.#bindings.layout(bindings);
    this.device.pushErrorScope('validation'); // told below, with the text
    const module = this.device.createShaderModule({ label, code: source });
    void this.device.popErrorScope().catch(() => undefined);
    try {
      const pipeline = await this.device.createComputePipelineAsync({
        label,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint },
      });
      return { pipeline, layout, compileMs: performance.now() - started, source };
    } catch (error) {
      this.checkAlive();
      const { messages } = await module.getCompilationInfo();
      const text = messages
        .map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`)
        .join('\n');
      throw new Error(
        `Invariant violation: shader "${label}" does not compile: ${text || String(error)}\n${source}`,
        { cause: error },
      );
    }
  }

  /** The group of these buffers, made once: of a caller's own buffers, whose end nobody tells, each time anew. */
  async bind({ layout }: Pipeline, buffers: BoundBuffers, uniformBytes: number): Promise<GPUBindGroup> {
    const known = this.#bindings.known(layout, buffers, uniformBytes);
    if (known !== undefined) return known;
    const group = await this.#scoped('binding', () => this.#bindings.make(layout, buffers, uniformBytes));
    const isOurs = (buffer: GPUBuffer | undefined): boolean =>
      buffer === undefined || this.#buffers.roleOf(buffer) !== undefined;
    if (buffers.every(isOurs)) this.#bindings.keep(group, layout, buffers, uniformBytes);
    return group;
  }

  /** Bytes of these buffers by role; those already released count nothing. */
  bytesOf(buffers: readonly GPUBuffer[]): Record<BufferRole, number> {
    const bytes = noBytes();
    for (const buffer of buffers) {
      const role = this.#buffers.roleOf(buffer);
      if (role !== undefined) bytes[role] += buffer.size;
    }
    return bytes;
  }

  /**
   * Encodes, submits, and resolves when the adapter has finished; validation and memory errors reject. It does not ask for that
   * before `rest` is over: Dawn in Node polls without a pause while something is asked for, which takes a core from an adapter
   * that runs on the processor.
   */
  async submit(
    what: string,
    encode: (encoder: GPUCommandEncoder) => void,
    rest?: () => Promise<void>,
  ): Promise<void> {
    await this.#scoped(what, () => {
      const encoder = this.device.createCommandEncoder({ label: what });
      encode(encoder);
      this.device.queue.submit([encoder.finish()]);
      const { queue } = this.device;
      return rest === undefined
        ? queue.onSubmittedWorkDone()
        : rest().then(() => queue.onSubmittedWorkDone());
    });
    this.checkAlive();
  }

  /** Measures `noticeMs`: what a submission without work takes, which nothing that is timed by the host can fall below. */
  async learnNotice(): Promise<void> {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const started = performance.now();
      await this.submit('nothing', () => undefined);
      times.push(performance.now() - started);
    }
    this.noticeMs = Math.min(...times.slice(1)); // the first began between two looks
  }

  /** The bytes of part of a buffer, by way of a staging buffer: one round trip, since what is mapped has been computed. */
  async read(buffer: GPUBuffer, offset: number, size: number): Promise<Uint32Array<ArrayBuffer>> {
    const staging = await this.createBuffer(
      'readback',
      size,
      USAGE.MAP_READ | USAGE.COPY_DST,
      'staging',
      'any',
    );
    try {
      await this.#scoped('reading back', () => {
        const encoder = this.device.createCommandEncoder({ label: 'reading back' });
        encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
        this.device.queue.submit([encoder.finish()]);
        return staging.mapAsync(MAP_READ_MODE);
      });
      const words = new Uint32Array(staging.getMappedRange().slice(0));
      staging.unmap();
      this.release(staging);
      return words;
    } catch (error) {
      this.#buffers.discard(staging);
      throw error;
    }
  }

  /**
   * The same, a chunk at a time in order, where the next chunk is on its way while one is worked on.
   *
   * @param chunkBytes a multiple of 4.
   */
  async *readChunks(
    buffer: GPUBuffer,
    offset: number,
    size: number,
    chunkBytes: number,
  ): AsyncGenerator<Uint32Array<ArrayBuffer>> {
    const ask = (at: number): Promise<Uint32Array<ArrayBuffer>> | undefined => {
      if (at >= size) return undefined;
      const words = this.read(buffer, offset + at, Math.min(chunkBytes, size - at));
      words.catch(() => undefined); // it is awaited when its turn comes, unless the one before it fails
      return words;
    };
    let next = ask(0);
    for (let at = chunkBytes; next !== undefined; at += chunkBytes) {
      const due = next;
      next = ask(at);
      yield await due;
    }
  }

  /** Comes before all that is written or submitted afterwards. */
  #clear(buffer: GPUBuffer): void {
    const encoder = this.device.createCommandEncoder({ label: 'clearing' });
    encoder.clearBuffer(buffer);
    this.device.queue.submit([encoder.finish()]);
  }

  async #scoped<T>(what: string, action: () => T | Promise<T>): Promise<T> {
    this.checkAlive();
    this.device.pushErrorScope('out-of-memory');
    this.device.pushErrorScope('validation');
    let result: T;
    let invalid: Promise<GPUError | null>;
    let exhausted: Promise<GPUError | null>;
    let pending: T | Promise<T>;
    try {
      pending = action();
    } finally {
      invalid = this.device.popErrorScope();
      exhausted = this.device.popErrorScope();
    }
    try {
      result = await pending;
    } catch (error) {
      await Promise.allSettled([invalid, exhausted]);
      this.checkAlive();
      throw error;
    }
    const [validation, memory] = await Promise.all([invalid, exhausted]);
    this.checkAlive();
    if (memory !== null)
      throw new OutOfMemoryError(`The adapter is out of memory while ${what}: ${memory.message}`);
    if (validation !== null) throw new RefusedError(what, validation.message);
    return result;
  }
}
