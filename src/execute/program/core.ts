/**
 * What every executor keeps of a NeuronCore on the host: its registers, which move access patterns while it runs, and what the
 * values of the run have shown. Errors name the instruction that met them.
 */
import type { RuntimeRule } from '../../isa';
import { UserError } from '../../numerics';
import type { Dtype } from '../../numerics';
import { boundsProblem, bytesOf, isLoop, nameOf, tensorBytes } from '../../program';
import type { Instruction, Pattern, ProgramNode, Tensor } from '../../program';
import type { RegisterFile } from './control';
import { Findings, type RunFinding } from './findings';

const [INT32_MIN, INT32_MAX] = [-(2 ** 31), 2 ** 31 - 1];

export class Core implements RegisterFile {
  /** Who is named when something goes wrong: a node of the Program, or words. */
  reader: ProgramNode | string = '';
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #registers = new Map<string, number>();
  readonly #findings = new Findings();
  /** How many steps were taken before the one that is due: an executor says it before each. */
  step = 0;

  constructor(tensors: readonly Tensor[]) {
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  get findings(): readonly RunFinding[] {
    return this.#findings.list;
  }

  /** An error that says who met it. */
  error(what: string): UserError {
    return new UserError(`${typeof this.reader === 'string' ? this.reader : nameOf(this.reader)}${what}`);
  }

  register(name: string): number {
    const value = this.#registers.get(name);
    if (value !== undefined) return value;
    throw this.error(
      `: register "${name}" was never set. Set it first, by register_move, register_load or a fori loop.`,
    );
  }

  /** The value of a register, or undefined where nothing was put into it. */
  peekRegister(name: string): number | undefined {
    return this.#registers.get(name);
  }

  setRegister(name: string, value: number): void {
    if (!Number.isInteger(value) || value < INT32_MIN || value > INT32_MAX) {
      throw this.error(`: register "${name}" holds a 32-bit signed integer, received ${value}.`);
    }
    this.#registers.set(name, value);
  }

  /** Lists what the instruction that reads now has shown. */
  report(rule: RuntimeRule, operand: string, required: string, received: string): void {
    if (typeof this.reader === 'string' || isLoop(this.reader)) return;
    this.#findings.add(this.reader, this.step, rule, operand, required, received);
  }

  /** How many elements of a format an HBM tensor holds. */
  elementsIn(name: string, dtype: Dtype): number {
    const tensor = this.#tensors.get(name);
    if (tensor?.space !== 'hbm') throw new Error(`Invariant violation: no HBM tensor "${name}"`);
    return Math.floor(tensorBytes(tensor) / bytesOf(dtype));
  }

  /** @throws UserError, naming `what`, when the pattern does not lie in its tensor. */
  checkBounds(what: string, pattern: Pattern): void {
    const outside = boundsProblem(pattern, this.#tensors.get(pattern.tensor));
    if (outside !== undefined) throw this.error(`${what}: ${outside}`);
  }

  /** That an element of an operand was never written. */
  unwritten(operand: string, element: number, elements: number, tensor: string): UserError {
    return this.error(
      `, operand ${operand}: element ${element} of ${elements} of tensor "${tensor}" was never written. Write it first, by a copy, a memset or a matmul that does not accumulate.`,
    );
  }

  /** The instruction with the registers of its patterns added to their offsets, and held against their tensors. */
  resolve(instruction: Instruction): Instruction {
    const { dst, results, sources } = instruction;
    return {
      ...instruction,
      ...(dst !== undefined && { dst: this.resolvePattern(', operand dst', dst) }),
      ...(results !== undefined && { results: this.#allResolved(results) }),
      sources: this.#allResolved(sources),
    } as Instruction;
  }

  /**
   * The pattern, and its index, with what their registers hold added to their offsets.
   *
   * @throws UserError when that leaves their tensors.
   */
  resolvePattern<P extends Pattern>(what: string, pattern: P): P {
    const { index } = pattern;
    const moved = this.#moved(what, pattern);
    if (index === undefined) return moved;
    const resolved = this.#moved(`${what}.index`, index);
    return resolved === index ? moved : { ...moved, index: resolved };
  }

  #moved<P extends Pattern>(what: string, pattern: P): P {
    const { registers, ...rest } = pattern;
    if (registers === undefined) return pattern;
    const offset = registers.reduce(
      (sum, [register, stride]) => sum + this.register(register) * stride,
      pattern.offset,
    );
    const resolved = { ...rest, offset } as unknown as P;
    const outside = boundsProblem(resolved, this.#tensors.get(pattern.tensor));
    if (outside === undefined) return resolved;
    const values = registers.map(([register]) => `${register} = ${this.register(register)}`).join(', ');
    throw this.error(`${what}, with ${values}: ${outside}`);
  }

  #allResolved(patterns: Readonly<Record<string, Pattern | undefined>>): Record<string, Pattern> {
    const resolved: Record<string, Pattern> = {};
    for (const name in patterns) {
      const pattern = patterns[name];
      if (pattern !== undefined) resolved[name] = this.resolvePattern(`, operand ${name}`, pattern);
    }
    return resolved;
  }
}
