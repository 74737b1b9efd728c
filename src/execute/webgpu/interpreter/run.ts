/**
 * A run of a Program on an adapter, as the reference's runs are: it stops wherever it is told, and shows what every memory and
 * register holds there. A step puts an instruction on the schedule; what is scheduled is submitted when it is enough, or when
 * something is looked at. Registers, loops and what was ever written are the host's (issue.ts). Several cores may take the steps at
 * once, each on memories of its own.
 */
import type { AccumulatorEngine } from '../../../isa';
import { UserError } from '../../../numerics';
import type { CodeArray, Dtype } from '../../../numerics';
import { elementsOf, hbmTensors, nameOf } from '../../../program';
import type { Pattern, Program } from '../../../program';
import { Control, type Position } from '../../program/control';
import { Core } from '../../program/core';
import { Findings, type RunFinding } from '../../program/findings';
import { MemoryView, viewedBank, viewedPattern, viewedTensor, whole, type Viewed } from '../../program/view';
import type { InterpreterAdapter } from './adapter';
import { ofCores, type CoreList } from './cores';
import { arithmeticOf } from './functions';
import { Issue } from './issue';
import type { Layout } from './layout';
import { Lowering } from './lowering';
import { Memories } from './memories';
import type { Session } from './session';
import { MatmulGroups } from './tensor/groups';

export interface GpuRunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the steps taken so far. */
  readonly onProgress?: ((steps: number) => void) | undefined;
}

/** Steps between two looks at the clock, and milliseconds between two turns of the event loop, which brings signals. */
const STEPS = 256;
const TURN_MS = 100;

export class WebGpuRun implements Disposable {
  readonly program: Program;
  /** How many cores take its steps. */
  readonly cores: number;
  readonly #layout: Layout;
  readonly #core: Core;
  readonly #control: Control;
  readonly #groups: MatmulGroups;
  readonly #memories: Memories;
  readonly #issue: Issue;
  readonly #findings: readonly Findings[];
  #turnDue = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Of a legal Program that fits, with the inputs of each core: `WebGpuInterpreter.start` makes them. */
  constructor(
    program: Program,
    adapter: InterpreterAdapter,
    session: Session,
    layout: Layout,
    inputs: readonly Readonly<Record<string, CodeArray>>[],
    budget: number,
  ) {
    this.program = program;
    this.cores = inputs.length;
    this.#layout = layout;
    this.#core = new Core(program.tensors);
    this.#control = new Control(program.instructions, this.#core, budget);
    const lowering = new Lowering(program.chip, layout, adapter.kernels, arithmeticOf(adapter.arithmetic));
    this.#groups = new MatmulGroups(lowering);
    this.#memories = new Memories(session, layout, lowering, this.#groups, () => {
      const { node, steps } = this.#control;
      return `${node === undefined ? 'its end' : nameOf(node)}, after ${steps} steps`;
    });
    this.#findings = inputs.map(() => new Findings());
    this.#issue = new Issue({
      ...{ layout, core: this.#core, findings: this.#findings, lowering },
      ...{ groups: this.#groups, memories: this.#memories },
    });
    for (const tensor of hbmTensors(program, 'input')) {
      const pattern = whole(tensor);
      inputs.forEach((own, core) => {
        const codes = own[tensor.name];
        if (codes !== undefined) this.#memories.upload(core, pattern, codes);
      });
      this.#issue.initialisedOf(0).mark(pattern);
    }
  }

  /** Where the run stands, or undefined at its end. */
  get position(): Position | undefined {
    return this.#control.position;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#control.steps;
  }

  /** Dispatches that were sent so far. */
  get dispatches(): number {
    return this.#memories.dispatches;
  }

  /** What the values of the instructions that are done have shown so far, each once; of several cores, core after core. */
  findings(): Promise<readonly RunFinding[]> {
    return this.#inTurn(async () => {
      await this.#memories.finish();
      return this.findingsSoFar;
    });
  }

  /** The same as far as the adapter has got, without waiting for it. */
  get findingsSoFar(): readonly RunFinding[] {
    const [one] = this.#findings;
    if (one !== undefined && this.cores === 1) return one.list;
    return this.#findings.flatMap(({ list }, core) => list.map((finding) => ({ ...finding, core })));
  }

  /**
   * Takes one step; false when there was none left.
   *
   * @throws UserError naming the instruction, operand and place when it cannot be done, or when the budget is spent. The run
   * stays where it was, and can still be looked at.
   */
  step(): Promise<boolean> {
    return this.#inTurn(() => this.#step());
  }

  async #step(): Promise<boolean> {
    const { node, due } = this.#control;
    if (node === undefined) return false;
    this.#control.checkBudget();
    this.#core.reader = node;
    this.#core.step = this.#control.steps;
    if (due !== undefined) {
      if (this.#groups.isFull(due.instruction)) await this.#memories.submit();
      const pending = this.#issue.execute(due);
      if (pending !== undefined) await pending;
    }
    this.#control.advance();
    if (this.#memories.full) await this.#memories.submit();
    return true;
  }

  /**
   * Runs to just before an instruction, or a loop's test, is executed for the `time`-th time since the start; or, for a
   * number, until that many steps were taken since the start.
   *
   * @throws UserError when there is no such place, or it lies behind; and as `runToEnd` does.
   */
  runTo(target: string | number, time = 1, options: GpuRunOptions = {}): Promise<this> {
    return this.#under(options, async () => {
      const onTheWay = this.#control.onTheWayTo(target, time);
      while (onTheWay()) await this.#next(options);
    });
  }

  /** Takes all steps that are left. @throws UserError as `step` does, and the signal's reason; the run may go on afterwards. */
  runToEnd(options: GpuRunOptions = {}): Promise<this> {
    return this.#under(options, async () => {
      while (await this.#next(options));
      await this.#memories.finish();
    });
  }

  /**
   * What a tensor, or a pattern over one, holds now on a core, the first when left out. Registers of a pattern count as they are.
   *
   * @throws UserError when there is no such tensor or core, or the pattern leaves it.
   */
  read(of: string | Pattern, core = 0): Promise<MemoryView> {
    return this.#inTurn(() => this.#read(of, core));
  }

  async #read(of: string | Pattern, core: number): Promise<MemoryView> {
    const name = typeof of === 'string' ? of : of.tensor;
    const tensor = this.#layout.tensors.get(name);
    if (tensor === undefined) throw new UserError(`The Program has no tensor "${name}".`);
    if (typeof of === 'string') return this.#look(viewedTensor(tensor), core);
    this.#core.reader = `View of "${name}"`;
    const pattern = this.#core.resolvePattern('', of);
    this.#core.checkBounds('', pattern);
    return this.#look(viewedPattern(pattern), core);
  }

  /** A PSUM bank, all 128 partitions of it. @throws UserError when the chip has no such bank. */
  bank(bank: number, dtype: Dtype = 'float32', core = 0): Promise<MemoryView> {
    return this.#inTurn(() => this.#look(viewedBank(this.program.chip, bank, dtype), core));
  }

  /** What a register holds, on every core, or undefined where nothing was put into it. */
  register(name: string): number | undefined {
    return this.#core.peekRegister(name);
  }

  /** The accumulator registers of an engine, by partition; NaN where nothing was accumulated. */
  accumulators(engine: AccumulatorEngine, core = 0): Promise<Float32Array> {
    return this.#inTurn(() => {
      this.#checkCore(core);
      return this.#memories.accumulators(engine, core);
    });
  }

  async #look(viewed: Viewed, core: number): Promise<MemoryView> {
    this.#checkCore(core);
    const { pattern } = viewed;
    const start = pattern.tensor === '' ? this.#layout.psumStart : this.#layout.startOf(pattern);
    const [codes = new Uint32Array()] = await this.#memories.codesOf(pattern, [core], start);
    return new MemoryView(viewed, codes, this.#issue.initialisedOf(core).each(pattern, start));
  }

  #checkCore(core: number): void {
    if (Number.isInteger(core) && core >= 0 && core < this.cores) return;
    throw new UserError(`The run has cores 0..${this.cores - 1}, received ${core}.`);
  }

  /** The codes of the HBM outputs of a core, the first when left out, by name. @throws UserError when any was never written. */
  outputs(core = 0): Promise<Record<string, CodeArray>> {
    return this.#inTurn(async () => {
      this.#checkCore(core);
      const [outputs = {}] = await this.#outputs([core]);
      return outputs;
    });
  }

  /** The same of every core. */
  allOutputs(): Promise<readonly Record<string, CodeArray>[]> {
    return this.#inTurn(() => this.#outputs(this.#findings.map((_, core) => core)));
  }

  async #outputs(cores: CoreList): Promise<readonly Record<string, CodeArray>[]> {
    const { node } = this.#control;
    this.#core.reader = node === undefined ? 'After the last instruction' : `Before ${nameOf(node)}`;
    await this.#memories.finish();
    const outputs = cores.map((): Record<string, CodeArray> => ({}));
    for (const tensor of hbmTensors(this.program, 'output')) {
      const pattern = whole(tensor);
      for (const core of cores) {
        const missing = this.#issue.initialisedOf(core).missing(pattern);
        if (missing < 0) continue;
        const error = this.#core.unwritten(tensor.name, missing, elementsOf(pattern), tensor.name);
        throw this.cores === 1 ? error : ofCores([core], error);
      }
      const each = await this.#memories.download(pattern, cores);
      each.forEach((codes, at) => {
        const own = outputs[at];
        if (own !== undefined) own[tensor.name] = codes;
      });
    }
    return outputs;
  }

  /** Frees what the run takes on the adapter. It cannot be used afterwards; a second call does nothing. */
  release(): void {
    this.#memories.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** Calls take turns: one that is made while another is under way waits for it. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #under({ signal }: GpuRunOptions, action: () => Promise<void>): Promise<this> {
    return this.#inTurn(async () => {
      this.#memories.signal = signal;
      this.#turnDue = performance.now() + TURN_MS;
      try {
        signal?.throwIfAborted();
        await action();
        return this;
      } finally {
        this.#memories.signal = undefined;
      }
    });
  }

  async #next({ onProgress }: GpuRunOptions): Promise<boolean> {
    const { steps } = this.#control;
    if (steps % STEPS === 0 && steps > 0) {
      onProgress?.(steps);
      if (performance.now() >= this.#turnDue) {
        await new Promise((resolve) => setTimeout(resolve));
        this.#turnDue = performance.now() + TURN_MS;
      }
      this.#memories.signal?.throwIfAborted();
    }
    return this.#step();
  }
}
