/**
 * A run of a Program on an adapter, as the reference's runs are: it stops wherever it is told, and shows what every memory and
 * register holds there. A step puts an instruction on the schedule; what is scheduled is submitted when it is enough, or when
 * something is looked at. Registers, loops and what was ever written are the host's.
 */
import { codeOf, registerOf, type AccumulatorEngine } from '../../../isa';
import { codeArray, UserError } from '../../../numerics';
import type { CodeArray, Dtype } from '../../../numerics';
import { elementsOf, hbmTensors, nameOf } from '../../../program';
import type { Instruction, NamedOperand, Opcode, Pattern, Program } from '../../../program';
import { Control, type DueInstruction, type Position } from '../../program/control';
import { Core, type RunFinding } from '../../program/core';
import { MemoryView, viewedBank, viewedPattern, viewedTensor, whole, type Viewed } from '../../program/view';
import { outsideFault, repeatedFault } from '../../program/indirect';
import type { InterpreterAdapter } from './adapter';
import { chosenBy, INDEX, indexesOf, type Chosen } from './chosen';
import type { Context } from './entry';
import { arithmeticOf } from './functions';
import { Initialised } from './initialised';
import { GPU_ISA } from './instructions';
import type { Layout } from './layout';
import { Lowering } from './lowering';
import { Memories } from './memories';
import { placeOf } from './place';
import type { Session } from './session';
import { MatmulGroups } from './tensor/groups';
import type { Work } from './work';

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
  readonly #layout: Layout;
  readonly #core: Core;
  readonly #control: Control;
  readonly #lowering: Lowering;
  readonly #groups: MatmulGroups;
  readonly #memories: Memories;
  readonly #initialised: Initialised;
  #turnDue = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Of a legal Program that fits: `WebGpuInterpreter.start` makes them. */
  constructor(
    program: Program,
    adapter: InterpreterAdapter,
    session: Session,
    layout: Layout,
    inputs: Readonly<Record<string, CodeArray>>,
    budget: number,
  ) {
    this.program = program;
    this.#layout = layout;
    this.#core = new Core(program.tensors);
    this.#control = new Control(program.instructions, this.#core, budget);
    this.#lowering = new Lowering(program.chip, layout, adapter.kernels, arithmeticOf(adapter.arithmetic));
    this.#groups = new MatmulGroups(this.#lowering);
    this.#memories = new Memories(session, layout, this.#lowering, this.#groups, () => {
      const { node, steps } = this.#control;
      return `${node === undefined ? 'its end' : nameOf(node)}, after ${steps} steps`;
    });
    this.#initialised = new Initialised(layout);
    for (const tensor of hbmTensors(program, 'input')) {
      const codes = inputs[tensor.name];
      if (codes === undefined) continue;
      const pattern = whole(tensor);
      this.#memories.upload(pattern, codes);
      this.#initialised.mark(pattern);
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

  /** What the values of the instructions that are done have shown so far, each once. */
  findings(): Promise<readonly RunFinding[]> {
    return this.#inTurn(async () => {
      await this.#memories.finish();
      return this.#core.findings;
    });
  }

  /** The same as far as the adapter has got, without waiting for it. */
  get findingsSoFar(): readonly RunFinding[] {
    return this.#core.findings;
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
      const pending = this.#execute(due);
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
   * What a tensor, or a pattern over one, holds now. Registers of a pattern count as they are.
   *
   * @throws UserError when there is no such tensor, or the pattern leaves it.
   */
  read(of: string | Pattern): Promise<MemoryView> {
    return this.#inTurn(() => this.#read(of));
  }

  async #read(of: string | Pattern): Promise<MemoryView> {
    const name = typeof of === 'string' ? of : of.tensor;
    const tensor = this.#layout.tensors.get(name);
    if (tensor === undefined) throw new UserError(`The Program has no tensor "${name}".`);
    if (typeof of === 'string') return this.#look(viewedTensor(tensor));
    this.#core.reader = `View of "${name}"`;
    const pattern = this.#core.resolvePattern('', of);
    this.#core.checkBounds('', pattern);
    return this.#look(viewedPattern(pattern));
  }

  /** A PSUM bank, all 128 partitions of it. @throws UserError when the chip has no such bank. */
  bank(bank: number, dtype: Dtype = 'float32'): Promise<MemoryView> {
    return this.#inTurn(() => this.#look(viewedBank(this.program.chip, bank, dtype)));
  }

  /** What a register holds, or undefined where nothing was put into it. */
  register(name: string): number | undefined {
    return this.#core.peekRegister(name);
  }

  /** The accumulator registers of an engine, by partition; NaN where nothing was accumulated. */
  accumulators(engine: AccumulatorEngine): Promise<Float32Array> {
    return this.#inTurn(() => this.#memories.accumulators(engine));
  }

  async #look(viewed: Viewed): Promise<MemoryView> {
    const { pattern } = viewed;
    const start = pattern.tensor === '' ? this.#layout.psumStart : this.#layout.startOf(pattern);
    const codes = await this.#memories.codesOf(pattern, start);
    return new MemoryView(viewed, codes, this.#initialised.each(pattern, start));
  }

  /** The codes of the HBM outputs, by name. @throws UserError when any of them was never written. */
  outputs(): Promise<Record<string, CodeArray>> {
    return this.#inTurn(() => this.#outputs());
  }

  async #outputs(): Promise<Record<string, CodeArray>> {
    const { node } = this.#control;
    this.#core.reader = node === undefined ? 'After the last instruction' : `Before ${nameOf(node)}`;
    await this.#memories.finish();
    const outputs: Record<string, CodeArray> = {};
    for (const tensor of hbmTensors(this.program, 'output')) {
      const pattern = whole(tensor);
      const missing = this.#initialised.missing(pattern);
      if (missing >= 0) throw this.#core.unwritten(tensor.name, missing, elementsOf(pattern), tensor.name);
      outputs[tensor.name] = await this.#memories.download(pattern);
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

  /** Schedules an instruction; a promise where something has to be read back first. */
  #execute({ instruction, dynamic }: DueInstruction): Promise<void> | undefined {
    const resolved = dynamic ? this.#core.resolve(instruction) : instruction;
    try {
      const peeks = this.#peeksOf(resolved);
      if (isChosen(resolved, peeks)) {
        for (const { name, pattern } of peeks) this.#initialised.require(name, pattern, this.#core);
      } else this.#initialised.check(resolved, this.#core);
      if (peeks.length > 0) return this.#executePeeking(instruction, resolved, peeks);
      this.#schedule(instruction, resolved, []);
      return undefined;
    } catch (error) {
      throw this.#named(instruction, error);
    }
  }

  async #executePeeking(
    instruction: Instruction,
    resolved: Instruction,
    peeks: readonly NamedOperand[],
  ): Promise<void> {
    try {
      const peeked: CodeArray[] = [];
      for (const { pattern } of peeks) peeked.push(await this.#memories.codesOf(pattern));
      const indices = indexesOf(resolved);
      const chosen = indices.flatMap((index, at) =>
        chosenBy(resolved, index, peeked[at] ?? codeArray('uint32', 0)),
      );
      const own = peeked.slice(indices.length);
      const kept = chosen.length > 0 ? keptOf(resolved, own) : undefined;
      this.#checkChosen(resolved, chosen, kept);
      this.#schedule(instruction, resolved, own);
      for (const { operand, pattern, offsets } of chosen) {
        if (operand === 'dst') this.#initialised.markAt(pattern, offsets, kept);
      }
    } catch (error) {
      throw this.#named(instruction, error);
    }
  }

  #named(instruction: Instruction, error: unknown): unknown {
    if (!(error instanceof UserError) || error.message.startsWith(nameOf(instruction))) return error;
    return this.#core.error(`: ${error.message}`);
  }

  /** Index tiles first, which decide what is in bounds, then what the instruction wants to see itself. */
  #peeksOf(instruction: Instruction): readonly NamedOperand[] {
    const indices = indexesOf(instruction);
    const own = ownPeeks(instruction);
    if (instruction.opcode === 'register_load') return [{ name: 'src', pattern: instruction.sources.src }];
    return indices.length === 0 ? own : [...indices, ...own];
  }

  /** Holds what indices choose against the operands' tensors and against what was written, as the reference does. */
  #checkChosen({ attributes }: Instruction, chosen: readonly Chosen[], kept: Uint8Array | undefined): void {
    for (const { operand, pattern, offsets } of chosen) {
      const tensor = this.#layout.tensors.get(pattern.tensor);
      const outside = tensor && outsideFault(operand, pattern, offsets, tensor);
      if (outside === undefined) continue;
      const [name, { required, received }] = [`${operand}${INDEX}`, outside];
      this.#core.report('index-outside', name, required, received);
      throw this.#core.error(
        `, operand ${name}: required ${required}; received ${received}. Correct the index.`,
      );
    }
    const accumulates = 'accumulate' in attributes && attributes.accumulate;
    for (const { operand, pattern, offsets } of chosen) {
      if (operand !== 'dst' || accumulates) {
        this.#initialised.requireAt(operand, pattern, offsets, this.#core);
      }
    }
    for (const { operand, pattern, offsets } of chosen) {
      const repeated = operand === 'dst' ? repeatedFault(pattern, offsets, kept) : undefined;
      if (repeated !== undefined) {
        this.#core.report('index-repeated', `dst${INDEX}`, repeated.required, repeated.received);
      }
    }
  }

  #schedule(instruction: Instruction, resolved: Instruction, peeked: readonly CodeArray[]): void {
    if (resolved.opcode === 'register_move') {
      const { register, value, from = register } = resolved.attributes;
      this.#core.setRegister(register, value ?? this.#core.register(from));
      return;
    }
    if (resolved.opcode === 'register_load') {
      const [codes] = peeked;
      this.#core.setRegister(
        resolved.attributes.register,
        registerOf(resolved.sources.src.dtype, codes?.[0] ?? NaN),
      );
      return;
    }
    if (resolved.opcode === 'register_store') {
      const { dst, attributes } = resolved;
      const code = codeOf(dst.dtype, this.#core.register(attributes.register));
      this.#memories.rename(resolved);
      this.#memories.add(this.#lowering.fill(placeOf(this.#layout, dst), code));
    } else {
      const { step } = this.#core;
      const context: Context = {
        lowering: this.#lowering.on(resolved.engine),
        peeked,
        report: (...what) => {
          this.#core.reportOf(instruction, step, ...what);
        },
        require: (operand, pattern) => {
          this.#initialised.require(operand, pattern, this.#core);
        },
        mark: (pattern) => {
          this.#initialised.mark(pattern);
        },
      };
      this.#memories.rename(resolved);
      const grouped = this.#groups.take(resolved);
      if (grouped === undefined) this.#memories.add(worksOf(resolved, context));
      else this.#memories.addGrouped(grouped);
    }
    if (!isChosen(resolved, peeked)) this.#initialised.note(resolved);
  }
}

function ownPeeks<O extends Opcode>(instruction: Instruction<O>): readonly NamedOperand[] {
  return GPU_ISA[instruction.opcode].peeks?.(instruction) ?? [];
}

function keptOf<O extends Opcode>(
  instruction: Instruction<O>,
  peeked: readonly CodeArray[],
): Uint8Array | undefined {
  return GPU_ISA[instruction.opcode].keeps?.(instruction, peeked);
}

function worksOf<O extends Opcode>(instruction: Instruction<O>, context: Context): readonly Work[] {
  return GPU_ISA[instruction.opcode].works(instruction, context);
}

/** Whether the codes of operands choose what an instruction accesses. */
const isChosen = ({ opcode }: Instruction, peeks: readonly unknown[]): boolean =>
  peeks.length > 0 && GPU_ISA[opcode].chooses === true;
