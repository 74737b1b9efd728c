/** How an instruction is done on the adapter: the twin of its entry in src/isa, whose bits it must equal. */
import type { CodeArray } from '../../../numerics';
import type { Instruction, NamedOperand, Opcode, Pattern } from '../../../program';
import type { Lowering, Report } from './lowering';
import type { Work } from './work';

export interface Context {
  readonly lowering: Lowering;
  /** Lists something that only values show, of the instruction that is lowered: now, or once its works are done. */
  readonly report: Report;
  /** Codes of the operands that `peeks` named, in its order. */
  readonly peeked: readonly CodeArray[];
  /** @throws UserError when any element was never written. Of entries that choose (below), what they read. */
  readonly require: (operand: string, pattern: Pattern) => void;
  /** Counts elements as written. Of entries that choose (below), what they write. */
  readonly mark: (pattern: Pattern) => void;
}

export interface GpuEntry<O extends Opcode> {
  /** Operands whose codes decide what has to be done, such as indices: they are read back first. */
  readonly peeks?: (instruction: Instruction<O>) => readonly NamedOperand[];
  /** The operands peeked at choose what is accessed: then `works` itself says what it reads and writes of the others. */
  readonly chooses?: true;
  /** Of a dst with an index, 1 for each element that is written, by the codes peeked at; all are when left out. */
  readonly keeps?: (instruction: Instruction<O>, peeked: readonly CodeArray[]) => Uint8Array | undefined;
  /** Bytes of each partition that it takes aside, besides operands that others of it may overwrite. */
  readonly room?: (instruction: Instruction<O>) => number;
  /** The works of an instruction, whose patterns have no registers left. */
  readonly works: (instruction: Instruction<O>, context: Context) => readonly Work[];
}

/** The entries of one family of instructions. */
export type GpuEntries<O extends Opcode> = { readonly [P in O]: GpuEntry<P> };
