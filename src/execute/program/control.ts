/**
 * Where a run of a Program stands, and which step comes next: what every executor shares. A step is one instruction, or one test
 * of whether a loop takes another turn. Registers are the executor's; loops count in them and test them.
 */
import { UserError } from '../../numerics';
import { isLoop, nameOf } from '../../program';
import type { Instruction, Loop, ProgramNode, Scalar } from '../../program';
import { tapeOf, type TapeStep } from './tape';

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

/** The registers of a run. */
export interface RegisterFile {
  /** @throws UserError when nothing was put into it. */
  register(name: string): number;
  peekRegister(name: string): number | undefined;
  /** @throws UserError unless it is a 32-bit signed integer. */
  setRegister(name: string, value: number): void;
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

/** An instruction that is due. */
export interface DueInstruction {
  readonly instruction: Instruction;
  /** Whether registers move any of its operands. */
  readonly dynamic: boolean;
}

/** A place that `runTo` stops at: an id and how often it is passed before, or a number of steps. */
export type Target = string | number;

export class Control {
  readonly #registers: RegisterFile;
  readonly #budget: number;
  readonly #tape: readonly TapeStep[];
  /** How often each entry of the tape was stepped over. */
  readonly #times: Float64Array;
  readonly #frames: Frame[] = [];
  #at = 0;
  #steps = 0;

  constructor(nodes: readonly ProgramNode[], registers: RegisterFile, budget: number) {
    this.#registers = registers;
    this.#budget = budget;
    this.#tape = tapeOf(nodes);
    this.#times = new Float64Array(this.#tape.length);
  }

  /** Where the run stands, or undefined at its end. */
  get position(): Position | undefined {
    const node = this.node;
    if (node === undefined) return undefined;
    const loops = this.#frames.map(({ loop: { id, register }, turn }): LoopPosition => {
      return { id, register, value: this.#registers.peekRegister(register) ?? NaN, turn };
    });
    return { node, steps: this.#steps, loops };
  }

  /** What the next step does, or undefined at the end. */
  get node(): ProgramNode | undefined {
    return this.#tape[this.#at]?.node;
  }

  get steps(): number {
    return this.#steps;
  }

  /** The instruction that is due; undefined at a loop's test, and at the end. */
  get due(): DueInstruction | undefined {
    const step = this.#tape[this.#at];
    return step === undefined || isLoop(step.node)
      ? undefined
      : { instruction: step.node, dynamic: step.dynamic };
  }

  /** @throws UserError when the budget is spent. */
  checkBudget(): void {
    if (this.#steps >= this.#budget) throw this.#spent();
  }

  /** Steps over the instruction that was due and is done, or takes a loop's test. */
  advance(): void {
    const from = this.#at;
    const step = this.#tape[from];
    if (step === undefined) return;
    this.#at = isLoop(step.node) ? this.#test(step.node, step.end) : step.end;
    this.#times[from] = (this.#times[from] ?? 0) + 1;
    this.#steps++;
    const frame = this.#frames.at(-1);
    if (frame !== undefined && this.#at === frame.end) this.#at = frame.head;
  }

  /**
   * Says, each time it is asked, whether the run has still to go on to reach a place: just before an instruction, or a loop's
   * test, is executed for the `time`-th time since the start; or, for a number, after that many steps since the start.
   *
   * @throws UserError when there is no such place, or it lies behind; and, once asked at the end, when it was not reached.
   */
  onTheWayTo(target: Target, time = 1): () => boolean {
    return typeof target === 'number' ? this.#toStep(target) : this.#toNode(target, time);
  }

  #toStep(target: number): () => boolean {
    if (target < this.#steps) {
      throw new UserError(`${this.#steps} steps were taken already: start anew to stop after ${target}.`);
    }
    return () => {
      if (this.#steps >= target) return false;
      if (this.node !== undefined) return true;
      throw new UserError(`The Program ended after ${this.#steps} steps, before ${target}.`);
    };
  }

  #toNode(target: string, time: number): () => boolean {
    const index = this.#tape.findIndex(({ node }) => node.id === target);
    if (index < 0) throw new UserError(`The Program has no instruction and no loop "${target}".`);
    const times = () => this.#times[index] ?? 0;
    if (times() >= time) {
      throw new UserError(
        `"${target}" was executed ${times()} times already: start anew to stop before time ${time}.`,
      );
    }
    return () => {
      if (this.#at === index && times() >= time - 1) return false;
      if (this.node !== undefined) return true;
      throw new UserError(
        `The Program ended before time ${time} of "${target}": it was executed ${times()} times.`,
      );
    };
  }

  /** The test of a loop, at its start and after each turn: where the run goes on. */
  #test(loop: Loop, end: number): number {
    const head = this.#at;
    const before = this.#frames.at(-1);
    const entered = before?.head === head ? before : this.#enter(loop, head, end);
    const more =
      loop.loop === 'fori' ? entered.next < entered.upper : this.#registers.register(loop.register) !== 0;
    if (!more) {
      if (entered === before) this.#frames.pop();
      return end;
    }
    if (loop.loop === 'fori') {
      this.#registers.setRegister(loop.register, entered.next);
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
    return typeof value === 'number' ? value : this.#registers.register(value.register);
  }

  #spent(): UserError {
    const loops = this.#frames.map(({ loop, turn }) => `turn ${turn} of ${nameOf(loop)}`).reverse();
    return new UserError(
      `The run was stopped in ${loops.join(', ') || 'straight code'}: it has taken ${this.#steps} steps (instructions and tests of loops), all of its budget. Mend the loop that does not end, or raise the budget.`,
    );
  }
}
