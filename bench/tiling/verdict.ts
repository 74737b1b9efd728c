/** What is said of a tiling, as JSON has it. */
import type { Area, Coverage, Groups, Mark, Memory, Product, Range, Torn } from '../../src/verify/tiling';
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
  /** Rectangles of the wrong elements; where they would be too many, one that holds all. */
  readonly regions: readonly Area[];
  /** The pass that is to blame, with its instruction where the tiling could be made a Program; null where none is. */
  readonly pass: { readonly index: number; readonly box: string; readonly instruction: string | null } | null;
  /** The instruction that wrote the element; null where nothing did, and where there is no Program. */
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
  /** C is added to the product, as the plan says. */
  readonly accumulate: boolean;
  readonly seed: number;
  readonly passes: number;
  /** Instructions of the Program; null where there is none. */
  readonly instructions: number | null;
  readonly checks: readonly TilingCheck[];
  readonly coverage: Pick<Coverage, 'missing' | 'doubled' | 'gaps' | 'outside'> & {
    /** What tiles of different edges share of the output; null where they share nothing. */
    readonly torn: Torn | null;
  };
  readonly memory: Pick<Memory, 'sbuf' | 'psum'>;
  readonly groups: Pick<Groups, 'opened' | 'found' | 'problems'>;
  /** Whether the result also has the bits of 128-row passes, k ascending in one group. */
  readonly canonical: Canonical;
  /** The output cut where any tile begins or ends: its cells are `tiles` where each tile is one of them, else `parts`. */
  readonly grid: {
    readonly of: 'tiles' | 'parts';
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
  outside: 'outside: a pass here reaches outside of the product',
  illegal: 'illegal: the chip cannot do a pass of it',
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
