/**
 * The NeuronCore that instructions of src/isa run on: memories of bytes, accumulator registers, registers and findings.
 * What was never written cannot be read.
 */
import type { ChipName } from '../../chip';
import { groupOf, initialStates, snaked } from '../../isa';
import type { AccumulatorEngine, Machine, RandomEngine, RuntimeRule } from '../../isa';
import { codeArray, UserError } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { boundsProblem, bytesOf, countOf, elementsOf, isLoop, nameOf, tensorBytes } from '../../program';
import type { ChipPattern, HbmTensor, Instruction, Pattern, ProgramNode } from '../../program';
import { addressesOf, outsideFault, repeatedFault } from './indirect';
import type { Place, Places } from './places';
import { stripsOf } from './strips';

/** Something that the values of a run show: what an instruction reported, and how often, with the first it received. */
export interface RunFinding {
  readonly rule: RuntimeRule;
  readonly instruction: string;
  /** Where the instruction was written, as file:line:column. */
  readonly at?: string;
  readonly operand: string;
  readonly required: string;
  readonly received: string;
  readonly times: number;
}

/** All elements of an HBM tensor. */
export function whole({ name, dtype, shape }: HbmTensor): Pattern {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return { space: 'hbm', tensor: name, dtype, offset: 0, dims: [[1, count]] };
}

const PARTITIONS = 128;
const [INT32_MIN, INT32_MAX] = [-(2 ** 31), 2 ** 31 - 1];

export class ReferenceMachine implements Machine {
  /** Who is named when something goes wrong: a node of the Program, or words. */
  reader: ProgramNode | string = '';
  readonly #places: Places;
  readonly #accumulators: Record<AccumulatorEngine, Float32Array> = {
    vector: new Float32Array(PARTITIONS).fill(NaN),
    scalar: new Float32Array(PARTITIONS).fill(NaN),
  };
  readonly #randomStates = new Map<RandomEngine, Uint32Array>();
  readonly #registers = new Map<string, number>();
  /** Of the indirect operands of the instruction that was resolved last: the offsets [partitions, elements] of their indices. */
  readonly #offsets = new Map<Pattern, Float64Array>();
  readonly #findings = new Map<string, RunFinding>();

  constructor(places: Places) {
    this.#places = places;
  }

  get chip(): ChipName {
    return this.#places.chip;
  }

  get findings(): readonly RunFinding[] {
    return [...this.#findings.values()];
  }

  /** An error that says who met it. */
  error(what: string): UserError {
    return new UserError(`${typeof this.reader === 'string' ? this.reader : nameOf(this.reader)}${what}`);
  }

  read(operand: string, pattern: Pattern): CodeArray {
    const place = this.placeOf(`, operand ${operand}`, pattern);
    const { bytes, address, pitch } = place;
    const codes = codeArray(pattern.dtype, elementsOf(pattern));
    const missing =
      pattern.index === undefined
        ? bytes.gather(stripsOf(pattern, address, pitch), codes)
        : bytes.gatherAt(addressesOf(pattern, this.#offsetsOf(pattern), place), codes);
    if (missing < 0) return codes;
    throw this.error(
      `, operand ${operand}: element ${missing} of ${codes.length} of tensor "${pattern.tensor}" was never written. Write it first, by a copy, a memset or a matmul that does not accumulate.`,
    );
  }

  write(pattern: Pattern, codes: CodeArray, kept?: Uint8Array): void {
    const place = this.placeOf(', operand dst', pattern);
    const { bytes, address, pitch } = place;
    if (codes.length !== elementsOf(pattern) || codes.BYTES_PER_ELEMENT !== bytesOf(pattern.dtype)) {
      throw new Error(
        `Invariant violation: ${elementsOf(pattern)} elements of ${pattern.dtype} written from ${codes.length} codes of ${codes.BYTES_PER_ELEMENT} bytes`,
      );
    }
    if (pattern.index === undefined) bytes.scatter(stripsOf(pattern, address, pitch), codes, kept);
    else {
      const offsets = this.#offsetsOf(pattern);
      const fault = repeatedFault(pattern, offsets, kept);
      if (fault !== undefined) this.report('index-repeated', 'dst.index', fault.required, fault.received);
      bytes.scatterAt(addressesOf(pattern, offsets, place), codes, kept);
    }
  }

  accumulators(engine: AccumulatorEngine): Float32Array {
    return this.#accumulators[engine];
  }

  randomState(engine: RandomEngine): Uint32Array {
    const states = this.#randomStates.get(engine) ?? initialStates(engine);
    this.#randomStates.set(engine, states);
    return states;
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

  report(rule: RuntimeRule, operand: string, required: string, received: string): void {
    if (typeof this.reader === 'string' || isLoop(this.reader)) return;
    const { id, at } = this.reader;
    const key = `${rule} ${operand} ${id}`;
    const before = this.#findings.get(key);
    const first = before ?? {
      rule,
      instruction: id,
      ...(at !== undefined && { at }),
      operand,
      required,
      received,
    };
    this.#findings.set(key, { ...first, times: (before?.times ?? 0) + 1 });
  }

  elementsIn(name: string, dtype: Dtype): number {
    const tensor = this.#places.byName.get(name)?.tensor;
    if (tensor?.space !== 'hbm') throw new Error(`Invariant violation: no HBM tensor "${name}"`);
    return Math.floor(tensorBytes(tensor) / bytesOf(dtype));
  }

  /** @throws UserError, naming `what`, when the pattern does not lie in its tensor. */
  placeOf(what: string, pattern: Pattern): Place {
    const place = this.#places.byName.get(pattern.tensor);
    const outside = boundsProblem(pattern, place?.tensor);
    if (outside !== undefined) throw this.error(`${what}: ${outside}`);
    if (place === undefined) throw new Error(`Invariant violation: no tensor "${pattern.tensor}"`);
    return place;
  }

  /**
   * The instruction with the registers of its patterns added to their offsets, and held against their tensors; its index tiles
   * are read, before it writes anything.
   */
  resolve(instruction: Instruction): Instruction {
    const { dst, results, sources } = instruction;
    const resolved = {
      ...instruction,
      ...(dst !== undefined && { dst: this.resolvePattern(', operand dst', dst) }),
      ...(results !== undefined && { results: this.#allResolved(results) }),
      sources: this.#allResolved(sources),
    } as Instruction;
    this.#offsets.clear();
    const named: Readonly<Record<string, Pattern | undefined>> = { dst: resolved.dst, ...resolved.sources };
    for (const name in named) this.#readIndex(name, named[name], groupOf(instruction.engine));
    return resolved;
  }

  /** The pattern with what its registers hold added to its offset. @throws UserError when that leaves its tensor. */
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
    const outside = boundsProblem(resolved, this.#places.byName.get(pattern.tensor)?.tensor);
    if (outside === undefined) return resolved;
    const values = registers.map(([register]) => `${register} = ${this.register(register)}`).join(', ');
    throw this.error(`${what}, with ${values}: ${outside}`);
  }

  /** Reads the index of an operand, if it has one. @throws UserError when an offset of it leaves the operand's tensor. */
  #readIndex(name: string, pattern: Pattern | undefined, group: number): void {
    if (pattern?.index === undefined) return;
    const { index, dims } = pattern;
    const { tensor } = this.placeOf(`, operand ${name}`, pattern);
    const offsets = snaked(this.read(`${name}.index`, index), index, countOf(dims), group);
    const fault = outsideFault(name, pattern, offsets, tensor);
    if (fault !== undefined) {
      const { required, received } = fault;
      this.report('index-outside', `${name}.index`, required, received);
      throw this.error(
        `, operand ${name}.index: required ${required}; received ${received}. Correct the index.`,
      );
    }
    this.#offsets.set(pattern, offsets);
  }

  #offsetsOf(pattern: ChipPattern): Float64Array {
    const offsets = this.#offsets.get(pattern);
    if (offsets !== undefined) return offsets;
    throw new Error('Invariant violation: an index was not read before its operand');
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
