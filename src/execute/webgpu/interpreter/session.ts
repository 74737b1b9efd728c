/**
 * The memories of one run on the adapter, and the submissions that work on them: batches become dispatches, each small enough
 * to take well under 100 ms, and dispatches go out in submissions of about that; two are under way at most, so that a stop or a
 * lost device is noticed at once.
 */
import { UserError } from '../../../numerics';
import { USAGE, type BindingType, type Gpu, type Pipeline } from '../gpu';
import { Rate, TARGET_MS } from '../slices';
import type { Chains } from './chain';
import { DISPATCH_COST, encode, type Crew, type Encoded } from './encoding';
import type { Bindings, Kernel } from './kernel';
import { PARTITIONS, STATS_BYTES, type Layout } from './layout';
import { Schedule } from './schedule';
import { REPORT_WORDS, type Work } from './work';

/** What is waited, without asking, of the time that work of one kernel took before. */
const RESTED_SHARE = 0.5;
/** An answer that comes sooner says nothing about how long the work took. */
const LATE_MS = 1;
/** What is scheduled at most before it is submitted. */
const SCHEDULED_WORKS = 1024;
const SCHEDULED_COST = 2 ** 24;
/** Cost per millisecond to begin with, on an adapter of which nothing is known. */
const FIRST_RATE = DISPATCH_COST / 50;
const UNIFORM_BYTES = 32;
const UNIFORM_STEP = 256;

/** Pipelines of kernels, compiled once for each device. */
export class Pipelines {
  readonly #gpu: Gpu;
  readonly #byKernel = new Map<Kernel, Promise<Pipeline>>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  of(kernel: Kernel): Promise<Pipeline> {
    let pipeline = this.#byKernel.get(kernel);
    if (pipeline === undefined) {
      pipeline = this.#gpu.createPipeline(kernel.key, kernel.wgsl(), BINDINGS[kernel.bindings]);
      this.#byKernel.set(kernel, pipeline);
    }
    return pipeline;
  }

  /** Every kernel that was compiled, in the order of its first use. */
  get kernels(): readonly Kernel[] {
    return [...this.#byKernel.keys()];
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Dispatch, descriptors, chip, HBM, reports, scratch; a product has its two packed operands in scratch. */
const BINDINGS = {
  lanes: ['uniform', 'read', 'write', 'write', 'write', 'write'],
  product: ['uniform', 'read', 'write', undefined, 'read', 'read', 'read'],
} as const satisfies Record<Bindings, readonly (BindingType | undefined)[]>;

/** What is encoded and not yet sent, from dispatch `from` on. */
interface Rest {
  readonly encoded: Encoded;
  readonly pipelines: ReadonlyMap<Kernel, Pipeline>;
  readonly groups: ReadonlyMap<Bindings, GPUBindGroup>;
  from: number;
}

interface Buffers {
  uniforms: GPUBuffer;
  descriptors: GPUBuffer;
  readonly chip: GPUBuffer;
  readonly hbm: GPUBuffer;
  reports: GPUBuffer;
  readonly scratch: GPUBuffer;
}

/** What sessions on one device share. */
interface Tools {
  readonly gpu: Gpu;
  readonly pipelines: Pipelines;
  readonly chains: Chains;
}

export class Session {
  readonly gpu: Gpu;
  readonly schedule: Schedule;
  /** Sent so far. */
  dispatches = 0;
  readonly #pipelines: Pipelines;
  readonly #chains: Chains;
  readonly #buffers: Buffers;
  readonly #bytes: Layout['bytes'];
  readonly #crew: Crew;
  /** The submission before the last one, and the last one. */
  #underWay: readonly Promise<void>[] = [];
  readonly #rate: Rate;
  /** Cost per millisecond of kernels, as of the last submission that had nothing else. */
  readonly #paces = new Map<Kernel, number>();
  /** performance.now() when the last submission was finished. */
  #finishedAt = 0;
  #rest: Rest | undefined;
  #released = false;

  private constructor({ gpu, pipelines, chains }: Tools, layout: Layout, buffers: Buffers) {
    this.gpu = gpu;
    this.#pipelines = pipelines;
    this.#chains = chains;
    this.#buffers = buffers;
    this.#bytes = layout.bytes;
    this.#crew = { cores: layout.cores, hbmWords: layout.bytes.hbm / 4 };
    this.#rate = new Rate(FIRST_RATE, gpu.noticeMs);
    this.schedule = new Schedule({ ...layout.bytes, scratch: layout.scratch });
  }

  /** @throws UserError when the adapter has no room. */
  static async create(tools: Tools, layout: Layout): Promise<Session> {
    const { gpu } = tools;
    const { cores, bytes } = layout;
    const made: GPUBuffer[] = [];
    const storage = USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC;
    const make = async (
      label: string,
      size: number,
      content: 'zeros' | 'any',
      usage: number = storage,
    ): Promise<GPUBuffer> => {
      const buffer = await gpu.createBuffer(label, size, usage, 'scratch', content);
      made.push(buffer);
      return buffer;
    };
    const uniform = USAGE.UNIFORM | USAGE.COPY_DST;
    const making = [
      make('dispatches', 1024 * UNIFORM_STEP, 'any', uniform),
      make('descriptors', 2 ** 16, 'any'),
      make('SBUF and PSUM', cores * PARTITIONS * bytes.chip, 'zeros'),
      make('HBM tensors', cores * bytes.hbm, 'zeros'),
      make('reports', cores * STATS_BYTES, 'zeros'),
      make('matmul operands', cores * layout.scratch, 'any'),
    ] as const;
    try {
      const [uniforms, descriptors, chip, hbm, reports, scratch] = await Promise.all(making);
      const buffers = { uniforms, descriptors, chip, hbm, reports, scratch };
      return new Session(tools, layout, buffers);
    } catch (error) {
      await Promise.allSettled(making);
      for (const buffer of made) gpu.release(buffer);
      throw error;
    }
  }

  /** Puts works on the schedule, of which no core does two, or one. */
  add(...works: readonly Work[]): void {
    this.schedule.add(...works);
  }

  /** Whether it is time to submit. */
  get full(): boolean {
    return this.schedule.works >= SCHEDULED_WORKS || this.schedule.cost >= SCHEDULED_COST;
  }

  /**
   * Submits what is scheduled, and resolves when it may go on: one submission may be under way then.
   *
   * @throws the reason of the signal, which is looked at before each submission; the next call goes on from there.
   */
  async submit(signal?: AbortSignal): Promise<void> {
    await this.#sendRest(signal);
    if (this.schedule.works === 0) return;
    const encoded = encode(this.#chains.link(this.schedule.take()), this.#crew);
    const pipelines = new Map<Kernel, Pipeline>();
    await Promise.all(
      [...new Set(encoded.dispatches.map(({ kernel }) => kernel))].map(async (kernel) => {
        pipelines.set(kernel, await this.#pipelines.of(kernel));
      }),
    );
    await this.#prepare(encoded);
    this.#rest = { encoded, pipelines, groups: await this.#bind(encoded, pipelines), from: 0 };
    await this.#sendRest(signal);
  }

  /** Submits what is scheduled and waits until all is done. @throws the signal's reason. */
  async finish(signal?: AbortSignal): Promise<void> {
    await this.submit(signal);
    await Promise.all(this.#underWay);
    this.#underWay = [];
  }

  /** Writes bytes of a core's HBM; what is scheduled comes after it. */
  upload(core: number, byte: number, data: Uint8Array<ArrayBuffer>): void {
    const padded = data.length % 4 === 0 ? data : new Uint8Array(Math.ceil(data.length / 4) * 4);
    if (padded !== data) padded.set(data);
    this.gpu.device.queue.writeBuffer(this.#buffers.hbm, core * this.#bytes.hbm + byte, padded);
  }

  /** Writes interleaved words of every core's chip memory from byte `byte` of each partition on; what is scheduled comes after it. */
  uploadChip(byte: number, words: Uint32Array<ArrayBuffer>): void {
    for (let core = 0; core < this.#crew.cores; core++) {
      const at = (core * this.#bytes.chip + byte) * PARTITIONS;
      this.gpu.device.queue.writeBuffer(this.#buffers.chip, at, words);
    }
  }

  /** Bytes of the HBM of cores, after what is scheduled. `byte` is a multiple of 4. */
  async download(
    cores: readonly number[],
    byte: number,
    bytes: number,
  ): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    await this.finish();
    this.#checkHeld();
    const size = Math.ceil(bytes / 4) * 4;
    return Promise.all(
      cores.map(async (core) => {
        const words = await this.gpu.read(this.#buffers.hbm, core * this.#bytes.hbm + byte, size);
        return new Uint8Array(words.buffer, 0, bytes);
      }),
    );
  }

  /** Frees every buffer. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const buffer of Object.values<GPUBuffer>({ ...this.#buffers })) this.gpu.release(buffer);
  }

  /** Sends what is encoded, as many dispatches at a time as the adapter takes some 80 ms for. */
  async #sendRest(signal: AbortSignal | undefined): Promise<void> {
    const rest = this.#rest;
    const count = rest?.encoded.dispatches.length ?? 0;
    while (rest !== undefined && rest.from < count) {
      const [first, second] = this.#underWay;
      if (second !== undefined) await first;
      signal?.throwIfAborted();
      this.#checkHeld();
      const to = this.#affordable(rest);
      const done = this.#send(rest, to);
      done.catch(() => undefined); // awaited above, or by what comes next
      this.#underWay = [...this.#underWay.slice(-1), done];
      rest.from = to;
    }
    this.#rest = undefined;
    if (rest !== undefined && rest.encoded.reporting.length > 0) await this.#collect(rest.encoded);
  }

  /** Up to which dispatch a submission may go, by what they have taken so far. */
  #affordable({ encoded: { dispatches }, from }: Rest): number {
    let left = TARGET_MS * this.#rate.perMs;
    let to = from;
    do {
      left -= dispatches[to]?.cost ?? 0;
      to++;
    } while (to < dispatches.length && (dispatches[to]?.cost ?? 0) <= left);
    return to;
  }

  /** Submits dispatches up to `to`; resolves when the adapter has finished them. */
  async #send(
    { encoded: { dispatches, reportWords }, from, pipelines, groups }: Rest,
    to: number,
  ): Promise<void> {
    const sentAt = performance.now();
    const sent = dispatches.slice(from, to);
    this.dispatches += sent.length;
    const cost = sent.reduce((sum, { cost: own }) => sum + own, 0);
    const record = (encoder: GPUCommandEncoder): void => {
      if (from === 0 && reportWords > 0) encoder.clearBuffer(this.#buffers.reports, 0, reportWords * 4);
      const pass = encoder.beginComputePass();
      for (const [index, { kernel, workgroups }] of sent.entries()) {
        const pipeline = pipelines.get(kernel);
        if (pipeline === undefined) throw new Error('Invariant violation: a kernel without a pipeline');
        pass.setPipeline(pipeline.pipeline);
        pass.setBindGroup(0, groups.get(kernel.bindings), [(from + index) * UNIFORM_STEP]);
        pass.dispatchWorkgroups(...workgroups);
      }
      pass.end();
    };
    // Only of work of one kernel is it known how long it takes.
    const [only, ...others] = new Set(sent.map(({ kernel }) => kernel));
    const pace = only === undefined || others.length > 0 ? undefined : this.#paces.get(only);
    const restMs = pace === undefined ? 0 : Math.min(cost / pace, TARGET_MS) * RESTED_SHARE;
    const before = this.#underWay.at(-1);
    let askedAt = sentAt;
    await this.gpu.submit('running a Program', record, async () => {
      await before?.catch(() => undefined);
      if (restMs > LATE_MS) await delay(restMs);
      askedAt = performance.now();
    });
    const now = performance.now();
    const tookMs = now - Math.max(sentAt, this.#finishedAt);
    this.#rate.learn(cost, tookMs);
    if (only !== undefined && others.length === 0) {
      const late = now - askedAt < LATE_MS ? 2 : 1;
      this.#paces.set(only, (cost * late) / Math.max(tookMs, LATE_MS));
    }
    this.#finishedAt = now;
  }

  #checkHeld(): void {
    this.gpu.checkAlive();
    if (this.#released) throw new UserError('This run was released: start another.');
  }

  async #prepare(encoded: Encoded): Promise<void> {
    const { dispatches, descriptors, reportWords } = encoded;
    await this.#grow('uniforms', dispatches.length * UNIFORM_STEP);
    await this.#grow('descriptors', descriptors.byteLength);
    await this.#grow('reports', reportWords * 4);
    this.#checkHeld();
    const settings = new Uint32Array((dispatches.length * UNIFORM_STEP) / 4);
    dispatches.forEach((dispatch, at) => {
      settings.set(dispatch.settings, (at * UNIFORM_STEP) / 4);
    });
    const { queue } = this.gpu.device;
    queue.writeBuffer(this.#buffers.uniforms, 0, settings);
    queue.writeBuffer(this.#buffers.descriptors, 0, descriptors);
  }

  async #bind(
    { dispatches }: Encoded,
    pipelines: ReadonlyMap<Kernel, Pipeline>,
  ): Promise<ReadonlyMap<Bindings, GPUBindGroup>> {
    const { uniforms, descriptors, chip, hbm, reports, scratch } = this.#buffers;
    const buffers = {
      lanes: [uniforms, descriptors, chip, hbm, reports, scratch],
      product: [uniforms, descriptors, chip, undefined, reports, scratch, scratch],
    };
    const bound = new Map<Bindings, GPUBindGroup>();
    for (const { kernel } of dispatches) {
      const { bindings } = kernel;
      const pipeline = pipelines.get(kernel);
      if (bound.has(bindings) || pipeline === undefined) continue;
      bound.set(bindings, await this.gpu.bind(pipeline, buffers[bindings], UNIFORM_BYTES));
    }
    return bound;
  }

  async #grow(name: 'uniforms' | 'descriptors' | 'reports', bytes: number): Promise<void> {
    const buffer = this.#buffers[name];
    if (buffer.size >= bytes) return;
    const size = 2 ** Math.ceil(Math.log2(bytes));
    const larger = await this.gpu.createBuffer(buffer.label, size, buffer.usage, 'scratch');
    if (this.#released) this.gpu.release(larger);
    this.#checkHeld();
    this.#buffers[name] = larger;
    await Promise.all(this.#underWay);
    this.gpu.release(buffer);
  }

  async #collect({ reporting, reportWords }: Encoded): Promise<void> {
    const all = await this.gpu.read(this.#buffers.reports, 0, reportWords * 4);
    for (const { work, slot } of reporting) {
      const each = work.lanes * REPORT_WORDS;
      for (let core = 0; core < this.#crew.cores; core++) {
        const words = all.slice(slot + core * each, slot + (core + 1) * each);
        if (words.some((word) => word !== 0)) work.reported?.(words, core);
      }
    }
  }
}
