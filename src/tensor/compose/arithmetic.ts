/** Quotients, remainders, roots, logical functions and choices of elements. Operands are broadcast; results are of `dtype`. */
import { FORMATS, isPacked, type Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { together } from './shapes';
import {
  choose,
  float,
  isInteger,
  isModest,
  judge,
  productError,
  signbit,
  stepDtype,
  stepsIn,
  whole,
  word,
  type Operand,
} from './steps';

/** x times the rounded reciprocal of y, as the chip divides. */
export function divide(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const [a, b] = together(x, y);
  return make.map('multiply', [a, float('reciprocal', b)], dtype);
}

/** divide where y is not 0, else 0. */
export function divideNoNan(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const [a, b] = together(x, y);
  const zero = judge('equal', b, 0);
  return make.cast(choose(zero, 0, float('multiply', a, float('reciprocal', choose(zero, 1, b)))), dtype);
}

interface Quotient {
  readonly quotient: Node;
  readonly remainder: Node;
}

/** Rounded down, in float32: the quotient is corrected by the remainder, which is exact as long as the quotient is below 2^22. */
function floatQuotient(x: Node, y: Node): Quotient {
  const guess = float('floor', float('multiply', x, float('reciprocal', y)));
  const product = float('multiply', guess, y);
  const left = float('subtract', float('subtract', x, product), productError(guess, y, product));
  // An infinite divisor goes into nothing: 0 times infinity would be NaN.
  const rest = choose(judge('equal', guess, 0), x, left);
  const opposite = judge('not_equal', judge('less', rest, 0), judge('less', y, 0));
  const low = judge('logical_and', opposite, rest);
  const high = judge('greater_equal', float('abs', rest), float('abs', y));
  const excess = judge('logical_and', high, judge('equal', low, 0));
  const shift = float('subtract', excess, low);
  const moved = choose(shift, float('subtract', rest, float('multiply', shift, y)), rest);
  return { quotient: float('add', guess, shift), remainder: moved };
}

/** Rounded down, in int32: two guesses in float32, of which the second divides what the first left. By 0 all is 0. */
function wholeQuotient(x: Node, y: Node): Quotient {
  const zero = judge('equal', y, 0);
  const inverse = float('reciprocal', choose(zero, 1, y));
  const parts = (left: Node): Quotient => {
    const quotient = make.cast(float('floor', float('multiply', left, inverse)), 'int32');
    return { quotient, remainder: whole('subtract', left, whole('multiply', quotient, y)) };
  };
  const first = parts(x);
  const second = parts(first.remainder);
  const { remainder } = second;
  const opposite = judge('not_equal', judge('less', remainder, 0), judge('less', y, 0));
  const low = judge('logical_and', opposite, judge('not_equal', remainder, 0));
  // Of -2^31 there is no magnitude in int32: the negative ones are compared.
  const below = (value: Node): Node => whole('minimum', value, whole('negate', value));
  const high = judge('less_equal', below(remainder), below(y));
  const excess = judge('logical_and', high, judge('equal', low, 0));
  const shift = whole('subtract', make.cast(excess, 'int32'), make.cast(low, 'int32'));
  const quotient = whole('add', whole('add', first.quotient, second.quotient), shift);
  return {
    quotient: whole('select', zero, 0, quotient),
    remainder: whole('select', zero, 0, whole('subtract', remainder, whole('multiply', shift, y))),
  };
}

/**
 * In uint32: guesses that are never too high, so that what is left is never below 0. A guess, of six roundings, lies by less than 2^-20 of
 * itself below the quotient: the first leaves at most 2^12 divisors and one, the second less than two. By 0 all is 0.
 */
function wordQuotient(x: Node, y: Node): Quotient {
  const zero = judge('equal', y, 0);
  const inverse = float('multiply', float('reciprocal', choose(zero, 1, y)), 1 - 2 ** -21);
  const parts = (left: Node): Quotient => {
    const quotient = make.cast(float('floor', float('multiply', left, inverse)), 'uint32');
    return { quotient, remainder: word('subtract', left, word('multiply', quotient, y)) };
  };
  const first = parts(x);
  const second = parts(first.remainder);
  const excess = make.cast(judge('greater_equal', second.remainder, y), 'uint32');
  const quotient = word('add', word('add', first.quotient, second.quotient), excess);
  return {
    quotient: word('select', zero, 0, quotient),
    remainder: word('select', zero, 0, word('subtract', second.remainder, word('multiply', excess, y))),
  };
}

/** The format in which integers have exact quotients, whatever the result's format; none of floats, and of uint32 with signed ones. */
function exactDtype({ dtype: a }: Node, { dtype: b }: Node): 'int32' | 'uint32' | undefined {
  if (!isInteger(a) || !isInteger(b)) return undefined;
  if (a !== 'uint32' && b !== 'uint32') return 'int32';
  return FORMATS[a].signed || FORMATS[b].signed ? undefined : 'uint32';
}

/** Both of one shape, and in the format that their quotient is computed in. */
function operandsOf(x: Node, y: Node): readonly [Node, Node, 'int32' | 'uint32' | 'float32'] {
  const [a, b] = together(x, y);
  const dtype = exactDtype(a, b) ?? 'float32';
  return [make.cast(a, dtype), make.cast(b, dtype), dtype];
}

const QUOTIENTS = { int32: wholeQuotient, uint32: wordQuotient, float32: floatQuotient } as const;

function quotientOf(x: Node, y: Node): Quotient {
  const [a, b, dtype] = operandsOf(x, y);
  return QUOTIENTS[dtype](a, b);
}

/** Towards minus infinity, as Python's. */
export const floorDivide = (x: Node, y: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(quotientOf(x, y).quotient, dtype);

/** With the sign of the divisor, as Python's and NumPy's. */
export const mod = (x: Node, y: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(quotientOf(x, y).remainder, dtype);

/**
 * Towards zero, and the remainder that goes with it, which has the sign of x, as C's: of magnitudes; of int32, of which one has no magnitude,
 * a step up from what is rounded down where the signs differ.
 */
function truncated(x: Node, y: Node): Quotient {
  const [a, b, exact] = operandsOf(x, y);
  if (exact === 'uint32') return wordQuotient(a, b);
  const opposite = judge('not_equal', judge('less', a, 0), judge('less', b, 0));
  if (exact === 'int32') {
    const { quotient, remainder } = wholeQuotient(a, b);
    const up = judge('logical_and', opposite, judge('not_equal', remainder, 0));
    const step = make.cast(up, 'int32');
    return {
      quotient: whole('add', quotient, step),
      remainder: whole('subtract', remainder, whole('multiply', step, b)),
    };
  }
  const { quotient, remainder } = floatQuotient(float('abs', a), float('abs', b));
  return {
    quotient: choose(opposite, float('negate', quotient), quotient),
    remainder: choose(judge('less', a, 0), float('negate', remainder), remainder),
  };
}

export const truncateDivide = (x: Node, y: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(truncated(x, y).quotient, dtype);

export const fmod = (x: Node, y: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(truncated(x, y).remainder, dtype);

/** Of every float32: the Scalar engine's of x 4^±32, which lies where it is valid, times 2^∓32. */
export function sqrt(x: Node, dtype: Dtype = x.dtype): Node {
  if (isModest(x.dtype)) return make.map('sqrt', [x], dtype);
  const small = judge('less', x, 1);
  const scaled = float('multiply', x, choose(small, 2 ** 64, 2 ** -64));
  return make.cast(float('multiply', float('sqrt', scaled), choose(small, 2 ** -32, 2 ** 32)), dtype);
}

/** GpSimd's, of every float32. */
export const rsqrt = (x: Node, dtype: Dtype = x.dtype): Node => make.map('rsqrt', [x], dtype);
/** Vector's, of every float32. */
export const reciprocal = (x: Node, dtype: Dtype = x.dtype): Node => make.map('reciprocal', [x], dtype);

export const maximum = (x: Node, y: Node, dtype: Dtype = x.dtype): Node =>
  make.map('maximum', together(x, y), dtype);
export const minimum = (x: Node, y: Node, dtype: Dtype = x.dtype): Node =>
  make.map('minimum', together(x, y), dtype);

/** Within limits, of which either may be left out; NaN stays. */
export function clip(x: Node, low?: Operand, high?: Operand, dtype: Dtype = x.dtype): Node {
  const limits = [low, high].filter((limit) => limit !== undefined && typeof limit !== 'number');
  const [a, ...nodes] = together(x, ...limits);
  const step = stepsIn(stepDtype(dtype, a, ...nodes));
  const rest = [...nodes];
  const take = (limit: Operand): Operand => (typeof limit === 'number' ? limit : (rest.shift() ?? limit));
  const raised = low === undefined ? a : step('maximum', a, take(low));
  return make.cast(high === undefined ? raised : step('minimum', raised, take(high)), dtype);
}

export function squaredDifference(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const [a, b] = together(x, y);
  const step = stepsIn(stepDtype(dtype, a, b));
  return make.cast(step('square', step('subtract', a, b)), dtype);
}

/** x + (y - x) t. */
export function lerp(x: Node, y: Node, t: Node, dtype: Dtype = x.dtype): Node {
  const [a, b, c] = together(x, y, t);
  return make.cast(float('add', a, float('multiply', float('subtract', b, a), c)), dtype);
}

/** x where the condition is not 0, which NaN is not, else y. */
export const where = (condition: Node, x: Node, y: Node, dtype: Dtype = x.dtype): Node =>
  make.map('select', together(condition, x, y), dtype);

export const sign = (x: Node, dtype: Dtype = x.dtype): Node => make.map('sign', [x], dtype);
/** To the nearest integer, halves to the even one. */
export const round = (x: Node, dtype: Dtype = x.dtype): Node => make.map('rint', [x], dtype);

/** 1 above 0, else `otherwise`; NaN stays. */
export const step = (x: Node, otherwise = 0, dtype: Dtype = x.dtype): Node => {
  const level = choose(judge('greater', x, 0), 1, otherwise);
  return make.cast(choose(isnan(x), x, level), dtype);
};

export const isnan = (x: Node): Node => judge('not_equal', x, x);
export const isinf = (x: Node): Node => judge('equal', float('abs', x), Infinity);
export const isfinite = (x: Node): Node => judge('less', float('abs', x), Infinity);

export const logicalAnd = (x: Node, y: Node): Node => judge('logical_and', ...together(x, y));
export const logicalOr = (x: Node, y: Node): Node => judge('logical_or', ...together(x, y));
export const logicalXor = (x: Node, y: Node): Node => judge('logical_xor', ...together(x, y));
/** 1 where x is 0. */
export const logicalNot = (x: Node): Node => judge('equal', x, 0);

/**
 * Codes of integers of one format, shifted: signed ones keep their sign, as NumPy's do, and end at -1 or 0. The chip shifts in zeros: of a
 * negative number the inverted code is shifted.
 */
export function rightShift(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const [a, b] = together(x, y);
  const step = (fn: 'bitwise_xor' | 'right_shift', p: Node, q: Node): Node => make.map(fn, [p, q], dtype);
  if (isPacked(dtype) || !FORMATS[dtype].signed) return step('right_shift', a, b);
  const mask = make.map('negate', [judge('less', a, 0)], dtype);
  return step('bitwise_xor', step('right_shift', step('bitwise_xor', a, mask), b), mask);
}

/** The magnitude of x with the sign bit of y. */
export function copysign(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const [a, b] = together(x, y);
  const size = float('abs', a);
  return make.cast(choose(signbit(b), float('negate', size), size), dtype);
}

/** sqrt(x^2 + y^2) without overflow between: in float32 of numbers brought near 1 by a power of two. */
export function hypot(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const [a, b] = together(x, y).map((side) => float('abs', side)) as [Node, Node];
  const larger = float('maximum', a, b);
  const small = judge('less', larger, 2 ** -50);
  const large = judge('greater', larger, 2 ** 50);
  const by = (down: number, up: number): Node => choose(small, up, choose(large, down, 1));
  const scale = by(2 ** -80, 2 ** 90);
  const squares = [a, b].map((side) => float('square', float('multiply', side, scale))) as [Node, Node];
  const root = float('multiply', float('sqrt', float('add', ...squares)), by(2 ** 80, 2 ** -90));
  const infinite = judge('logical_or', isinf(a), isinf(b));
  return make.cast(choose(infinite, Infinity, root), dtype);
}

/** x^y in int32 modulo 2^32, by squaring; of a negative exponent what 1 / x^-y is, towards zero. */
function wholePower(x: Node, y: Node): Node {
  let [result, base]: [Node, Node] = [make.fill(x.shape, 'int32', 1), x];
  // From 32 on only bases of -1, 0 and 1 have a power in range, and only whether the exponent is odd counts.
  const odd = whole('bitwise_and', y, 1);
  const exponent = whole('select', judge('greater', y, 31), whole('add', odd, 30), y);
  for (let bit = 0; bit < 5; bit++) {
    const set = whole('bitwise_and', whole('right_shift', exponent, bit), 1);
    result = whole('select', set, whole('multiply', result, base), result);
    if (bit < 4) base = whole('multiply', base, base);
  }
  const unit = whole('select', odd, x, 1);
  const inverse = whole('select', judge('equal', whole('multiply', x, x), 1), unit, 0);
  return whole('select', judge('less', y, 0), inverse, result);
}

/** IEEE 754's pow in float32, squares as one product; of int32 exact modulo 2^32 for exponents up to 31. */
export function power(x: Node, y: Operand, dtype: Dtype = x.dtype): Node {
  if (y === 1) return make.cast(x, dtype);
  if (y === 2) return make.map('square', [x], dtype);
  const [a, b] = together(
    x,
    typeof y === 'number'
      ? make.fill([], x.dtype === 'int32' && Number.isInteger(y) ? 'int32' : 'float32', Math.fround(y))
      : y,
  );
  return stepDtype(dtype, a, b) === 'int32' ? wholePower(a, b) : make.map('power', [a, b], dtype);
}
