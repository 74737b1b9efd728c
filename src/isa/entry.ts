/** What an instruction is: one entry that the executors, the verifier, the timing model and the documents all read. */
import type { Chip, EngineName } from '../chip';
import type { CodeArray } from '../numerics';
import type { Instruction, Opcode, Pattern } from '../program';

/** The memories that an instruction works on, seen through access patterns. Codes are in the order of the pattern. */
export interface Memory {
  /** Codes of a source, named as in the instruction. @throws UserError when any of them was never written. */
  read(operand: string, pattern: Pattern): CodeArray;
  write(pattern: Pattern, codes: CodeArray): void;
}

/** Why something is illegal: a sentence that quotes the rule and the value; undefined when it is legal. */
export type Problem = string | undefined;

export interface Entry<O extends Opcode> {
  /** Engines that it can be issued to. */
  readonly engines: readonly EngineName[];
  /** What is wrong with an instruction on a chip, beyond its engine; the first problem that is not undefined counts. */
  readonly problems: (instruction: Instruction<O>, chip: Chip) => readonly Problem[];
  /** What it does: the definition that every executor must equal bit for bit. */
  readonly run: (instruction: Instruction<O>, memory: Memory) => void;
  /** What it takes, in words, for N elements of each partition (NKI ISA reference, 2.26.1, unless said otherwise). */
  readonly cost: string;
}
