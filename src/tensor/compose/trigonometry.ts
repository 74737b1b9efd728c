/**
 * Circular functions of every float32. The Scalar engine has the sine from -pi to pi and the arctangent from -pi / 2 to pi / 2: arguments
 * are brought there.
 */
import type { Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { divide, signbit, sqrt } from './arithmetic';
import { together } from './shapes';
import { choose, float, judge } from './steps';

/** Pi, cut so that the product of all but the last with a multiple of 1/2 up to 2^15 is exact (Cody and Waite 1980). */
const PI_PARTS = [
  3.140625, 0.000965118408203125, 2.5331974029541016e-6, 1.979060471057892e-9, 5.115907697472721e-12,
  1.0780605716316238e-14,
];
const PI = Math.fround(Math.PI);
const HALF_PI = Math.fround(Math.PI / 2);
/** pi / 2 - HALF_PI. */
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

/** In float32. */
function sine(x: Node): Node {
  const count = float('rint', turns(x));
  const near = choose(judge('equal', count, 0), x, reduced(x, count));
  return float('multiply', float('sin', near), signOf(count));
}

/** x = r + (m + 1/2) pi: cos x = -sin r where m is even. */
function cosine(x: Node): Node {
  const below = float('rint', float('subtract', turns(x), 0.5));
  const near = reduced(x, float('add', below, 0.5));
  return float('multiply', float('sin', near), float('negate', signOf(below)));
}

export const sin = (x: Node, dtype: Dtype = x.dtype): Node => make.cast(sine(make.cast(x, 'float32')), dtype);
export const cos = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(cosine(make.cast(x, 'float32')), dtype);
export const tan = (x: Node, dtype: Dtype = x.dtype): Node => {
  const wide = make.cast(x, 'float32');
  return divide(sine(wide), cosine(wide), dtype);
};

/** The angle of (x, y) with neither below 0: the arctangent of the smaller by the larger, taken from pi / 2 where y is the larger. */
function firstQuadrant(y: Node, x: Node): Node {
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
  return choose(steep, float('add', float('subtract', HALF_PI, angle), HALF_PI_REST), angle);
}

/** With the sign of x: -0 of -0. */
const withSign = (size: Node, x: Node): Node => choose(signbit(x), float('negate', size), size);

export function atan(x: Node, dtype: Dtype = x.dtype): Node {
  const size = float('abs', x);
  const steep = judge('greater', size, 1);
  const inverse = float('reciprocal', choose(steep, size, 1));
  const angle = float('arctan', choose(steep, inverse, size));
  const folded = float('add', float('subtract', HALF_PI, angle), HALF_PI_REST);
  return make.cast(withSign(choose(steep, folded, angle), x), dtype);
}

/** The angle of (x, y), from -pi to pi; zeros and infinities as C's. */
export function atan2(y: Node, x: Node, dtype: Dtype = y.dtype): Node {
  const [a, b] = together(y, x);
  const angle = firstQuadrant(float('abs', a), float('abs', b));
  const left = float('add', float('subtract', PI, angle), Math.PI - PI);
  return make.cast(withSign(choose(signbit(b), left, angle), a), dtype);
}

/** sqrt(1 - x^2), without cancellation. */
const legOf = (size: Node): Node =>
  sqrt(float('multiply', float('subtract', 1, size), float('add', 1, size)));

export function asin(x: Node, dtype: Dtype = x.dtype): Node {
  const size = float('abs', x);
  return make.cast(withSign(firstQuadrant(size, legOf(size)), x), dtype);
}

export function acos(x: Node, dtype: Dtype = x.dtype): Node {
  const size = float('abs', x);
  const angle = firstQuadrant(legOf(size), size);
  const left = float('add', float('subtract', PI, angle), Math.PI - PI);
  return make.cast(choose(judge('less', x, 0), left, angle), dtype);
}
