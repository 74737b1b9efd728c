/**
 * Scalar operands and operators as WGSL expressions: the twin of src/isa/vector/scalar-side.ts. A constant is a word of the
 * descriptor, so that a kernel serves all constants.
 */
import { isBitwise, isOneSided } from '../../../../isa/alu';
import { bitsOf, type Dtype } from '../../../../numerics';
import type { AluOp, ChipPattern } from '../../../../program';
import { aluName } from '../functions';
import { floatWord, type Lowering, type Use } from '../lowering';

/** One value for each partition: a [P, 1] tile, or else a constant, 0 when left out. */
export interface Scalar {
  readonly tile?: ChipPattern | undefined;
  readonly constant?: number | undefined;
}

/** Collects the scalar operands of an instruction and the words of its descriptor. */
export class Scalars {
  readonly operands: Record<string, Use> = {};
  readonly words: number[] = [];
  readonly #lowering: Lowering;

  constructor(lowering: Lowering) {
    this.#lowering = lowering;
  }

  /** A scalar of a lane as float32 bits. */
  value(name: string, { tile, constant = 0 }: Scalar): string {
    if (tile === undefined) return this.word(floatWord(constant));
    this.operands[name] = this.#lowering.read(tile);
    return `${name}_value(lane, 0u)`;
  }

  /** A scalar of a lane as a code of a format; of a constant the low bits. */
  code(name: string, { tile, constant = 0 }: Scalar, dtype: Dtype): string {
    if (tile === undefined) return this.word((constant << (32 - bitsOf(dtype))) >>> (32 - bitsOf(dtype)));
    this.operands[name] = this.#lowering.read(tile);
    return `${name}_code(lane, 0u)`;
  }

  word(word: number): string {
    return `word(${this.words.push(word) - 1}u)`;
  }
}

/** An operator of two expressions, its sides changed where `reverse` says so; bitwise ones work on codes of `dtype`. */
export function operation(
  op: AluOp,
  x: string,
  y: string,
  { reverse = false, dtype }: { readonly reverse?: boolean | undefined; readonly dtype?: Dtype } = {},
): string {
  const sides = isOneSided(op) ? [x] : reverse ? [y, x] : [x, y];
  const width = isBitwise(op) && dtype !== undefined ? [`${bitsOf(dtype)}u`] : [];
  return `${aluName(op)}(${[...sides, ...width].join(', ')})`;
}
