/**
 * Registers, and what views take in the place of a number: a register times a factor plus a constant, whose value is known
 * only while the Program runs.
 */
import { UserError } from '../numerics';

/** register x factor + constant. Its value is not known while the kernel is traced, so it takes no part in arithmetic or tests. */
export class Affine {
  readonly register: string;
  readonly factor: number;
  readonly constant: number;

  constructor(register: string, factor: number, constant: number) {
    this.register = register;
    this.factor = factor;
    this.constant = constant;
  }

  /** @throws UserError: `i < 3` and `i * 128` would be NaN, and make another kernel in silence. */
  [Symbol.toPrimitive](): never {
    throw new UserError(
      `register "${this.register}" has no value while the kernel is traced: use times and plus for positions, fori_loop and while_loop for what depends on it, or a plain loop of TypeScript.`,
    );
  }

  /** This index times a whole number. */
  times(factor: number): Affine {
    return new Affine(this.register, this.factor * factor, this.constant * factor);
  }

  /** This index plus a whole number. */
  plus(constant: number): Affine {
    return new Affine(this.register, this.factor, this.constant + constant);
  }
}

/** A 32-bit signed integer on the chip: `nc.register`, or what a loop counts with. */
export class Register extends Affine {
  /** Bounds of loops and moves take a register, and no index of one: types tell them apart by this. */
  readonly kind = 'register';

  constructor(name: string) {
    super(name, 1, 0);
  }
}

/** A position: known now, or while the Program runs. */
export type Index = number | Affine;
