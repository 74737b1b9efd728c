/** What is said of a tiling, as JSON has it. */
import type { Coverage, Groups, Mark, Memory, Product, Range } from '../../src/verify/tiling';
import type { WrittenCode } from '../check';

export const CHECKS = {
  coverage: 'each (m, n, k) once',
  chip: 'legal on the chip',
  memory: 'memories suffice',
  groups: 'accumulation groups',
  verifier: 'verifier of Programs',
  integers: 'small integers, exact',
  order: 'random operands, bit for bit',
  adapter: 'on the WebGPU adapter',
} as const;

export type CheckName = keyof typeof CHECKS;

export interface TilingCheck {
  readonly name: CheckName;
  /** `left-out` is no verdict: the details say why. */
  readonly state: 'right' | 'wrong' | 'left-out';
  /** A sentence. */
  readonly text: string;
  /** What is wrong, a sentence each, the first ones. */
  readonly details: readonly string[];
  /** How many more there are. */
  readonly more: number;
}

/** The first tile of the output, from the top left row by row, that is not right. */
export interface WrongTile {
  readonly executor: 'reference' | 'webgpu';
  /** In the grid. */
  readonly row: number;
  readonly column: number;
  readonly mark: Mark;
  readonly m: Range;
  readonly n: Range;
  /** Elements of it that are wrong on the operands named; null where the Program could not be run. */
  readonly mismatches: number | null;
  readonly operands: 'small-integer' | 'random' | null;
  readonly first: WrongElement | null;
  /** The pass that is to blame or, where none is, the last that adds to it; null where no pass does. */
  readonly pass: { readonly index: number; readonly instruction: string } | null;
  /** The instruction that wrote the element; null where nothing did. */
  readonly writtenBy: { readonly id: string; readonly opcode: string } | null;
  readonly why: string;
}

export interface WrongElement {
  readonly m: number;
  readonly n: number;
  readonly expected: WrittenCode;
  /** Null where nothing was written. */
  readonly received: WrittenCode | null;
}

export interface TilingVerdict {
  readonly right: boolean;
  readonly given: 'plan' | 'tiling';
  readonly product: Product;
  readonly seed: number;
  readonly passes: number;
  /** Instructions of the Program; null where there is none. */
  readonly instructions: number | null;
  readonly checks: readonly TilingCheck[];
  readonly coverage: Pick<Coverage, 'missing' | 'doubled' | 'gaps' | 'outside'>;
  readonly memory: Pick<Memory, 'sbuf' | 'psum'>;
  readonly groups: Pick<Groups, 'opened' | 'found' | 'problems'>;
  /** Whether the result also has the bits of 128-row passes, k ascending in one group. */
  readonly canonical: Canonical;
  readonly grid: {
    readonly m: readonly number[];
    readonly n: readonly number[];
    readonly marks: readonly Mark[];
  };
  readonly firstWrong: WrongTile | null;
}

export interface Canonical {
  /** Every tile adds in the canonical order, so that its bits are the same on any operands. */
  readonly sameOrder: boolean;
  /** On the random operands: elements that differ, of those compared; null where nothing was run. */
  readonly differing: number | null;
  readonly compared: number;
  readonly text: string;
}

/** What the marks of tiles stand for. */
export const MEANINGS = {
  right: 'right',
  missing: 'missing: part of it is never added',
  doubled: 'doubled: part of it is added more than once',
  torn: 'torn: tiles of other edges store over it',
  wrong: 'wrong values',
  unchecked: 'covered, not run',
} as const satisfies Record<Mark, string>;

/** What goes on, and how much of it is done. */
export interface JudgeProgress {
  readonly stage: keyof typeof STAGES;
  readonly share: number;
}

export const STAGES = {
  covering: 'counting what the passes cover',
  verifying: 'verifying the Program',
  integers: 'running the Program on small integers',
  random: 'running the Program on random operands',
  adapter: 'multiplying in this order on the adapter',
} as const;
