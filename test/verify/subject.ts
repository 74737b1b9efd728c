/** What faults are seeded into, and whole numbers to make it of. */
import type { CodeArray } from '../../src/numerics';
import type { Program } from '../../src/program';

/** A Program that is right, with inputs and what must come out. */
export interface Subject {
  readonly name: string;
  readonly program: Program;
  /** Codes of the HBM inputs. */
  readonly inputs: Readonly<Record<string, CodeArray>>;
  /** Codes of the HBM outputs, computed apart. */
  readonly expected: Readonly<Record<string, CodeArray>>;
}

/** Whole numbers of 0 to 2^32 - 1 (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
