/** What an instruction is: one entry that the executors, the verifier, the timing model and the documents all read. */
import type { Chip, ChipName, EngineName } from '../chip';
import type { CodeArray, Dtype } from '../numerics';
import type { ChipPattern, Instruction, Opcode, Pattern } from '../program';

/** The memories that an instruction works on, seen through access patterns. Codes are in the order of the pattern. */
export interface Memory {
  /** Codes of an operand, named as in the instruction. @throws UserError when any of them was never written. */
  read(operand: string, pattern: Pattern): CodeArray;
  /** Writes in order, so that of elements that coincide the last one stays; only those whose `kept` is 1, where it is given. */
  write(pattern: Pattern, codes: CodeArray, kept?: Uint8Array): void;
}

/** The engines that have accumulator registers: one float32 for each partition. */
export type AccumulatorEngine = 'vector' | 'scalar';

/** The engines that have random generators: four for each partition on Vector, one on GpSimd (random/generators.ts). */
export type RandomEngine = 'vector' | 'gpsimd';

/**
 * A NeuronCore as an instruction sees it. Before `run` is called, register terms of patterns are resolved and index tiles read:
 * an indirect operand is read and written like any other.
 */
export interface Machine extends Memory {
  /** The chip that it is a core of. */
  readonly chip: ChipName;
  /** The 128 accumulator registers of an engine, by partition; NaN where nothing was accumulated yet. */
  accumulators(engine: AccumulatorEngine): Float32Array;
  /** The states of an engine's generators, by partition: 24 words each on Vector, 6 on GpSimd. Writing to it changes them. */
  randomState(engine: RandomEngine): Uint32Array;
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

/** The operands whose elements an index may choose on trn3 (indirection.ts): dst, and these sources, the first data operand first. */
export interface Indirect {
  readonly sources: readonly string[];
  /** The engines on which; all of the entry's when left out. */
  readonly engines?: readonly EngineName[];
}

/**
 * What an instruction takes of what executes it, apart from what it waits for. Cycles are those of its engine; src/time adds the
 * intervals, latencies and conflicts that instructions have in common.
 */
export type Work =
  /**
   * Of a datapath: cycles for the elements of a partition, no fewer than the least interval, and more beyond that (a second
   * instruction of the hardware, say). `mode` is how many elements of 16 bits Vector or Scalar take at once; `table` the
   * function whose tables Scalar needs.
   */
  | {
      readonly unit: 'datapath';
      readonly cycles: number;
      readonly more?: number;
      readonly mode?: 2 | 4;
      readonly table?: string;
    }
  /**
   * Of the systolic array: cycles to load the stationary operand, before any speed-up of loading, and to multiply; how often it
   * takes its operands.
   */
  | {
      readonly unit: 'array';
      readonly load: number;
      readonly multiply: number;
      readonly flops: number;
      readonly passes: number;
    }
  /** Of the DMA engines: the share of their rate that it reaches, and which operands it moves to dst. */
  | { readonly unit: 'dma'; readonly share: number; readonly moved: readonly string[] }
  /** Of a sequencer alone. */
  | { readonly unit: 'sequencer'; readonly waits: boolean };

export interface Cost<O extends Opcode> {
  /** For docs/isa.md: what it takes for N elements of each partition (NKI ISA reference, 2.26.1, unless said otherwise). */
  readonly words: string;
  /** Whether a document gives the cycles; else `words` says what was chosen. */
  readonly documented: boolean;
  readonly work: (instruction: Instruction<O>, chip: Chip) => Work;
}

export interface Entry<O extends Opcode> {
  /** One sentence for docs/isa.md: what dst becomes. */
  readonly summary: string;
  readonly chips: readonly ChipName[];
  /** Engines that it can be issued to, on one chip at least; what a chip does not allow is among its problems. */
  readonly engines: readonly EngineName[];
  /** Left out where no operand may have an index. */
  readonly indirect?: Indirect;
  /** The rules that `problems` checks, and named choices, a sentence each, for docs/isa.md. */
  readonly rules: readonly string[];
  /** What is wrong with an instruction on a chip, beyond its engine; the first problem that is not undefined counts. */
  readonly problems: (instruction: Instruction<O>, chip: Chip) => readonly Problem[];
  /** The parts of an operand that it accesses, of instructions that do not access all of its pattern; undefined: all. */
  readonly parts?: (instruction: Instruction<O>, operand: string) => readonly ChipPattern[] | undefined;
  /** What it does: the definition that every executor must equal bit for bit. */
  readonly run: (instruction: Instruction<O>, machine: Machine) => void;
  readonly cost: Cost<O>;
}

/** The entries of one family of instructions. */
export type Entries<O extends Opcode> = { readonly [P in O]: Entry<P> };

export const ALL_CHIPS: readonly ChipName[] = ['trn1', 'trn2', 'trn3'];
