/**
 * Graphs on a WebGPU device: a plan for each structure of graph, kept; a run of it is one submission. Bit for bit what
 * `reference/` gives.
 */
import type { ChipName } from '../../chip';
import {
  DeviceLostError,
  keepFound,
  RefusedError,
  takeKept,
  WebGpuMatmul,
  type SearchOptions,
  type TuningStore,
} from '../../execute/webgpu';
import { arithmeticOf } from '../../execute/webgpu/interpreter/functions';
import { codeArray, unpackWords, UserError, type CodeArray, type Dtype } from '../../numerics';
import type { CompiledGraph, DeviceBuffers, Executor, ExecutorCounts, ExecutorMemory } from '../executor';
import { sizeOf, type Node, type Shape, type Stored } from '../graph';
import { deviceBuffers, refusalOf } from './device-buffers';
import { roomError } from './exhausted';
import { KeptPlans } from './kept-plans';
import { bytesOf, Memory, Storage, TooLargeError } from './memory';
import { faultsOf, Held, heldBy, type Fault } from './held';
import type { Adapter, Plan } from './plan';
import type { Limits } from './schedule';
import { isProcessor } from '../../execute/webgpu/tuning';
import { Renewal } from './renewal';
import { capture, type Captured } from './structure';
import { submit, type Submitted } from './submission';

export interface WebGpuExecutorOptions {
  readonly chip?: ChipName;
  /** Whether kernels compute several primitives; true when left out. */
  readonly fusion?: Fusion;
  /**
   * A fresh device after the loss of the one before. With it, what runs compute is read back in each of them and kept on the host; a run
   * that a loss stops is repeated. Without it, a loss is an error.
   */
  readonly renew?: (() => Promise<GPUDevice>) | undefined;
  /** Where what `tune` finds is kept, and taken from at the beginning. */
  readonly tunings?: TuningStore | undefined;
}

/**
 * false: every primitive has a kernel of its own. true: kernels compute several; products end in what follows them where the adapter is no
 * processor, to which a kernel more of a product is dearer to compile than a dispatch to start. `all`: these everywhere.
 */
export type Fusion = boolean | 'all';

const fusing = (fusion: Fusion, { subgroupLanes }: WebGpuMatmul): Pick<Limits, 'fusion' | 'tails'> => ({
  fusion: fusion !== false,
  tails: fusion === 'all' || (fusion && !isProcessor(subgroupLanes)),
});

export class WebGpuExecutor implements Executor {
  readonly name = 'webgpu';
  readonly chip: ChipName;
  readonly buffers: DeviceBuffers;
  readonly #memory: Memory;
  readonly #renewal: Renewal;
  readonly #plans = new KeptPlans();
  #adapter: Adapter;
  #counts = { dispatches: 0, submissions: 0 };
  #sources: readonly string[] = [];
  #trouble: Promise<void> = Promise.resolve();
  readonly #tunings: TuningStore | undefined;

  private constructor(
    adapter: Adapter,
    renew: (() => Promise<Adapter>) | undefined,
    tunings: TuningStore | undefined,
  ) {
    const { gpu, chip } = adapter;
    this.chip = chip;
    this.#adapter = adapter;
    this.#tunings = tunings;
    this.#memory = new Memory(gpu.device, gpu.maxStorageBytes);
    this.buffers = deviceBuffers(
      () => this.device,
      this.#memory,
      (what, action) => {
        this.#scoped(what, action);
      },
    );
    this.#renewal = new Renewal(
      () => this.#adapter,
      renew === undefined
        ? undefined
        : async () => {
            this.#moveTo(await renew());
          },
    );
  }

  /** @throws UserError when the adapter's arithmetic cannot keep the contract. */
  static async create(
    device: GPUDevice,
    { chip = 'trn2', fusion = true, renew, tunings }: WebGpuExecutorOptions = {},
  ): Promise<WebGpuExecutor> {
    const open = async (device: GPUDevice): Promise<Adapter> => {
      const matmul = await WebGpuMatmul.create(device, { onNote: note });
      if (tunings !== undefined) await takeKept(matmul, tunings, note);
      const { gpu, probe } = matmul;
      const { maxStorageBuffersPerShaderStage: buffers } = device.limits;
      return {
        gpu,
        matmul,
        chip,
        arithmetic: arithmeticOf(probe),
        limits: { buffers, ...fusing(fusion, matmul) },
      };
    };
    return new WebGpuExecutor(
      await open(device),
      renew === undefined ? undefined : async () => open(await renew()),
      tunings,
    );
  }

  get device(): GPUDevice {
    return this.#adapter.gpu.device;
  }

  get memory(): ExecutorMemory {
    return this.#memory.counts;
  }

  get counts(): ExecutorCounts {
    return { ...this.#counts, pipelines: this.#plans.pipelines, plans: this.#plans.made };
  }

  /** The WGSL of the kernels of the last run, in order. */
  get sources(): readonly string[] {
    return this.#sources;
  }

  place(codes: CodeArray, dtype: Dtype, shape: Shape): Stored {
    const storage = new Storage(this.#memory, bytesOf(dtype, sizeOf(shape)), { dtype, codes });
    return new Held(storage, [], codes);
  }

  async run(nodes: readonly Node[]): Promise<void> {
    this.#adapter.gpu.checkOpen();
    const wanted = [...new Set(nodes)].filter(({ op }) => op.kind !== 'leaf');
    if (wanted.length === 0) return;
    const captured = capture(wanted);
    const leaves = captured.leaves.map((leaf) => heldBy(leaf, leaf.stored));
    for (const { storage } of leaves) storage.hold();
    try {
      const held = await this.#renewal.attempt(async (adapter) => {
        adapter.gpu.checkAlive();
        return this.#execute(
          adapter,
          await this.#plans.of(adapter, captured, wanted),
          captured,
          wanted,
          leaves,
        );
      });
      for (const [i, node] of wanted.entries()) {
        const stored = held[i];
        // Another run may have computed it meanwhile, or nobody needs it any more.
        if (stored === undefined) continue;
        if (node.op.kind === 'leaf') stored.release();
        else node.settle(stored);
      }
    } finally {
      for (const { storage } of leaves) storage.drop();
    }
  }

  async read(node: Node): Promise<CodeArray> {
    const { dtype, size } = node;
    const held = heldBy(node, node.stored);
    this.#adapter.gpu.checkOpen();
    if (held.codes !== undefined && held.sound) return held.codes; // even where the device is lost
    const trouble = this.#trouble;
    this.#trouble = Promise.resolve();
    await trouble;
    held.storage.hold();
    try {
      if (!held.sound) held.fault ??= await this.#faultOf(held.faults);
      if (held.fault !== undefined) throw new UserError(`${held.fault}: an index lies outside.`);
      held.sound = true;
      held.codes ??=
        size === 0
          ? codeArray(dtype, 0)
          : unpackWords(dtype, size, await this.#words(held.storage, bytesOf(dtype, size)));
      return held.codes;
    } catch (error) {
      throw error instanceof RefusedError ? refusalOf(error.refusal, [node], [held]) : error;
    } finally {
      held.storage.drop();
    }
  }

  async compile(inputs: readonly Node[], outputs: readonly Node[]): Promise<CompiledGraph> {
    const captured = capture(outputs);
    const leaves = captured.leaves.map((leaf) => {
      const input = inputs.indexOf(leaf);
      return input >= 0 ? input : heldBy(leaf, leaf.stored);
    });
    for (const output of outputs) output.hold();
    let made = await this.#renewal.attempt(async (adapter) => ({
      adapter,
      plan: await this.#plans.of(adapter, captured, outputs),
    }));
    return {
      run: async (values) => {
        this.#adapter.gpu.checkOpen();
        const given = leaves.map((leaf, i) =>
          leaf instanceof Held ? leaf : heldBy(captured.leaves[i], values[leaf]),
        );
        for (const { storage } of given) storage.hold();
        try {
          return await this.#renewal.attempt(async (adapter) => {
            adapter.gpu.checkAlive();
            if (made.adapter !== adapter)
              made = { adapter, plan: await this.#plans.of(adapter, captured, outputs) };
            return this.#execute(adapter, made.plan, captured, outputs, given);
          });
        } finally {
          for (const { storage } of given) storage.drop();
        }
      },
      release: () => {
        for (const output of outputs) output.drop();
      },
    };
  }

  async tune(signal: AbortSignal | undefined, options: SearchOptions): Promise<void> {
    const { matmul } = this.#adapter;
    if (!(await matmul.tune(signal, options))) return;
    // Plans in use end with their kernels; what is compiled is planned anew, as on another adapter.
    this.#plans.forget();
    this.#adapter = { ...this.#adapter };
    if (this.#tunings !== undefined) await keepFound(matmul, this.#tunings, note);
  }

  close(): void {
    this.#memory.close();
    this.#adapter.gpu.close();
    this.#plans.drop();
  }

  /** The plans of the device before are of no use on this one. */
  #moveTo(adapter: Adapter): void {
    const { gpu } = this.#adapter;
    this.#adapter = adapter;
    this.#plans.drop();
    this.#trouble = Promise.resolve();
    this.#memory.moveTo(adapter.gpu.device, adapter.gpu.maxStorageBytes);
    gpu.close();
  }

  /** Encodes and submits. New values are those of the wanted nodes, in order. */
  async #execute(
    adapter: Adapter,
    plan: Plan,
    captured: Captured,
    wanted: readonly Node[],
    leaves: readonly Held[],
  ): Promise<readonly Held[]> {
    const { gpu } = adapter;
    const memory = this.#memory;
    this.#sources = plan.sources;
    for (let attempt = 0; ; attempt++) {
      if (adapter !== this.#adapter) throw new DeviceLostError('the WebGPU device was lost and replaced');
      const made = memory.made;
      const { device } = gpu;
      device.pushErrorScope('out-of-memory');
      device.pushErrorScope('validation');
      let submitted: Submitted | undefined;
      let refused: unknown;
      try {
        submitted = submit(plan, captured, leaves, device, memory);
        this.#counts.submissions++;
        this.#counts.dispatches += submitted.dispatches;
      } catch (error) {
        refused = error;
      }
      const answers = Promise.all([device.popErrorScope(), device.popErrorScope()]);
      if (submitted === undefined) {
        await answers.catch(() => undefined);
        gpu.checkAlive();
        throw refused instanceof TooLargeError ? roomError(refused.message, captured.nodes) : refused;
      }
      const refusal = ({ message }: GPUError): Error => refusalOf(message, captured.leaves, leaves);
      if (memory.made === made) this.#ask(answers, refusal);
      else {
        const [invalid, exhausted] = await answers.catch(() => [null, null]);
        if (invalid !== null || exhausted !== null || gpu.isLost) {
          for (const storage of submitted.all) storage.fail();
          for (const { storage } of leaves) storage.forget();
        }
        gpu.checkAlive();
        if (exhausted !== null) {
          memory.drain();
          if (attempt === 0) continue;
          throw roomError(`The adapter is out of memory: ${exhausted.message}.`, captured.nodes);
        }
        if (invalid !== null) throw refusal(invalid);
      }
      const held = this.#hold(plan, captured, wanted, leaves, submitted);
      try {
        if (this.#renewal.keeps) await this.#keep(submitted);
      } catch (error) {
        for (const each of held) each.release();
        throw error;
      } finally {
        submitted.flags?.drop();
      }
      return held;
    }
  }

  /** Reads all that a run has made, so that it survives the device. */
  async #keep({ all }: Submitted): Promise<void> {
    const words = await Promise.all(all.map((storage) => this.#words(storage, storage.bytes)));
    for (const [i, storage] of all.entries()) storage.keep(words[i] ?? new Uint32Array());
  }

  /** What a buffer of the caller makes an error, the next reading tells. */
  #scoped(what: string, action: () => void): void {
    const { device } = this.#adapter.gpu;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    try {
      action();
    } finally {
      const answers = Promise.all([device.popErrorScope(), device.popErrorScope()]);
      this.#ask(
        answers,
        ({ message }) => new UserError(`${what} was refused; is it of another device? ${message}`),
      );
    }
  }

  /** A run that made no buffer can only fail by a fault of this code, or of a wrapped buffer, which the next reading tells: no run waits for that. */
  #ask(answers: Promise<readonly (GPUError | null)[]>, told: (problem: GPUError) => Error): void {
    const { gpu } = this.#adapter;
    const before = this.#trouble;
    this.#trouble = answers
      .catch((): readonly (GPUError | null)[] => [])
      .then(async (problems) => {
        await before;
        gpu.checkAlive();
        for (const problem of problems) if (problem !== null) throw told(problem);
      });
    this.#trouble.catch(() => undefined);
  }

  #hold(
    plan: Plan,
    { nodes }: Captured,
    wanted: readonly Node[],
    leaves: readonly Held[],
    { outputs, flags }: Submitted,
  ): readonly Held[] {
    const faults =
      flags === undefined && leaves.every((leaf) => leaf.faults.length === 0)
        ? undefined
        : faultsOf(nodes, leaves, flags);
    const taken = new Set<Storage>();
    const held = plan.outputs.map((slot, i) => {
      const storage =
        slot.kind === 'leaf'
          ? leaves[slot.index]?.storage
          : slot.kind === 'output'
            ? outputs[slot.index]
            : undefined;
      const node = wanted[i];
      if (storage === undefined || node === undefined)
        throw new Error('Invariant violation: an output without memory');
      if (slot.kind === 'leaf' || taken.has(storage)) storage.hold();
      taken.add(storage);
      return new Held(storage, faults?.get(node) ?? []);
    });
    return held;
  }

  async #faultOf(faults: readonly Fault[]): Promise<string | undefined> {
    for (const { flags, word, what } of faults) {
      const words = await this.#words(flags, flags.bytes);
      if ((words[word] ?? 0) !== 0) return what;
    }
    return undefined;
  }

  /** From the host, where it has them. */
  async #words(storage: Storage, bytes: number): Promise<Uint32Array<ArrayBuffer>> {
    const { gpu } = this.#adapter;
    return storage.words?.subarray(0, bytes / 4) ?? gpu.read(storage.buffer(gpu.device.queue), 0, bytes);
  }
}

const note = (line: string): void => {
  console.warn(`systole: ${line}`);
};
