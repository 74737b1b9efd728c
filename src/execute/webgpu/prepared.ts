/**
 * A product whose operands lie on the adapter: run it any number of times, read any part of the result. Dispatches are
 * sliced (slices.ts); at most two submissions are under way, so that a stop or a lost device is noticed at once.
 */
import type { MatmulPlan } from '../../lower';
import { UserError, type CodeArray } from '../../numerics';
import { checkSignal, checkWindow, type Window } from '../matmul';
import { USAGE, type BufferRole, type Gpu, type Pipeline } from './gpu';
import type { Geometry, Kernel } from './kernels';
import { Pace } from './pace';
import { memoryLimit, readPanels, type Panel } from './panels';
import { blaming, type Layout } from './sources';
import { isProcessor } from './tuning';
import { MAX_WORKGROUPS, slices, TARGET_MS, type Rate, type Slice, type SliceWork } from './slices';

/** Bytes on the adapter by what they are for, and the bound on operands + result + scratch. */
export type ProductMemory = Readonly<Record<BufferRole, number>> & { readonly limit: number };

export interface PreparedMatmul {
  /** Of each product of the batch. */
  readonly plan: MatmulPlan;
  /** How many products there are: 1 where none was asked for. */
  readonly batch: number;
  /** Name of the kernel, and its WGSL as compiled. */
  readonly kernel: string;
  readonly source: string;
  readonly compileMs: number;
  /** Bytes of this product; of `staging`, which is gone by now, the most that its upload needed at once. */
  readonly memory: ProductMemory;
  /** Dispatches of the last run. */
  readonly dispatches: number;
  /** The result's panels, for comparison on the adapter. */
  readonly panels: readonly Panel[];
  /** Computes the product once. @throws DeviceLostError, or the signal's reason. */
  run(signal?: AbortSignal): Promise<void>;
  /** Computes it `count` times and gives the milliseconds from first submission to last completion. */
  runMany(count: number, signal?: AbortSignal): Promise<number>;
  /** Codes of the result, or of a window of it, row-major; those of a batch below each other. @throws UserError for a window that does not lie in it. */
  read(window?: Window): Promise<CodeArray>;
  /** Frees its buffers, not those that were handed over; the product cannot be used afterwards. */
  release(): void;
}

/** Uniforms of one dispatch are 256 bytes apart, as WebGPU's dynamic offsets want; a submission has at most this many. */
export const UNIFORM_STRIDE = 256;
const MAX_DISPATCHES = 32;
/** Of the struct in shaders/slice.wgsl. */
export const SLICE_BYTES = 128;

export class Product implements PreparedMatmul {
  readonly plan: MatmulPlan;
  readonly batch: number;
  readonly panels: readonly Panel[];
  readonly memory: ProductMemory;
  readonly kernel: string;
  readonly source: string;
  readonly compileMs: number;
  dispatches = 0;
  readonly #gpu: Gpu;
  readonly #kernel: Kernel;
  readonly #pipeline: Pipeline;
  readonly #combine: Pipeline | undefined;
  readonly #rate: Rate;
  readonly #pace = new Pace();
  readonly #owned: readonly GPUBuffer[];
  readonly #uniforms: GPUBuffer;
  readonly #groups: readonly GPUBindGroup[];
  readonly #work: SliceWork;
  readonly #handed: boolean;
  #released = false;

  private constructor(
    parts: ProductParts,
    uniforms: GPUBuffer,
    groups: readonly GPUBindGroup[],
    work: SliceWork,
  ) {
    this.plan = parts.plan;
    this.panels = parts.panels;
    this.batch = parts.panels[0]?.batch ?? 1;
    this.kernel = parts.kernel.name;
    this.source = parts.pipeline.source;
    this.compileMs = parts.pipeline.compileMs;
    this.#gpu = parts.gpu;
    this.#kernel = parts.kernel;
    this.#pipeline = parts.pipeline;
    this.#combine = parts.combine;
    this.#rate = parts.rate;
    this.#owned = parts.owned;
    this.#handed = parts.handed;
    this.#uniforms = uniforms;
    this.#groups = groups;
    this.#work = work;
    const { gpu, owned, stagedBefore } = parts;
    this.memory = {
      ...gpu.bytesOf(owned),
      staging: gpu.peak.staging - stagedBefore,
      limit: memoryLimit(parts.plan, parts.panels[0]?.batch),
    };
  }

  static async create(parts: ProductParts): Promise<Product> {
    const { gpu, plan, kernel, pipeline, panels, owned } = parts;
    const own = async (label: string, size: number, usage: number): Promise<GPUBuffer> => {
      const buffer = await gpu.createBuffer(label, size, usage | USAGE.COPY_DST, 'scratch');
      owned.push(buffer);
      return buffer;
    };
    const uniforms = await own('slices', UNIFORM_STRIDE * MAX_DISPATCHES, USAGE.UNIFORM);
    const passes = await own('passes', plan.passes.length * 16, USAGE.STORAGE);
    gpu.device.queue.writeBuffer(passes, 0, passWords(plan));

    const { rows, columns, scratchPerWorkgroup, split } = kernel.geometry;
    const tiles = panels.map(
      ({ a, b, batch }) =>
        batch * Math.ceil((a.end - a.begin) / rows) * Math.ceil((b.end - b.begin) / columns),
    );
    const passWork = plan.passes.map((pass) => pass.rows * pass.interleave * rows * columns);
    // Scratch is bound always, and as large as needed: where passes have workgroups of their own, or a workgroup may have to stop
    // between passes.
    const workgroupWork = passWork.reduce((sum, each) => sum + each, 0);
    const mayResume = !split && scratchPerWorkgroup > 0;
    const room = Math.floor(scratchRoom(plan) / (scratchPerWorkgroup * 4));
    const fitting = (each: number): number =>
      Math.min(Math.max(1, Math.floor(room / each)), Math.max(...tiles));
    const most = split ? Math.min(fitting(plan.passes.length), MAX_WORKGROUPS) : MAX_WORKGROUPS;
    const isShared = isProcessor(parts.subgroupLanes) && plan.m > rows;
    const deepest = isShared ? passesInCache(plan) : Infinity;
    const isLong = workgroupWork > SLOWEST_RATE * TARGET_MS || plan.passes.length > deepest;
    const resumable = mayResume && isLong ? fitting(1) : 0;
    const kept = split ? most * plan.passes.length : resumable;
    const work: SliceWork = { panels: tiles, passWork, resumable, most, deepest };
    const scratch = await own('sums of passes', Math.max(16, kept * scratchPerWorkgroup * 4), USAGE.STORAGE);
    const groups = await Promise.all(
      panels.map(({ a, b, c, bias, residual, result }) => {
        const bound = [uniforms, passes, a.buffer, b.buffer, result, scratch, c, bias, residual];
        return gpu.bind(
          pipeline,
          bound.map((buffer, binding) => (kernel.bindings[binding] === undefined ? undefined : buffer)),
          SLICE_BYTES,
        );
      }),
    );
    return new Product(parts, uniforms, groups, work);
  }

  run(signal?: AbortSignal): Promise<void> {
    return this.runMany(1, signal).then(() => undefined);
  }

  async runMany(count: number, signal?: AbortSignal): Promise<number> {
    this.#checkHeld();
    checkSignal(signal);
    const whole =
      this.#work.panels.reduce((sum, each) => sum + each, 0) *
      this.#work.passWork.reduce((sum, each) => sum + each, 0);
    const started = performance.now();
    let finished = started;
    let underWay: Promise<void> | undefined;
    // The third submission waits until the first is done and the second asked for, so that each answer is of its own work.
    let asked: Promise<void> | undefined;
    this.dispatches = 0;
    let batch: Slice[] = [];
    let batchWork = 0;
    const flush = async (): Promise<void> => {
      const [list, work] = [batch, batchWork];
      [batch, batchWork] = [[], 0];
      await asked;
      const previous = underWay;
      let askedAt = finished;
      const rest = async (): Promise<void> => {
        await previous?.catch(() => undefined);
        await this.#pace.rest(work, TARGET_MS);
        askedAt = performance.now();
      };
      underWay = blaming(this.#handed, () => this.#submit(list, () => (asked = rest()))).then(() => {
        const now = performance.now();
        this.#rate.learn(work, now - finished);
        this.#pace.learn(work, now - finished, now - askedAt);
        finished = now;
      });
      underWay.catch(() => undefined); // awaited below; a rejection in between is not unhandled
      await previous;
      signal?.throwIfAborted();
    };
    try {
      for (let done = 0; done < count; done++) {
        for (const slice of slices(this.#work, () => this.#rate.perMs)) {
          signal?.throwIfAborted();
          const work = sliceWork(slice, this.#work);
          if (
            batch.length === MAX_DISPATCHES ||
            (batch.length > 0 && (batchWork + work) / this.#rate.perMs > TARGET_MS)
          )
            await flush();
          batch.push(slice);
          batchWork += work;
          this.dispatches += done === 0 ? 1 : 0;
        }
        // A first submission alone, so that the rate is known before more are put together.
        if (done === 0 && whole < this.#rate.perMs * TARGET_MS) await flush();
      }
      if (batch.length > 0) await flush();
    } finally {
      await underWay?.catch((error: unknown) => {
        if (signal?.aborted !== true) throw error;
      });
    }
    return performance.now() - started;
  }

  async read(window?: Window): Promise<CodeArray> {
    this.#checkHeld();
    const stacked = { ...this.plan, m: this.plan.m * this.batch };
    const { m: m1, n: n1 } = stacked;
    const wanted = window === undefined ? { m0: 0, m1, n0: 0, n1 } : window;
    checkWindow(stacked, wanted);
    if (this.dispatches === 0) throw new UserError('This product has no result yet: run() it before read().');
    return readPanels(this.#gpu, this.plan, this.panels, wanted);
  }

  release(): void {
    this.#released = true;
    for (const buffer of this.#owned) this.#gpu.release(buffer);
  }

  #checkHeld(): void {
    this.#gpu.checkOpen();
    if (this.#released)
      throw new UserError('This product was released, and its buffers with it: prepare() it again.');
  }

  #submit(list: readonly Slice[], rest: () => Promise<void>): Promise<void> {
    this.#gpu.checkAlive(); // writing to a buffer that is gone would be an error that nobody catches
    list.forEach((slice, index) => {
      const words = sliceWords(this.plan, this.#kernel.geometry, this.#panel(slice.panel), slice);
      this.#gpu.device.queue.writeBuffer(this.#uniforms, index * UNIFORM_STRIDE, words);
    });
    return this.#gpu.submit(
      this.#kernel.name,
      (encoder) => {
        const pass = encoder.beginComputePass();
        pass.setPipeline(this.#pipeline.pipeline);
        list.forEach(({ panel, workgroups }, index) => {
          pass.setBindGroup(0, this.#groups[panel], [index * UNIFORM_STRIDE]);
          pass.dispatchWorkgroups(workgroups, this.#combine === undefined ? 1 : this.plan.passes.length);
          if (this.#combine === undefined) return;
          pass.setPipeline(this.#combine.pipeline);
          pass.dispatchWorkgroups(workgroups);
          pass.setPipeline(this.#pipeline.pipeline);
        });
        pass.end();
      },
      rest,
    );
  }

  #panel(index: number): Panel {
    const panel = this.panels[index];
    if (panel === undefined) throw new Error(`Invariant violation: no panel ${index}`);
    return panel;
  }
}

/** The passes as the kernel reads them. */
export const passWords = ({ passes }: MatmulPlan): Uint32Array<ArrayBuffer> =>
  new Uint32Array(passes.flatMap(({ k0, rows, interleave, group }) => [k0, rows, interleave, group]));

/** Where the matrices of a panel lie. */
export type PanelLayout = Readonly<
  Record<'a' | 'b', Layout & { readonly begin: number; readonly end: number }>
> &
  Pick<Panel, 'out' | 'cStride' | 'residualStride'>;

/** The struct Slice of shaders/slice.wgsl. */
export function sliceWords(
  plan: MatmulPlan,
  { rows, columns, aVectorWords, bVectorWords }: Geometry,
  { a, b, out, cStride, residualStride }: PanelLayout,
  { firstWorkgroup, workgroups, passBegin, passEnd }: Slice,
): Uint32Array<ArrayBuffer> {
  const { scale = 1, outScale = 1 } = plan.epilogue ?? {};
  const [height, width] = [a.end - a.begin, b.end - b.begin];
  const down = Math.ceil(height / rows);
  return new Uint32Array([
    height,
    width,
    a.stride / aVectorWords,
    b.stride / bVectorWords,
    out.stride,
    firstWorkgroup,
    down,
    passBegin,
    passEnd,
    Number(passBegin > 0),
    Number(passEnd === plan.passes.length),
    0,
    plan.seed >>> 0,
    Math.floor(plan.seed / 2 ** 32),
    a.begin,
    b.begin,
    plan.n,
    ...new Uint32Array(Float32Array.of(scale, outScale).buffer),
    residualStride,
    workgroups,
    down * Math.ceil(width / columns),
    a.matrix / aVectorWords,
    b.matrix / bVectorWords,
    out.matrix,
    a.offset / aVectorWords,
    b.offset / bVectorWords,
    out.offset,
    cStride,
  ]);
}

/** Bytes that the sums of split passes may take, within the product's limit. */
export const scratchRoom = (plan: MatmulPlan): number =>
  Math.max(32768, Math.floor(memoryLimit(plan) * 0.05));

/** Whether there is room for the sums of one workgroup's passes at least. */
export const splitFits = (plan: MatmulPlan, { scratchPerWorkgroup }: Geometry, room: number): boolean =>
  plan.passes.length * scratchPerWorkgroup * 4 <= room;

/**
 * Passes whose part of B under a workgroup's columns stays in a processor's cache while the workgroups below each other read it, a row on a page of
 * its own: else each fetches all of it from memory.
 */
function passesInCache({ passes }: MatmulPlan): number {
  const deepest = passes.reduce((most, { rows, interleave }) => Math.max(most, rows * interleave), 1);
  return Math.max(1, Math.floor(ROWS_IN_CACHE / deepest));
}

const ROWS_IN_CACHE = 1024;

/** Multiply-adds per millisecond below which no adapter is thought to fall: decides who must be able to resume. */
const SLOWEST_RATE = 1e5;

export interface ProductParts {
  readonly gpu: Gpu;
  readonly plan: MatmulPlan;
  /** Of the adapter: 0 where nothing is known of its subgroups. */
  readonly subgroupLanes: number;
  readonly kernel: Kernel;
  readonly pipeline: Pipeline;
  /** What adds the passes of a kernel that is split. */
  readonly combine: Pipeline | undefined;
  readonly rate: Rate;
  readonly panels: readonly Panel[];
  /** Every buffer of this product so far; more are added. */
  readonly owned: GPUBuffer[];
  /** Whether it reads or writes buffers of the caller. */
  readonly handed: boolean;
  /** Live bytes of staging before the product had any. */
  readonly stagedBefore: number;
}

function sliceWork({ workgroups, passBegin, passEnd }: Slice, { passWork }: SliceWork): number {
  let work = 0;
  for (let pass = passBegin; pass < passEnd; pass++) work += passWork[pass] ?? 0;
  return work * workgroups;
}
