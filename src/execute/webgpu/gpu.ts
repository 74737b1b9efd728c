/**
 * A GPUDevice with what every kernel needs of it: buffers that are counted, pipelines that fail loudly, submissions that
 * can be awaited, and a lost device that is reported as such. WebGPU's own errors are asynchronous and easy to miss: an
 * unchecked one leaves a result of zeros.
 */
import { UserError } from '../../numerics';

/** WebGPU's flags by their values in the specification: hosts differ in whether they define the globals. */
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;
const MAP_READ_MODE = 0x1;
const COMPUTE_STAGE = 0x4;

/** What a buffer is for; bytes are counted by it. */
export type BufferRole = 'operands' | 'result' | 'scratch' | 'transposition' | 'staging';

export type BindingType = 'uniform' | 'read' | 'write';

const BINDINGS = {
  uniform: { type: 'uniform', hasDynamicOffset: true },
  read: { type: 'read-only-storage' },
  write: { type: 'storage' },
} as const satisfies Record<BindingType, GPUBufferBindingLayout>;

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

const noBytes = (): Record<BufferRole, number> => ({
  operands: 0,
  result: 0,
  scratch: 0,
  transposition: 0,
  staging: 0,
});

export class Gpu {
  readonly device: GPUDevice;
  /** Bytes of live buffers by role, over all products of this device. */
  readonly live: Record<BufferRole, number> = noBytes();
  /** The most bytes that were live at once, by role. */
  readonly peak: Record<BufferRole, number> = noBytes();
  /** Largest storage buffer: the adapter's own limit, or less where the owner wants smaller blocks. */
  maxStorageBytes: number;
  /** Milliseconds after which finished work is noticed at the latest: next to nothing in Chromium and Dawn, 100 in Firefox. */
  noticeMs = 0;
  #closed = false;
  #lost: GPUDeviceLostInfo | undefined;
  readonly #buffers = new Map<GPUBuffer, BufferRole>();

  constructor(device: GPUDevice) {
    this.device = device;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.maxStorageBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    void device.lost.then((info) => {
      this.#lost = info;
    });
  }

  /** @throws UserError once closed. */
  checkOpen(): void {
    if (this.#closed) throw new UserError('This core was closed: open() another.');
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

  /** @throws UserError naming the limit when the buffer is too large for the adapter or its memory. */
  async createBuffer(label: string, size: number, usage: number, role: BufferRole): Promise<GPUBuffer> {
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
    const buffer = await this.#scoped(`creating ${label} (${size} bytes)`, () =>
      this.device.createBuffer({ label, size, usage }),
    );
    this.#buffers.set(buffer, role);
    this.live[role] += size;
    this.peak[role] = Math.max(this.peak[role], this.live[role]);
    return buffer;
  }

  release(buffer: GPUBuffer): void {
    const role = this.#buffers.get(buffer);
    if (role === undefined) return;
    this.#buffers.delete(buffer);
    this.live[role] -= buffer.size;
    buffer.destroy();
  }

  /** Frees every buffer that is left; what is under way, and what is asked for afterwards, is told so. */
  close(): void {
    this.#closed = true;
    for (const buffer of this.#buffers.keys()) this.release(buffer);
  }

  /** Compiles without blocking; bindings are numbered as given, `undefined` leaves a number out. */
  async createPipeline(
    label: string,
    source: string,
    bindings: readonly (BindingType | undefined)[],
  ): Promise<Pipeline> {
    const started = performance.now();
    const entries = bindings.flatMap((type, binding) =>
      type === undefined ? [] : [{ binding, visibility: COMPUTE_STAGE, buffer: BINDINGS[type] }],
    );
    const layout = this.device.createBindGroupLayout({ label, entries });
    const module = this.device.createShaderModule({ label, code: source });
    try {
      const pipeline = await this.device.createComputePipelineAsync({
        label,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
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

  bind(
    { layout }: Pipeline,
    buffers: readonly (GPUBuffer | undefined)[],
    uniformBytes: number,
  ): Promise<GPUBindGroup> {
    const most = this.device.limits.maxStorageBufferBindingSize;
    const entries = buffers.flatMap((buffer, binding) => {
      if (buffer === undefined) return [];
      const size = binding === 0 ? uniformBytes : Math.min(buffer.size, most);
      return [{ binding, resource: { buffer, size } }];
    });
    return this.#scoped('binding', () => this.device.createBindGroup({ layout, entries }));
  }

  /** Bytes of these buffers by role; those already released count nothing. */
  bytesOf(buffers: readonly GPUBuffer[]): Record<BufferRole, number> {
    const bytes = noBytes();
    for (const buffer of buffers) {
      const role = this.#buffers.get(buffer);
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

  /** The bytes of part of a buffer, by way of a staging buffer that is gone afterwards. */
  async read(buffer: GPUBuffer, offset: number, size: number): Promise<Uint32Array<ArrayBuffer>> {
    const staging = await this.createBuffer('readback', size, USAGE.MAP_READ | USAGE.COPY_DST, 'staging');
    try {
      await this.submit('reading back', (encoder) => {
        encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
      });
      await staging.mapAsync(MAP_READ_MODE).catch((error: unknown) => {
        this.checkAlive();
        throw error;
      });
      return new Uint32Array(staging.getMappedRange().slice(0));
    } finally {
      this.release(staging);
    }
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
    if (memory !== null) throw new UserError(`The adapter is out of memory while ${what}: ${memory.message}`);
    if (validation !== null) throw new RefusedError(what, validation.message);
    return result;
  }
}
