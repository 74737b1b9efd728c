/** Exponentials, logarithms and the error function, of every float32, by the Scalar engine's functions on the ranges that it has them for. */
import type { Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { divide } from './arithmetic';
import { choose, constantOf, float, floatsOf, isModest, judge, productError, word, wordsOf } from './steps';

export const exp = (x: Node, dtype: Dtype = x.dtype): Node => make.map('exp', [x], dtype);

export const exp2 = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.map('power', [make.fill(x.shape, 'float32', 2), x], dtype);

/** exp x - 1; near 0 by t = tanh(x / 2), of which it is 2 t / (1 - t). */
export function expm1(x: Node, dtype: Dtype = x.dtype): Node {
  const near = judge('less', float('abs', x), 0.5);
  const t = float('tanh', float('multiply', choose(near, x, 0), 0.5));
  const curve = float('multiply', float('multiply', t, 2), float('reciprocal', float('subtract', 1, t)));
  return make.cast(choose(near, curve, float('subtract', float('exp', x), 1)), dtype);
}

/** The logarithm of 2^88 is within 1.7e-7 of a float32, nearer than that of any other power that serves. */
const SHIFT = 88;

interface Brought {
  /** x 2^-exponent. */
  readonly near: Node;
  /** 0, where x is where the Scalar engine has the logarithm, else -88 or 88. */
  readonly exponent: (unit: number) => Node;
}

/** Within 2^-64 to 2^64. */
function brought(x: Node): Brought {
  const small = judge('less', x, 2 ** -64);
  const large = judge('greater', x, 2 ** 64);
  const by = (down: number, up: number, none: number): Node => choose(small, up, choose(large, down, none));
  return {
    near: float('multiply', x, by(2 ** -SHIFT, 2 ** SHIFT, 1)),
    exponent: (unit) => by(SHIFT * unit, -SHIFT * unit, 0),
  };
}

export function log(x: Node, dtype: Dtype = x.dtype): Node {
  if (isModest(x.dtype)) return make.map('log', [x], dtype);
  const { near, exponent } = brought(x);
  return make.cast(float('add', float('log', near), exponent(Math.LN2)), dtype);
}

/** x = 2^n m with m between sqrt 1/2 and sqrt 2: n + log2 m, so that powers of two are exact. */
export function log2(x: Node, dtype: Dtype = x.dtype): Node {
  const { near, exponent } = brought(x);
  const ROUNDING = 0x3f800000 - 0x3f3504f3; // 1 - sqrt 1/2, in codes
  const biased = word('right_shift', word('add', wordsOf(float('abs', near)), ROUNDING), 23);
  const power = word('minimum', biased, 253);
  const inverse = floatsOf(word('left_shift', word('subtract', 254, power), 23));
  const mantissa = float('multiply', near, inverse);
  const fraction = float('multiply', float('log', mantissa), Math.LOG2E);
  const count = float('add', float('subtract', power, 127), exponent(1));
  return make.cast(float('add', count, fraction), dtype);
}

export const log10 = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.map('multiply', [log(x, 'float32'), make.fill(x.shape, 'float32', Math.fround(Math.LOG10E))], dtype);

/** u = 1 + x rounds; log u is corrected by what was rounded off, divided by u. */
export function log1p(x: Node, dtype: Dtype = x.dtype): Node {
  const u = float('add', x, 1);
  const left = constantOf(float('subtract', x, float('subtract', u, 1)));
  const inexact = judge('greater', float('abs', left), 0);
  const inverse = float('reciprocal', choose(inexact, u, 1));
  const result = float('add', log(u), choose(inexact, float('multiply', left, inverse), 0));
  return make.cast(choose(judge('equal', u, 1), x, result), dtype);
}

/** log(exp x + exp y), of which neither overflows. */
export function logaddexp(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const larger = float('maximum', x, y);
  const apart = float('negate', float('abs', float('subtract', x, y)));
  const equal = judge('equal', x, y); // infinities have no difference
  const curve = float('softplus', choose(equal, 0, apart));
  return make.cast(float('add', larger, curve), dtype);
}

export const erf = (x: Node, dtype: Dtype = x.dtype): Node => make.map('erf', [x], dtype);

/**
 * 1 - erf x, of the tail too: with y = -sqrt 2 x, gelu y = y (erfc x) / 2. What the product rounds off is made good by the derivative.
 */
export function erfc(x: Node, dtype: Dtype = x.dtype): Node {
  const low = judge('less', x, 0.5);
  const tail = choose(low, 1, x);
  const root = make.fill(x.shape, 'float32', Math.fround(Math.SQRT2));
  const y = float('multiply', tail, root);
  const value = float('multiply', divide(float('gelu', float('negate', y)), y), -2);
  const rest = float('multiply', tail, Math.SQRT2 - Math.fround(Math.SQRT2));
  const left = constantOf(float('multiply', float('add', productError(tail, root, y), rest), Math.SQRT1_2));
  const corrected = float('subtract', value, float('multiply', float('erf_dx', tail), left));
  const far = judge('greater', tail, 11); // below half of the smallest float32
  return make.cast(
    choose(
      low,
      float('subtract', 1, float('erf', x)),
      choose(far, choose(judge('equal', x, x), 0, x), corrected),
    ),
    dtype,
  );
}
