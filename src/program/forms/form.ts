/**
 * The form of an instruction, as data: which operands it has, of which memories, and what else it is told. The types of
 * instructions, the JSON and text readers, the builder and docs/isa.md all come from it.
 */
import type { Check } from '../check';
import type { ChipPattern, Pattern } from '../tensors';

/** Where an operand may lie: on chip, or anywhere. Which of the memories exactly is a rule of the instruction (src/isa). */
export type Place = 'chip' | 'any';

export interface OperandForm<P extends Place = Place, O extends boolean = boolean> {
  readonly place: P;
  readonly optional: O;
  /** For the documents: shape and meaning. */
  readonly what: string;
}

export interface AttributeForm<T = unknown, O extends boolean = boolean> {
  readonly check: Check<T>;
  readonly optional: O;
  readonly what: string;
}

export interface Form {
  /** What it writes first; null for instructions that write registers only. */
  readonly dst: OperandForm | null;
  /** What else it writes, by name. */
  readonly results: Readonly<Record<string, OperandForm>>;
  readonly sources: Readonly<Record<string, OperandForm>>;
  readonly attributes: Readonly<Record<string, AttributeForm>>;
}

export const chip = (what: string): OperandForm<'chip', false> => ({ place: 'chip', optional: false, what });
export const chipOrNone = (what: string): OperandForm<'chip', true> => ({
  place: 'chip',
  optional: true,
  what,
});
export const any = (what: string): OperandForm<'any', false> => ({ place: 'any', optional: false, what });
export const anyOrNone = (what: string): OperandForm<'any', true> => ({ place: 'any', optional: true, what });

export const given = <T>(check: Check<T>, what: string): AttributeForm<T, false> => ({
  check,
  optional: false,
  what,
});
export const maybe = <T>(check: Check<T>, what: string): AttributeForm<T, true> => ({
  check,
  optional: true,
  what,
});

interface PlacePattern {
  chip: ChipPattern;
  any: Pattern;
}

type Flat<T> = { [K in keyof T]: T[K] };
type Needed<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? never : K }[keyof F];
type Spare<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F];

type PatternOf<F> = F extends OperandForm<infer P> ? PlacePattern[P] : never;
type ValueOf<F> = F extends { readonly check: Check<infer T> } ? T : never;

/** Operands by name, those that may be missing as such. */
export type Operands<F> = Flat<
  { readonly [K in Needed<F>]: PatternOf<F[K]> } & { readonly [K in Spare<F>]?: PatternOf<F[K]> }
>;
export type Attributes<F> = Flat<
  { readonly [K in Needed<F>]: ValueOf<F[K]> } & { readonly [K in Spare<F>]?: ValueOf<F[K]> }
>;
export type Destination<F> = F extends OperandForm<infer P> ? PlacePattern[P] : undefined;
