/**
 * The NeuronCore that instructions of src/isa run on: memories of bytes, accumulator registers, registers and findings.
 * What was never written cannot be read.
 */
import type { ChipName } from '../../chip';
import { groupOf, initialStates, snaked } from '../../isa';
import type { AccumulatorEngine, Machine, RandomEngine } from '../../isa';
import { codeArray } from '../../numerics';
import type { CodeArray } from '../../numerics';
import { bytesOf, countOf, elementsOf } from '../../program';
import type { ChipPattern, Instruction, Pattern } from '../../program';
import { Core } from '../program/core';
import { addressesOf, outsideFault, repeatedFault } from '../program/indirect';
import type { Place, Places } from './places';
import { stripsOf } from '../program/strips';

const PARTITIONS = 128;

export class ReferenceMachine extends Core implements Machine {
  readonly #places: Places;
  readonly #accumulators: Record<AccumulatorEngine, Float32Array> = {
    vector: new Float32Array(PARTITIONS).fill(NaN),
    scalar: new Float32Array(PARTITIONS).fill(NaN),
  };
  readonly #randomStates = new Map<RandomEngine, Uint32Array>();
  /** Of the indirect operands of the instruction that was resolved last: the offsets [partitions, elements] of their indices. */
  readonly #offsets = new Map<Pattern, Float64Array>();

  constructor(places: Places) {
    super([...places.byName.values()].map(({ tensor }) => tensor));
    this.#places = places;
  }

  get chip(): ChipName {
    return this.#places.chip;
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
    throw this.unwritten(operand, missing, codes.length, pattern.tensor);
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

  /** @throws UserError, naming `what`, when the pattern does not lie in its tensor. */
  placeOf(what: string, pattern: Pattern): Place {
    const place = this.#places.byName.get(pattern.tensor);
    this.checkBounds(what, pattern);
    if (place === undefined) throw new Error(`Invariant violation: no tensor "${pattern.tensor}"`);
    return place;
  }

  /**
   * The instruction with the registers of its patterns added to their offsets, and held against their tensors; its index tiles
   * are read, before it writes anything.
   */
  override resolve(instruction: Instruction): Instruction {
    const resolved = super.resolve(instruction);
    this.#offsets.clear();
    const named: Readonly<Record<string, Pattern | undefined>> = { dst: resolved.dst, ...resolved.sources };
    for (const name in named) this.#readIndex(name, named[name], groupOf(instruction.engine));
    return resolved;
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
}
