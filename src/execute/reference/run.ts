/**
 * A run of a Program that stops wherever it is told, and shows what every memory and register holds there. A step is one
 * instruction, or one test of whether a loop takes another turn.
 */
import { CHIPS } from '../../chip';
import { runInstruction } from '../../isa';
import type { AccumulatorEngine } from '../../isa';
import { UserError } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { bytesOf, hbmTensors, isLoop, nameOf } from '../../program';
import type { Loop, Pattern, Program, ProgramNode, Scalar } from '../../program';
import { ReferenceMachine, whole, type RunFinding } from './machine';
import { placeTensors, type Places } from './places';
import { tapeOf, type TapeStep } from './tape';
import { MemoryView } from './view';

/** A loop that a run is in. */
export interface LoopPosition {
  readonly id: string;
  /** The register that it counts in, or tests, and what it holds. */
  readonly register: string;
  readonly value: number;
  /** Which turn of it is under way, from 1. */
  readonly turn: number;
}

/** Where a run stands. */
export interface Position {
  /** What the next step does: an instruction, or a loop that is about to test whether it takes another turn. */
  readonly node: ProgramNode;
  /** Steps taken so far. */
  readonly steps: number;
  /** The loops around it, outermost first. */
  readonly loops: readonly LoopPosition[];
}

/** A loop that is under way. */
interface Frame {
  readonly loop: Loop;
  readonly head: number;
  readonly end: number;
  /** Of a fori loop: read once, when it starts. */
  readonly upper: number;
  next: number;
  turn: number;
}

export class ProgramRun {
  readonly program: Program;
  readonly #machine: ReferenceMachine;
  readonly #places: Places;
  readonly #budget: number;
  readonly #tape: readonly TapeStep[];
  /** How often each entry of the tape was stepped over. */
  readonly #times: Float64Array;
  readonly #frames: Frame[] = [];
  #at = 0;
  #steps = 0;

  /** Of a legal Program that fits: `startProgram` makes them. */
  constructor(program: Program, inputs: Readonly<Record<string, CodeArray>>, budget: number) {
    this.program = program;
    this.#budget = budget;
    this.#tape = tapeOf(program.instructions);
    this.#times = new Float64Array(this.#tape.length);
    this.#places = placeTensors(program);
    this.#machine = new ReferenceMachine(this.#places);
    for (const tensor of hbmTensors(program, 'input')) {
      const codes = inputs[tensor.name];
      if (codes !== undefined) this.#machine.write(whole(tensor), codes);
    }
  }

  /** Where the run stands, or undefined at its end. */
  get position(): Position | undefined {
    const node = this.#tape[this.#at]?.node;
    if (node === undefined) return undefined;
    const loops = this.#frames.map(({ loop: { id, register }, turn }): LoopPosition => {
      return { id, register, value: this.#machine.peekRegister(register) ?? NaN, turn };
    });
    return { node, steps: this.#steps, loops };
  }

  /** What the values of the run have shown so far, each once. */
  get findings(): readonly RunFinding[] {
    return this.#machine.findings;
  }

  /**
   * Takes one step; false when there was none left.
   *
   * @throws UserError naming the instruction, operand and place when it cannot be done, or when the budget is spent. The run
   * stays where it was, and can still be looked at.
   */
  step(): boolean {
    const next = this.#tape[this.#at];
    if (next === undefined) return false;
    if (this.#steps >= this.#budget) throw this.#spent();
    this.#machine.reader = next.node;
    const from = this.#at;
    this.#at = isLoop(next.node) ? this.#test(next.node, next.end) : this.#execute(next);
    this.#times[from] = (this.#times[from] ?? 0) + 1;
    this.#steps++;
    const frame = this.#frames.at(-1);
    if (frame !== undefined && this.#at === frame.end) this.#at = frame.head;
    return true;
  }

  /**
   * Runs to just before an instruction, or a loop's test, is executed for the `time`-th time since the start; or, for a
   * number, until that many steps were taken since the start.
   *
   * @throws UserError when there is no such place, or it lies behind.
   */
  runTo(target: string | number, time = 1): this {
    if (typeof target === 'number') return this.#runToStep(target);
    const index = this.#tape.findIndex(({ node }) => node.id === target);
    if (index < 0) throw new UserError(`The Program has no instruction and no loop "${target}".`);
    const times = () => this.#times[index] ?? 0;
    if (times() >= time) {
      throw new UserError(
        `"${target}" was executed ${times()} times already: start anew to stop before time ${time}.`,
      );
    }
    while (this.#at !== index || times() < time - 1) {
      if (!this.step()) {
        throw new UserError(
          `The Program ended before time ${time} of "${target}": it was executed ${times()} times.`,
        );
      }
    }
    return this;
  }

  /** Takes all steps that are left. @throws UserError as `step` does. */
  runToEnd(): this {
    while (this.step());
    return this;
  }

  /**
   * What a tensor, or a pattern over one, holds now. Registers of a pattern count as they are.
   *
   * @throws UserError when there is no such tensor, or the pattern leaves it.
   */
  read(of: string | Pattern): MemoryView {
    const name = typeof of === 'string' ? of : of.tensor;
    const place = this.#places.byName.get(name);
    if (place === undefined) throw new UserError(`The Program has no tensor "${name}".`);
    const { tensor } = place;
    if (typeof of !== 'string') {
      this.#machine.reader = `View of "${name}"`;
      const pattern = this.#machine.resolvePattern('', of);
      this.#machine.placeOf('', pattern);
      const extents = pattern.dims.map(([, count]) => count);
      const shape = pattern.space === 'hbm' ? extents : [pattern.partitions, ...extents];
      return new MemoryView(titleOf(pattern), shape, pattern, place);
    }
    if (tensor.space === 'hbm') {
      const all = whole(tensor);
      return new MemoryView(titleOf(all), tensor.shape, all, place);
    }
    const { space, dtype, partition, partitions, elements } = tensor;
    const chip = { space, tensor: name, dtype, partition, partitions };
    const all: Pattern = { ...chip, offset: 0, dims: [[1, elements]] };
    return new MemoryView(titleOf(all), [partitions, elements], all, place);
  }

  /** A PSUM bank, all 128 partitions of it. @throws UserError when the chip has no such bank. */
  bank(bank: number, dtype: Dtype = 'float32'): MemoryView {
    const { banks, bankBytes, partitions } = CHIPS[this.program.chip].psum;
    if (!Number.isInteger(bank) || bank < 0 || bank >= banks) {
      throw new UserError(`PSUM has banks 0..${banks - 1}, received ${bank}.`);
    }
    const elements = bankBytes / bytesOf(dtype);
    const pattern: Pattern = {
      space: 'psum',
      tensor: '',
      dtype,
      partition: 0,
      partitions,
      offset: bank * elements,
      dims: [[1, elements]],
    };
    return new MemoryView(`psum bank ${bank}`, [partitions, elements], pattern, this.#places.psum);
  }

  /** What a register holds, or undefined where nothing was put into it. */
  register(name: string): number | undefined {
    return this.#machine.peekRegister(name);
  }

  /** The accumulator registers of an engine, by partition; NaN where nothing was accumulated. */
  accumulators(engine: AccumulatorEngine): Float32Array {
    return this.#machine.accumulators(engine).slice();
  }

  /** The codes of the HBM outputs, by name. @throws UserError when any of them was never written. */
  outputs(): Record<string, CodeArray> {
    const next = this.#tape[this.#at];
    this.#machine.reader = next === undefined ? 'After the last instruction' : `Before ${nameOf(next.node)}`;
    return Object.fromEntries(
      hbmTensors(this.program, 'output').map((tensor) => [
        tensor.name,
        this.#machine.read(tensor.name, whole(tensor)),
      ]),
    );
  }

  #runToStep(target: number): this {
    if (target < this.#steps) {
      throw new UserError(`${this.#steps} steps were taken already: start anew to stop after ${target}.`);
    }
    while (this.#steps < target) {
      if (!this.step())
        throw new UserError(`The Program ended after ${this.#steps} steps, before ${target}.`);
    }
    return this;
  }

  #execute({ node, end, dynamic }: TapeStep): number {
    if (isLoop(node)) throw new Error('Invariant violation: a loop is not executed');
    try {
      runInstruction(dynamic ? this.#machine.resolve(node) : node, this.#machine);
    } catch (error) {
      if (!(error instanceof UserError) || error.message.startsWith(nameOf(node))) throw error;
      throw this.#machine.error(`: ${error.message}`);
    }
    return end;
  }

  /** The test of a loop, at its start and after each turn: where the run goes on. */
  #test(loop: Loop, end: number): number {
    const head = this.#at;
    const before = this.#frames.at(-1);
    const entered = before?.head === head ? before : this.#enter(loop, head, end);
    const more =
      loop.loop === 'fori' ? entered.next < entered.upper : this.#machine.register(loop.register) !== 0;
    if (!more) {
      if (entered === before) this.#frames.pop();
      return end;
    }
    if (loop.loop === 'fori') {
      this.#machine.setRegister(loop.register, entered.next);
      entered.next += loop.step;
    }
    entered.turn++;
    if (entered !== before) this.#frames.push(entered);
    return head + 1;
  }

  #enter(loop: Loop, head: number, end: number): Frame {
    const [next, upper] =
      loop.loop === 'fori' ? [this.#scalar(loop.lower), this.#scalar(loop.upper)] : [0, 0];
    return { loop, head, end, upper, next, turn: 0 };
  }

  #scalar(value: Scalar): number {
    return typeof value === 'number' ? value : this.#machine.register(value.register);
  }

  #spent(): UserError {
    const loops = this.#frames.map(({ loop, turn }) => `turn ${turn} of ${nameOf(loop)}`).reverse();
    return new UserError(
      `The run was stopped in ${loops.join(', ') || 'straight code'}: it has taken ${this.#steps} steps (instructions and tests of loops), all of its budget. Mend the loop that does not end, or raise the budget.`,
    );
  }
}

function titleOf(pattern: Pattern): string {
  const from =
    pattern.space === 'hbm' || pattern.partition === 0 ? '' : `, from partition ${pattern.partition},`;
  return `${pattern.space} ${pattern.tensor}${from}`;
}
