/**
 * A run of a Program that stops wherever it is told, and shows what every memory and register holds there. A step is one
 * instruction, or one test of whether a loop takes another turn.
 */
import { runInstruction } from '../../isa';
import type { AccumulatorEngine } from '../../isa';
import { UserError } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { hbmTensors, nameOf } from '../../program';
import type { Pattern, Program } from '../../program';
import { Control, type DueInstruction, type Position } from '../program/control';
import { viewedBank, viewedPattern, viewedTensor, whole, type MemoryView } from '../program/view';
import { lookAt } from './look';
import type { RunFinding } from '../program/findings';
import { ReferenceMachine } from './machine';
import { placeTensors, type Places } from './places';

export class ProgramRun {
  readonly program: Program;
  readonly #machine: ReferenceMachine;
  readonly #places: Places;
  readonly #control: Control;

  /** Of a legal Program that fits: `startProgram` makes them. */
  constructor(program: Program, inputs: Readonly<Record<string, CodeArray>>, budget: number) {
    this.program = program;
    this.#places = placeTensors(program);
    this.#machine = new ReferenceMachine(this.#places);
    this.#control = new Control(program.instructions, this.#machine, budget);
    for (const tensor of hbmTensors(program, 'input')) {
      const codes = inputs[tensor.name];
      if (codes !== undefined) this.#machine.write(whole(tensor), codes);
    }
  }

  /** Where the run stands, or undefined at its end. */
  get position(): Position | undefined {
    return this.#control.position;
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
    const { node, due } = this.#control;
    if (node === undefined) return false;
    this.#control.checkBudget();
    this.#machine.reader = node;
    this.#machine.step = this.#control.steps;
    if (due !== undefined) this.#execute(due);
    this.#control.advance();
    return true;
  }

  /**
   * Runs to just before an instruction, or a loop's test, is executed for the `time`-th time since the start; or, for a
   * number, until that many steps were taken since the start.
   *
   * @throws UserError when there is no such place, or it lies behind.
   */
  runTo(target: string | number, time = 1): this {
    const onTheWay = this.#control.onTheWayTo(target, time);
    while (onTheWay()) this.step();
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
    if (typeof of === 'string') return lookAt(viewedTensor(place.tensor), place);
    this.#machine.reader = `View of "${name}"`;
    const pattern = this.#machine.resolvePattern('', of);
    this.#machine.placeOf('', pattern);
    return lookAt(viewedPattern(pattern), place);
  }

  /** A PSUM bank, all 128 partitions of it. @throws UserError when the chip has no such bank. */
  bank(bank: number, dtype: Dtype = 'float32'): MemoryView {
    return lookAt(viewedBank(this.program.chip, bank, dtype), this.#places.psum);
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
    const { node } = this.#control;
    this.#machine.reader = node === undefined ? 'After the last instruction' : `Before ${nameOf(node)}`;
    return Object.fromEntries(
      hbmTensors(this.program, 'output').map((tensor) => [
        tensor.name,
        this.#machine.read(tensor.name, whole(tensor)),
      ]),
    );
  }

  #execute({ instruction, dynamic }: DueInstruction): void {
    try {
      runInstruction(dynamic ? this.#machine.resolve(instruction) : instruction, this.#machine);
    } catch (error) {
      if (!(error instanceof UserError) || error.message.startsWith(nameOf(instruction))) throw error;
      throw this.#machine.error(`: ${error.message}`);
    }
  }
}
