/**
 * Circular functions of every float32. The Scalar engine has the sine from -pi to pi and the arctangent from -pi / 2 to pi / 2: arguments
 * are brought there.
 */
import type { Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { divide, sqrt } from './arithmetic';
import { together } from './shapes';
import {
  choose,
  constantOf,
  float,
  judge,
  magnitudeOf,
  productError,
  signbit,
  withSign,
  word,
  wordsOf,
} from './steps';

/** Pi, cut so that the product of all but the last with a multiple of 1/2 up to 2^15 is exact (Cody and Waite 1980). */
const PI_PARTS = [
  3.140625, 0.000965118408203125, 2.5331974029541016e-6, 1.979060471057892e-9, 5.115907697472721e-12,
  1.0780605716316238e-14,
];
const PI = Math.fround(Math.PI);
const HALF_PI = Math.fround(Math.PI / 2);
/** pi - PI, and half of it. */
const PI_REST = Math.PI - PI;
const HALF_PI_REST = Math.PI / 2 - HALF_PI;

/** x - count pi, about -pi / 2 to pi / 2, one part of pi after the other; not beyond what the engine takes, however wrong the parts are for a large count. */
function reduced(x: Node, count: Node): Node {
  const left = PI_PARTS.reduce((rest, part) => float('subtract', rest, float('multiply', count, part)), x);
  return float('minimum', float('maximum', left, -PI), PI);
}

/** 1 where a whole number is even, -1 where it is odd. */
function signOf(count: Node): Node {
  const half = float('multiply', count, 0.5);
  const odd = judge('not_equal', half, float('rint', half));
  return choose(odd, -1, 1);
}

const turns = (x: Node): Node => float('multiply', x, 1 / Math.PI);

/** From here on arguments are brought near by the digits of 1 / 2 pi (Payne and Hanek 1983). */
const FAR = 1e5;
/** The digits of 2^-8 / 2 pi after the point, in words. */
const DIGITS = [0x0028be60, 0xdb939105, 0x4a7f09d5, 0xf47d4d37, 0x7036d8a5, 0x664f10e4];

/**
 * |x| from FAR on, in turns without the whole ones, as uint32 in units of 2^-32 (or 2^-(32 + more), without what exceeds a word): |x| is m 2^e
 * with m of 24 bits, and m times 64 bits of 2^e / 2 pi loses whole turns where it exceeds a word.
 */
function farTurn(x: Node, more = 0): Node {
  const bits = wordsOf(float('abs', x));
  const m = word('bitwise_or', word('bitwise_and', bits, 0x7fffff), 0x800000);
  const place = word('subtract', word('right_shift', bits, 23), 142 - more);
  const [index, shift] = [word('right_shift', place, 5), word('bitwise_and', place, 31)];
  const digits = (ahead: number): Node =>
    [1, 2, 3].reduce<Node>(
      (chosen, i) => word('select', judge('equal', index, i), DIGITS[i + ahead] ?? 0, chosen),
      make.fill(x.shape, 'uint32', DIGITS[ahead] ?? 0),
    );
  const rest = word('subtract', 32, shift);
  const shifted = (here: Node, next: Node): Node =>
    word('bitwise_or', word('left_shift', here, shift), word('right_shift', next, rest));
  const [first, second, third] = [digits(0), digits(1), digits(2)];
  const below = shifted(second, third);
  const [high, low] = [word('right_shift', below, 16), word('bitwise_and', below, 0xffff)];
  const [upper, lower] = [word('right_shift', m, 12), word('bitwise_and', m, 0xfff)];
  const part = (x: Node, y: Node, shift: number): Node => word('right_shift', word('multiply', x, y), shift);
  const carried = word('add', word('add', part(upper, high, 4), part(lower, high, 16)), part(upper, low, 20));
  return word('add', word('multiply', m, shifted(first, second)), carried);
}

const signedOf = (turn: Node): Node => make.bitcast(turn, 'int32');

/** The angle of the same sine within a quarter turn; NaN of infinities. What is added to it is 0, whose gradient is that of the angle. */
function farAngle(x: Node, turn: Node): Node {
  const signed = signedOf(turn);
  const beyond = judge('logical_or', judge('greater', signed, 2 ** 30), judge('less', signed, -(2 ** 30)));
  const folded = signedOf(word('select', beyond, word('subtract', 2 ** 31, turn), turn));
  const angle = float('multiply', folded, (2 * Math.PI) / 2 ** 32);
  const moved = float('subtract', x, constantOf(x));
  const whole = float('add', angle, choose(beyond, float('negate', moved), moved));
  return choose(judge('less', float('abs', x), Infinity), whole, NaN);
}

const isFar = (x: Node): Node => judge('greater_equal', float('abs', x), FAR);

/** In float32. */
function sine(x: Node): Node {
  const count = float('rint', turns(x));
  const near = choose(judge('equal', count, 0), x, reduced(x, count));
  const far = isFar(x);
  const turn = farTurn(x);
  const mirrored = word('select', judge('less', x, 0), word('subtract', 0, turn), turn);
  const angle = choose(far, farAngle(x, mirrored), near);
  return float('multiply', float('sin', angle), choose(far, 1, signOf(count)));
}

/** x = r + (m + 1/2) pi: cos x = -sin r where m is even. Of what is far, the sine a quarter turn further. */
function cosine(x: Node): Node {
  const below = float('rint', float('subtract', turns(x), 0.5));
  const near = reduced(x, float('add', below, 0.5));
  const far = isFar(x);
  const size = float('abs', x);
  const angle = choose(far, farAngle(size, word('add', farTurn(x), 2 ** 30)), near);
  return float('multiply', float('sin', angle), choose(far, 1, float('negate', signOf(below))));
}

export const sin = (x: Node, dtype: Dtype = x.dtype): Node => make.cast(sine(make.cast(x, 'float32')), dtype);
export const cos = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(cosine(make.cast(x, 'float32')), dtype);

/** Of r within 2^-17 turns of a pole the tangent is -1 / r as nearly as float32 tells; r has 48 bits of a turn, and the quotient a correction. */
function atPole(x: Node): Node {
  const whole = 2 ** 48 / (2 * Math.PI);
  const high = Math.fround(whole);
  const near = signedOf(farTurn(x, 16));
  const divisor = make.cast(near, 'float32');
  const left = make.map('subtract', [near, make.cast(divisor, 'int32')], 'int32');
  const inverse = float('reciprocal', divisor);
  const guess = float('multiply', inverse, high);
  const product = float('multiply', guess, divisor);
  const missed = float('subtract', float('subtract', high, product), productError(guess, divisor, product));
  const rest = float('subtract', float('add', missed, whole - high), float('multiply', guess, left));
  const size = float('add', guess, float('multiply', rest, inverse));
  return choose(judge('less', x, 0), size, float('negate', size));
}

/** The sine by the cosine, but where a float32 far out lies at a pole. */
export const tan = (x: Node, dtype: Dtype = x.dtype): Node => {
  const wide = make.cast(x, 'float32');
  const twice = signedOf(word('left_shift', word('subtract', farTurn(wide), 2 ** 30), 1));
  const close = judge('logical_and', judge('less', twice, 2 ** 16), judge('greater', twice, -(2 ** 16)));
  const quotient = divide(sine(wide), cosine(wide), 'float32');
  return make.cast(choose(judge('logical_and', isFar(wide), close), atPole(wide), quotient), dtype);
};

/**
 * The angle of (±x, y) with neither below 0: the arctangent of the smaller by the larger, taken from or added to pi / 2 where y is the larger,
 * and taken from pi on the left.
 */
function angleOf(y: Node, x: Node, left: Node): Node {
  const steep = judge('greater', y, x);
  const [small, large] = [choose(steep, x, y), choose(steep, y, x)];
  const least = judge('less', large, 2 ** -60);
  const most = judge('greater', large, 2 ** 60);
  const scale = choose(least, 2 ** 80, choose(most, 2 ** -60, 1)); // a reciprocal is normal, then
  const none = judge('equal', large, 0);
  const divisor = choose(none, 1, float('multiply', large, scale));
  const ratio = divide(float('multiply', small, scale), divisor, 'float32');
  const both = judge('logical_and', judge('equal', small, Infinity), judge('equal', large, Infinity));
  const angle = float('arctan', choose(both, 1, ratio));
  const turned = choose(judge('not_equal', steep, left), float('negate', angle), angle);
  const base = choose(steep, HALF_PI, choose(left, PI, 0));
  const rest = choose(steep, HALF_PI_REST, choose(left, PI_REST, 0));
  return float('add', float('add', base, turned), rest);
}

export function atan(x: Node, dtype: Dtype = x.dtype): Node {
  const size = magnitudeOf(x);
  const steep = judge('greater', size, 1);
  const inverse = float('reciprocal', choose(steep, size, 1));
  const angle = float('arctan', choose(steep, inverse, size));
  const folded = float('add', float('subtract', HALF_PI, angle), HALF_PI_REST);
  return make.cast(withSign(choose(steep, folded, angle), x), dtype);
}

/** The angle of (x, y), from -pi to pi; zeros and infinities as C's. */
export function atan2(y: Node, x: Node, dtype: Dtype = y.dtype): Node {
  const [a, b] = together(y, x);
  return make.cast(withSign(angleOf(magnitudeOf(a), magnitudeOf(b), signbit(b)), a), dtype);
}

/** sqrt(1 - x^2), without cancellation. */
const legOf = (size: Node): Node =>
  sqrt(float('multiply', float('subtract', 1, size), float('add', 1, size)));

export function asin(x: Node, dtype: Dtype = x.dtype): Node {
  const size = magnitudeOf(x);
  return make.cast(withSign(angleOf(size, legOf(size), make.fill(x.shape, 'uint8', 0)), x), dtype);
}

export function acos(x: Node, dtype: Dtype = x.dtype): Node {
  const size = magnitudeOf(x);
  return make.cast(angleOf(legOf(size), size, signbit(x)), dtype);
}
