/** What an instruction is: one entry that the executors, the verifier, the timing model and the documents all read. */
import type { Chip, ChipName, EngineName } from '../chip';
import type { CodeArray, Dtype } from '../numerics';
import type { ChipPattern, Instruction, Opcode, Pattern } from '../program';

/** The memories that an instruction works on, seen through access patterns. Codes are in the order of the pattern. */
export interface Memory {
  /** Codes of an operand, named as in the instruction. @throws UserError when any of them was never written. */
  read(operand: string, pattern: Pattern): CodeArray;
  write(pattern: Pattern, codes: CodeArray): void;
}

/** The engines that have accumulator registers: one float32 for each partition. */
export type AccumulatorEngine = 'vector' | 'scalar';

/** A NeuronCore as an instruction sees it. Register terms of patterns are resolved before `run` is called. */
export interface Machine extends Memory {
  /** The chip that it is a core of. */
  readonly chip: ChipName;
  /** The 128 accumulator registers of an engine, by partition; NaN where nothing was accumulated yet. */
  accumulators(engine: AccumulatorEngine): Float32Array;
  /** A 32-bit signed integer. @throws UserError when nothing was put into it. */
  register(name: string): number;
  setRegister(name: string, value: number): void;
  /** Something that only the values of a run show; execution goes on, and the run's findings list it. */
  report(rule: RuntimeRule, operand: string, required: string, received: string): void;
  /** How many elements of a format an HBM tensor holds: what indices of indirect DMA are held against. */
  elementsIn(tensor: string, dtype: Dtype): number;
}

/** What is wrong with the values of a run, not with the Program. */
export type RuntimeRule = 'activation-range' | 'index-outside' | 'index-repeated' | 'segment-id';

/** Why something is illegal: a sentence that quotes the rule and the value; undefined when it is legal. */
export type Problem = string | undefined;

export interface Entry<O extends Opcode> {
  /** One sentence for docs/isa.md: what dst becomes. */
  readonly summary: string;
  readonly chips: readonly ChipName[];
  /** Engines that it can be issued to, on one chip at least; what a chip does not allow is among its problems. */
  readonly engines: readonly EngineName[];
  /** The rules that `problems` checks, and named choices, a sentence each, for docs/isa.md. */
  readonly rules: readonly string[];
  /** What is wrong with an instruction on a chip, beyond its engine; the first problem that is not undefined counts. */
  readonly problems: (instruction: Instruction<O>, chip: Chip) => readonly Problem[];
  /** The parts of an operand that it accesses, of instructions that do not access all of its pattern; undefined: all. */
  readonly parts?: (instruction: Instruction<O>, operand: string) => readonly ChipPattern[] | undefined;
  /** What it does: the definition that every executor must equal bit for bit. */
  readonly run: (instruction: Instruction<O>, machine: Machine) => void;
  /** What it takes, in words, for N elements of each partition (NKI ISA reference, 2.26.1, unless said otherwise). */
  readonly cost: string;
}

/** The entries of one family of instructions. */
export type Entries<O extends Opcode> = { readonly [P in O]: Entry<P> };

export const ALL_CHIPS: readonly ChipName[] = ['trn1', 'trn2', 'trn3'];
