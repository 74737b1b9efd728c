/** What the adapter has to do for an instruction: one descriptor for one kernel, and what it touches. */
import type { Kernel } from './kernel';

export type Region = 'chip' | 'hbm' | 'scratch';

/** Bytes low .. high-1, of some partitions of chip memory. */
export interface Touch {
  readonly region: Region;
  readonly low: number;
  readonly high: number;
  readonly partition: number;
  readonly partitions: number;
  readonly writes: boolean;
}

/** Whether two touches may have a byte in common. */
export function meet(a: Touch, b: Touch): boolean {
  return (
    a.region === b.region &&
    a.low < b.high &&
    b.low < a.high &&
    a.partition < b.partition + b.partitions &&
    b.partition < a.partition + a.partitions
  );
}

/** A range of bytes of scratch. */
export function touchOfScratch(low: number, bytes: number, writes: boolean): Touch {
  return { region: 'scratch', low, high: low + bytes, partition: 0, partitions: 1, writes };
}

/** What of each lane was reported: how many elements, then place and float32 bits of the first. */
export type Reports = Uint32Array<ArrayBuffer>;

export type Reported = (reports: Reports, core: number) => void;

export interface Work {
  readonly kernel: Kernel;
  /** Invocations, each of a partition or a row. */
  readonly lanes: number;
  /** Elements that each lane goes through. */
  readonly elements: number;
  /** Words of the descriptor behind its header. */
  readonly words: readonly number[];
  readonly touches: readonly Touch[];
  /**
   * The first partition, where lane p touches nothing but partition start + p: such works can follow each other within one
   * dispatch. undefined where lanes look at each other's partitions, or at HBM.
   */
  readonly start: number | undefined;
  /** Whether the elements of a lane do not depend on each other, and so can be cut into chunks of multiples of four. */
  readonly splits: boolean;
  /** Multiply-adds, or elements, where they are not lanes x elements. */
  readonly cost?: number;
  /** Words of any number that the instruction has besides; the word of `words` numbered `at` says where they begin. */
  readonly table?: { readonly at: number; readonly words: readonly number[] };
  /** The cores that do it; all of the run when left out. */
  readonly cores?: readonly number[];
  /** Called once the work is done, for each core whose lanes reported something, with three words of each lane. */
  readonly reported?: Reported;
}

export const REPORT_WORDS = 3;
