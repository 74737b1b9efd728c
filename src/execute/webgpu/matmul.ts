/**
 * Matmuls on a WebGPU device: probes the adapter once, then prepares products with a kernel that is proved before it is
 * trusted. A kernel is proved by small known-answer products, bit for bit against the reference loop; when the adapter's
 * compiler fuses or reorders, the next stronger barrier is tried (docs/numerics.md).
 */
import type { MatmulPlan } from '../../lower';
import { bitsOf, scanOperand, UserError, type CodeArray, type Dtype } from '../../numerics';
import type { MatmulOperands, SubnormalMode } from '../matmul';
import { referenceMatmul } from '../reference/matmul';
import { compareOnDevice, type DeviceComparison } from './compare';
import type { Decoder } from './decoders';
import { epilogueKind } from './epilogue';
import { DeviceLostError, Gpu, type Pipeline } from './gpu';
import { arithmeticOf } from './interpreter/functions';
import {
  BARRIERS,
  fusedKernel,
  geometryOf,
  plainKernel,
  type Barrier,
  type Kernel,
  type KernelSpec,
} from './kernels';
import { knownProduct } from './known-product';
import { uploadPanels } from './panels';
import { measurePeaks, type Peaks } from './peaks';
import { Product, scratchRoom, splitFits, type PreparedMatmul } from './prepared';
import { float16Decoder, probeArithmetic, type ArithmeticProbe, type Float16Decoder } from './probes';
import { searchClass, type Searched } from './search';
import { Rate } from './slices';
import { STAGED_ROOM, StagedProduct, type StagedLayout } from './staged';
import type { Tail } from './tail';
import {
  blaming,
  checkSources,
  isBuffer,
  type MatrixSource,
  type MatrixView,
  type OperandSources,
} from './sources';
import { movingOf, Stationary, stationaryDtype, stationaryOf } from './stationary';
import {
  classOf,
  firstLine,
  FIRST_TUNING,
  forEachClass,
  striped,
  tuningFor,
  tuningText,
  TUNED_CLASSES,
  TUNING_CLASSES,
  type SearchOptions,
  type Tuning,
  type TuningClass,
  type Tunings,
} from './tuning';

export interface ProbeReport extends ArithmeticProbe {
  /** WGSL's own conversion of float16 that is exact on every code, subnormals included; left out where there is none. */
  readonly float16?: Float16Decoder;
  /** The register tiles that products take, and what `tune` measured: nothing before. */
  readonly tunings: Tunings;
  /** Kernels proved so far and the barrier each needs. */
  readonly kernels: Readonly<Record<string, Barrier>>;
}

export interface PrepareOptions {
  /** `plain` is the one-output-per-invocation checker; `fused` when left out. */
  readonly kernel?: 'fused' | 'plain';
  readonly signal?: AbortSignal | undefined;
  /** A buffer of the caller's that takes the result, packed as operands are; one of the product's own when left out. */
  readonly into?: GPUBuffer | MatrixView | undefined;
  /**
   * Products of the plan's shape that are computed together: each has its own A, or all have the same, and likewise B; each has its
   * own C and residual; the bias is one. Codes lie one matrix after the other. Product i is that of the plan with seed + i.
   */
  readonly batch?: number | undefined;
}

export interface WebGpuOptions {
  /** Largest storage buffer to use, in bytes; larger operands are split over several. The adapter's limit when left out. */
  readonly maxStorageBytes?: number;
  /** The register tile to take until `tune` has found another; a safe one when left out. */
  readonly tuning?: Tuning;
  /** Is told in one line that a kernel which a search had found is wrong after all. */
  readonly onNote?: (line: string) => void;
}

interface Proved {
  readonly kernel: Kernel;
  readonly pipeline: Pipeline;
  /** What adds the passes of a kernel that is split. */
  readonly combine: Pipeline | undefined;
  readonly rate: Rate;
  /** The format in which the kernel reads B. */
  readonly moving: Dtype;
}

interface ProvedFused extends Proved {
  /** The same kernel with a tail. */
  readonly ending: (tail: Tail) => Kernel;
}

interface KnownAnswer {
  readonly plan: MatmulPlan;
  readonly operands: MatmulOperands;
  readonly expected: CodeArray;
}

/** Multiply-adds per millisecond to begin with, on an adapter of which nothing is known. */
const FIRST_RATE = 2e5;

export class WebGpuMatmul {
  readonly gpu: Gpu;
  readonly #stationary: Stationary;
  readonly #arithmetic: ArithmeticProbe;
  readonly #float16: Float16Decoder | undefined;
  readonly #safe: Tuning;
  readonly #onNote: (line: string) => void;
  #tunings: Tunings;
  /** Searches for a tuning go one after the other: the second finds the work done. */
  #search: Promise<boolean> = Promise.resolve(false);
  readonly #plainKernels = new Map<string, Promise<Proved>>();
  readonly #fusedKernels = new Map<string, Promise<ProvedFused>>();
  readonly #barriers: Record<string, Barrier> = {};

  private constructor(
    gpu: Gpu,
    arithmetic: ArithmeticProbe,
    float16: Float16Decoder | undefined,
    { tuning, onNote = () => undefined }: WebGpuOptions,
  ) {
    this.gpu = gpu;
    this.#safe = striped(FIRST_TUNING, this.subgroupLanes);
    this.#tunings = untuned(tuning ?? this.#safe);
    this.#stationary = new Stationary(gpu);
    this.#onNote = onNote;
    this.#arithmetic = arithmetic;
    this.#float16 = float16;
  }

  /** @throws UserError when the adapter's arithmetic cannot keep the contract. */
  static async create(device: GPUDevice, options: WebGpuOptions = {}): Promise<WebGpuMatmul> {
    const gpu = new Gpu(device);
    const [arithmetic, float16] = await Promise.all([probeArithmetic(gpu), float16Decoder(gpu)]);
    await gpu.learnNotice();
    if (!arithmetic.nearestEven) {
      throw new UserError(
        'This adapter does not round float32 sums to nearest even, which every result here relies on: use another adapter.',
      );
    }
    gpu.maxStorageBytes = Math.min(gpu.maxStorageBytes, options.maxStorageBytes ?? Infinity);
    return new WebGpuMatmul(gpu, arithmetic, float16, options);
  }

  /**
   * Measures which register tile is fastest on this adapter; products prepared afterwards take it. A second call finds the
   * work done, and so does one after `adopt`, unless it asks for all of it `anew`. A search that fails leaves everything as it was.
   * Resolves to whether anything was measured.
   * @throws the signal's reason.
   */
  tune(signal?: AbortSignal, { onTrial, pause, anew = false }: SearchOptions = {}): Promise<boolean> {
    const search = this.#search
      .catch(() => undefined)
      .then(async () => {
        if (!anew && Object.values(this.#tunings).every(({ candidates }) => candidates.length > 0))
          return false;
        const isFatal = (error: unknown): boolean =>
          signal?.aborted === true || error instanceof DeviceLostError;
        const searched: Searched = {
          ...{ subgroupLanes: this.subgroupLanes, noticeMs: this.noticeMs },
          prepare: async (plan, operands, tuning) =>
            this.#product(plan, operands, await this.#fused(plan, operands, tuning)),
        };
        const found = { ...this.#tunings };
        for (const [done, name] of TUNING_CLASSES.entries()) {
          const before = async (tuning: Tuning): Promise<void> => {
            await pause?.();
            signal?.throwIfAborted();
            onTrial?.({ name, tuning, done });
          };
          found[name] = await searchClass(name, searched, { signal, isFatal, before });
        }
        this.#tunings = found;
        return true;
      });
    this.#search = search;
    search.catch(() => undefined); // the caller has it; a queue without a caller is not an unhandled rejection
    return search;
  }

  /** Takes what an earlier search found: products prepared afterwards use it, once this adapter has proved it like any other. */
  adopt(tunings: Tunings): void {
    this.#tunings = tunings;
  }

  /** Lanes of the smallest subgroup; 0 where the device has none. */
  get subgroupLanes(): number {
    const { features, adapterInfo } = this.gpu.device;
    return features.has('subgroups') ? adapterInfo.subgroupMinSize : 0;
  }

  /** Milliseconds after which finished work is noticed at the latest, which timings must outlast. */
  get noticeMs(): number {
    return this.gpu.noticeMs;
  }

  get probe(): ProbeReport {
    return {
      ...this.#arithmetic,
      ...(this.#float16 && { float16: this.#float16 }),
      tunings: this.#tunings,
      kernels: { ...this.#barriers },
    };
  }

  /** The reference mode that this adapter is checked against where operands are not immune to flushing. */
  get subnormals(): SubnormalMode {
    return this.#arithmetic.subnormals === 'kept' ? 'exact' : 'ftz';
  }

  /**
   * Uploads the operands that are codes, takes those that are buffers as they are, and readies a proved kernel.
   *
   * @throws UserError for operands that do not fit the plan, or memory.
   */
  async prepare(
    plan: MatmulPlan,
    operands: OperandSources,
    options: PrepareOptions = {},
  ): Promise<PreparedMatmul> {
    const { batch = 1, into } = options;
    checkSources(this.gpu, plan, operands, into, batch);
    options.signal?.throwIfAborted();
    const proved = await (options.kernel === 'plain'
      ? this.#plain(plan)
      : this.#tuned(plan, operands, batch));
    options.signal?.throwIfAborted();
    return this.#product(plan, operands, proved, { batch, into });
  }

  /**
   * Readies a product that is encoded among other work, of operands that lie as the kernel reads them.
   *
   * @param tail what ends each of its outputs in place of the store. The kernel is proved without it.
   */
  async stage(plan: MatmulPlan, layout: StagedLayout, tail?: Tail): Promise<StagedProduct> {
    const proved = await this.#tuned(plan, {}, layout.batch, true);
    if (tail === undefined) return StagedProduct.create(this.gpu, plan, proved, layout);
    const kernel = proved.ending(tail);
    const compiled = { kernel, ...(await this.#pipelines(kernel)) };
    return StagedProduct.create(this.gpu, plan, compiled, layout);
  }

  async #pipelines({
    name,
    source,
    bindings,
    geometry,
  }: Kernel): Promise<Pick<Proved, 'pipeline' | 'combine'>> {
    const [pipeline, combine] = await Promise.all([
      this.gpu.createPipeline(name, source, bindings),
      geometry.split ? this.gpu.createPipeline(name, source, bindings, 'combine') : undefined,
    ]);
    return { pipeline, combine };
  }

  /** Compares two results of one plan code by code on the adapter. */
  compare(left: PreparedMatmul, right: PreparedMatmul): Promise<DeviceComparison> {
    return compareOnDevice(this.gpu, left, right);
  }

  /** The best of a fixed sweep of micro-benchmarks: what a share of peak is a share of. */
  measurePeaks(signal?: AbortSignal): Promise<Peaks> {
    return measurePeaks(this.gpu, signal);
  }

  async #product(
    plan: MatmulPlan,
    operands: OperandSources,
    proved: Proved,
    options: Pick<PrepareOptions, 'into'> & { readonly batch: number } = { batch: 1 },
  ): Promise<Product> {
    const { gpu } = this;
    const { batch, into } = options;
    const handed = into !== undefined || Object.values(operands).some(isBuffer);
    const stagedBefore = gpu.live.staging;
    gpu.peak.staging = stagedBefore;
    const owned: GPUBuffer[] = [];
    try {
      return await blaming(handed, async () => {
        const panels = await uploadPanels(gpu, plan, operands, this.#stationary, owned, {
          batch,
          into,
          moving: proved.moving,
        });
        const { subgroupLanes } = this;
        return Product.create({ gpu, plan, subgroupLanes, ...proved, panels, owned, handed, stagedBefore });
      });
    } catch (error) {
      for (const buffer of owned) gpu.release(buffer);
      throw error;
    }
  }

  #spec(plan: MatmulPlan, moving: Dtype, decodeA: Decoder, decodeB: Decoder): KernelSpec {
    return {
      a: stationaryDtype(plan.a),
      b: moving,
      out: plan.out,
      rounding: plan.rounding,
      saturate: plan.saturate,
      decodeA,
      decodeB,
      accumulate: plan.accumulate,
      doubleRow: plan.passes.some(({ interleave }) => interleave === 2),
      groups: (plan.passes.at(-1)?.group ?? 0) > 0,
      barrier: 'none',
      epilogue: epilogueKind(plan.epilogue ?? {}),
      arithmetic: arithmeticOf(this.#arithmetic),
    };
  }

  async #plain(plan: MatmulPlan): Promise<Proved> {
    const kernel = plainKernel({ ...this.#spec(plan, plan.b, 'general', 'general'), barrier: 'product+sum' });
    return once(this.#plainKernels, kernel.name + String(plan.accumulate), async () => ({
      kernel,
      pipeline: await this.gpu.createPipeline(kernel.name, kernel.source, kernel.bindings),
      combine: undefined,
      rate: new Rate(FIRST_RATE / 10, this.gpu.noticeMs),
      moving: plan.b,
    }));
  }

  /**
   * Where the tuning that a search found, now or earlier, cannot be proved for these formats, it is discarded, and the safe one takes
   * its place: the search proved it for one pair of formats, and a kept one may be of another mind than the adapter.
   *
   * @param staged whether operands lie on the adapter already, 8-bit ones widened.
   */
  async #tuned(
    plan: MatmulPlan,
    operands: Partial<OperandSources>,
    batch: number,
    staged = false,
  ): Promise<ProvedFused> {
    const name = classOf({ ...plan, b: staged ? stationaryDtype(plan.b) : plan.b });
    const { tuning, candidates } = this.#tunings[name];
    try {
      return await this.#fused(plan, operands, tuning, batch, staged);
    } catch (error) {
      if (candidates.length === 0 || error instanceof DeviceLostError) throw error;
      const proved = await this.#fused(plan, operands, this.#safe, batch, staged);
      this.#discard(name, tuning, firstLine(error));
      return proved;
    }
  }

  /** Once, by whichever product was the first to find out. */
  #discard(name: TuningClass, tuning: Tuning, why: string): void {
    const { [name]: choice } = this.#tunings;
    if (choice.tuning !== tuning) return;
    const discarded = [...choice.discarded, { tuning, why }];
    this.#tunings = { ...this.#tunings, [name]: { ...choice, tuning: this.#safe, discarded } };
    this.#onNote(
      `The kernel found fastest for ${TUNED_CLASSES[name].words} (${tuningText(tuning)}) cannot be proved on this adapter: it is discarded, and the safe one runs.`,
    );
  }

  #fused(
    plan: MatmulPlan,
    operands: Partial<OperandSources>,
    preferred: Tuning,
    batch = 1,
    staged = false,
  ): Promise<ProvedFused> {
    const moving = staged || preferred.widen ? stationaryDtype(plan.b) : plan.b;
    const decodeA = this.#decoder(stationaryDtype(plan.a), plan.a, operands.a);
    const decodeB = this.#decoder(moving, plan.b, operands.b);
    const spec = this.#spec(plan, moving, decodeA, decodeB);
    const { m, n } = plan;
    const bits = { a: bitsOf(spec.a), b: bitsOf(spec.b) };
    let tuning = tuningFor(preferred, { m, n, passes: plan.passes.length, batch, bits });
    const room = staged ? STAGED_ROOM : scratchRoom(plan);
    if (tuning.split && !splitFits(plan, geometryOf(spec, tuning), room))
      tuning = { ...tuning, split: false };
    const key = JSON.stringify([spec, tuning, plan.a, plan.b, plan.chip]);
    return once(this.#fusedKernels, key, () => this.#prove(plan, spec, tuning));
  }

  /** The quickest decoder that is exact for these codes on this adapter; what a buffer holds is not known. */
  #decoder(stored: Dtype, dtype: Dtype, codes: MatrixSource | undefined): Decoder {
    if (stored === 'float32' || stored === 'tfloat32' || stored === 'bfloat16') return 'general';
    if (dtype === 'float16' && this.#float16 !== undefined) return this.#float16;
    return codes === undefined || isBuffer(codes) || scanOperand(dtype, codes).hasNonFinite
      ? 'general'
      : 'finite';
  }

  /** Finds the weakest barrier with which the kernel equals the reference on small products of this plan's kind. */
  async #prove(plan: MatmulPlan, spec: KernelSpec, tuning: Tuning): Promise<ProvedFused> {
    let known: KnownAnswer | undefined;
    for (const barrier of BARRIERS) {
      const kernel = fusedKernel({ ...spec, barrier }, tuning);
      const pipelines = this.#pipelines(kernel);
      known ??= this.#known(plan, tuning, spec.b); // while the adapter compiles
      const ending = (tail: Tail): Kernel => fusedKernel({ ...spec, barrier }, tuning, tail);
      const rate = new Rate(FIRST_RATE, this.gpu.noticeMs);
      const proved = { kernel, ...(await pipelines), rate, moving: spec.b, ending };
      if (await this.#gives(known, proved)) {
        this.#barriers[kernel.name] = barrier;
        return proved;
      }
    }
    throw new UserError(
      `No variant of the kernel for ${plan.a} x ${plan.b} keeps the order of additions on this adapter: its shader compiler changes results whatever is put between. Use another adapter.`,
    );
  }

  #known(like: MatmulPlan, { tileM }: Tuning, moving: Dtype): KnownAnswer {
    const { plan, operands } = knownProduct(like, tileM);
    this.#stationary.compile(stationaryOf(plan));
    if (moving !== plan.b) this.#stationary.compile(movingOf(plan));
    return { plan, operands, expected: referenceMatmul(plan, operands, { subnormals: this.subnormals }) };
  }

  async #gives({ plan, operands, expected }: KnownAnswer, proved: Proved): Promise<boolean> {
    const product = await this.#product(plan, operands, proved);
    try {
      await product.run();
      const actual = await product.read();
      return expected.every((code, index) => code === actual[index]);
    } finally {
      product.release();
    }
  }
}

/** What is made once for a key, unless it fails. */
function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let found = made.get(key);
  if (found === undefined) {
    found = make();
    found.catch(() => made.delete(key));
    made.set(key, found);
  }
  return found;
}

/** A tile for all products, of which nothing was measured. */
const untuned = (tuning: Tuning): Tunings => {
  const choice = { tuning, candidates: [], discarded: [] };
  return forEachClass(() => choice);
};
