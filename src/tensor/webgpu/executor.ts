/**
 * Graphs on a WebGPU device: a plan for each structure of graph, kept; a run of it is one submission. Bit for bit what
 * `reference/` gives.
 */
import type { ChipName } from '../../chip';
import { WebGpuMatmul } from '../../execute/webgpu';
import { arithmeticOf } from '../../execute/webgpu/interpreter/functions';
import { codeArray, unpackWords, UserError, type CodeArray, type Dtype } from '../../numerics';
import type { CompiledGraph, DeviceBuffers, Executor, ExecutorCounts, ExecutorMemory } from '../executor';
import { sizeOf, type Node, type Shape, type Stored } from '../graph';
import { deviceBuffers } from './device-buffers';
import { lower } from './lower';
import { bytesOf, Memory, Storage } from './memory';
import { faultsOf, Held, heldBy, type Fault } from './held';
import { makePlan, type Adapter, type Plan } from './plan';
import { capture, type Captured } from './structure';
import { submit, type Submitted } from './submission';

export interface WebGpuExecutorOptions {
  readonly chip?: ChipName;
  /** Whether kernels compute several primitives; true when left out. */
  readonly fusion?: boolean;
}

/** Plans kept at most: the one that was used longest ago goes first. */
const PLANS = 512;

export class WebGpuExecutor implements Executor {
  readonly name = 'webgpu';
  readonly chip: ChipName;
  readonly matmul: WebGpuMatmul;
  readonly buffers: DeviceBuffers;
  readonly #adapter: Adapter;
  readonly #memory: Memory;
  readonly #plans = new Map<string, Promise<Plan>>();
  readonly #pipelines = new Set<string>();
  #counts = { dispatches: 0, submissions: 0, pipelines: 0, plans: 0 };
  #sources: readonly string[] = [];
  #trouble: Promise<void> = Promise.resolve();

  private constructor(matmul: WebGpuMatmul, chip: ChipName, fusion: boolean) {
    const { gpu } = matmul;
    const { maxStorageBuffersPerShaderStage: buffers } = gpu.device.limits;
    this.matmul = matmul;
    this.chip = chip;
    this.#adapter = {
      gpu,
      matmul,
      chip,
      arithmetic: arithmeticOf(matmul.probe),
      limits: { buffers, fusion },
    };
    this.#memory = new Memory(gpu.device, gpu.maxStorageBytes);
    this.buffers = deviceBuffers(gpu.device, this.#memory, (what, action) => {
      this.#scoped(what, action);
    });
  }

  /** @throws UserError when the adapter's arithmetic cannot keep the contract. */
  static async create(
    device: GPUDevice,
    { chip = 'trn2', fusion = true }: WebGpuExecutorOptions = {},
  ): Promise<WebGpuExecutor> {
    return new WebGpuExecutor(await WebGpuMatmul.create(device), chip, fusion);
  }

  get device(): GPUDevice {
    return this.#adapter.gpu.device;
  }

  get memory(): ExecutorMemory {
    return this.#memory.counts;
  }

  get counts(): ExecutorCounts {
    return { ...this.#counts };
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
    this.#adapter.gpu.checkAlive();
    const wanted = [...new Set(nodes)].filter(({ op }) => op.kind !== 'leaf');
    if (wanted.length === 0) return;
    const captured = capture(wanted);
    const leaves = captured.leaves.map((leaf) => heldBy(leaf, leaf.stored));
    for (const { storage } of leaves) storage.hold();
    try {
      const plan = await this.#plan(captured, wanted);
      const held = await this.#execute(plan, captured, wanted, leaves);
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
    const trouble = this.#trouble;
    this.#trouble = Promise.resolve();
    await trouble;
    this.#adapter.gpu.checkAlive();
    if (held.codes !== undefined && held.faults.length === 0) return held.codes;
    held.storage.hold();
    try {
      held.fault ??= await this.#faultOf(held.faults);
      if (held.fault !== undefined) throw new UserError(`An index lies outside: ${held.fault}`);
      held.codes ??=
        size === 0
          ? codeArray(dtype, 0)
          : unpackWords(dtype, size, await this.#words(held.storage, bytesOf(dtype, size)));
      return held.codes;
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
    const plan = await this.#plan(captured, outputs);
    return {
      run: async (values) => {
        this.#adapter.gpu.checkAlive();
        const given = leaves.map((leaf, i) =>
          leaf instanceof Held ? leaf : heldBy(captured.leaves[i], values[leaf]),
        );
        for (const { storage } of given) storage.hold();
        try {
          return await this.#execute(plan, captured, outputs, given);
        } finally {
          for (const { storage } of given) storage.drop();
        }
      },
      release: () => {
        for (const output of outputs) output.drop();
      },
    };
  }

  close(): void {
    this.#memory.close();
    this.#adapter.gpu.close();
    for (const plan of this.#plans.values())
      void plan.then(
        ({ uniforms }) => {
          uniforms.destroy();
        },
        () => undefined,
      );
    this.#plans.clear();
  }

  #plan({ key, nodes }: Captured, wanted: readonly Node[]): Promise<Plan> {
    const known = this.#plans.get(key);
    if (known !== undefined) {
      this.#plans.delete(key);
      this.#plans.set(key, known);
      return known;
    }
    const plan = makePlan(lower(nodes, wanted), this.#adapter);
    this.#plans.set(key, plan);
    this.#counts.plans++;
    plan.then(
      ({ sources }) => {
        for (const source of sources) this.#pipelines.add(source);
        this.#counts.pipelines = this.#pipelines.size;
      },
      () => this.#plans.delete(key),
    );
    const [oldest] = this.#plans.keys();
    // One that is compiled, or in use, keeps its uniforms: they go with it.
    if (this.#plans.size > PLANS && oldest !== undefined) this.#plans.delete(oldest);
    return plan;
  }

  /** Encodes and submits. New values are those of the wanted nodes, in order. */
  async #execute(
    plan: Plan,
    captured: Captured,
    wanted: readonly Node[],
    leaves: readonly Held[],
  ): Promise<readonly Held[]> {
    const { gpu } = this.#adapter;
    const memory = this.#memory;
    this.#sources = plan.sources;
    for (let attempt = 0; ; attempt++) {
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
        throw refused;
      }
      if (memory.made === made) this.#ask(answers);
      else {
        const [invalid, exhausted] = await answers.catch(() => [null, null]);
        if (invalid !== null || exhausted !== null || isLost(gpu)) {
          for (const storage of submitted.all) storage.fail();
          for (const { storage } of leaves) storage.forget();
        }
        gpu.checkAlive();
        if (exhausted !== null) {
          memory.drain();
          if (attempt === 0) continue;
          throw new UserError(
            `The adapter is out of memory: ${exhausted.message} Dispose of arrays that are not needed any more.`,
          );
        }
        if (invalid !== null) throw refusal(invalid);
      }
      return this.#hold(plan, captured, wanted, leaves, submitted);
    }
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

  /** A run that made no buffer can only fail by a fault of this code, which the next reading tells: no run waits for that. */
  #ask(answers: Promise<readonly (GPUError | null)[]>, told: (problem: GPUError) => Error = refusal): void {
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
    flags?.drop();
    return held;
  }

  async #faultOf(faults: readonly Fault[]): Promise<string | undefined> {
    for (const { flags, word, what } of faults) {
      const words = await this.#words(flags, flags.bytes);
      if ((words[word] ?? 0) !== 0) return what;
    }
    return undefined;
  }

  #words(storage: Storage, bytes: number): Promise<Uint32Array<ArrayBuffer>> {
    const { gpu } = this.#adapter;
    return gpu.read(storage.buffer(gpu.device.queue), 0, bytes);
  }
}

const refusal = ({ message }: GPUError): Error =>
  new Error(`Invariant violation: WebGPU refused a run: ${message}`);

function isLost(gpu: Adapter['gpu']): boolean {
  try {
    gpu.checkAlive();
    return false;
  } catch {
    return true;
  }
}
