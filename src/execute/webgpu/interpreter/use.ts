/** What an instruction asks of the kernel of a lane: its operands, and how its elements depend on each other. */
import type { ChipPattern, WriteOptions } from '../../../program';
import type { Conversions } from '../conversions';
import type { TemplateValues } from '../template';
import type { Functions } from './functions';
import type { Place } from './place';
import type { Reported, Work } from './work';

/** An operand as an instruction uses it. */
export interface Use {
  readonly place: Place;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly options?: WriteOptions;
  /** The index tile that chooses its elements, on trn3. */
  readonly index?: Place;
}

/** By their names in the text of a kernel. */
export type Uses = Readonly<Record<string, Use>>;

export interface LaneOptions {
  /** By their names in the body. */
  readonly operands: Uses;
  /** The operand whose partitions are lanes, and whose elements are counted. */
  readonly counted: string;
  /** Whether lanes see other partitions than their own, or HBM. */
  readonly crosses?: boolean;
  /**
   * Whether element i of what is written depends on elements i of the operands only, and the body goes from `begin` to `end`:
   * then operands may coincide, and lanes be cut.
   */
  readonly elementwise?: boolean;
  /**
   * Whether element i of what is written depends on no other element that is written, and the body goes from `begin` to `end`: then
   * lanes may be cut, but operands must not coincide.
   */
  readonly independent?: boolean;
  /** How many invocations, where it is not the counted operand's partitions. */
  readonly lanes?: number;
  readonly values?: TemplateValues;
  /** The functions that the body calls. */
  readonly functions?: Omit<Functions, 'arithmetic'>;
  /** Conversions that the body calls besides those of its operands. */
  readonly conversions?: Conversions;
  /** Words that the body sees as word(0), word(1), ... */
  readonly words?: readonly number[];
  /** Words of any number besides: word(at) says where in the descriptors they begin. */
  readonly table?: NonNullable<Work['table']>;
  /** The parts of results that are written, in the order of the patterns, where that is not all of them. */
  readonly parts?: Readonly<Record<string, readonly ChipPattern[]>>;
  readonly reported?: Reported;
}
