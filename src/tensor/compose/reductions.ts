/**
 * Reductions along any axes: these go last, in rising order, and what is reduced comes in row-major order. Sums and what is made of them
 * are of float32 and rounded once, at the end.
 */
import type { Dtype } from '../../numerics';
import { make, sizeOf, type Node, type Reduction } from '../graph';
import { sqrt } from './arithmetic';
import { log } from './exponential';
import { axesOf, broadcastTo } from './shapes';
import { choose, constantOf, float, judge, stepDtype } from './steps';

export interface ReduceOptions {
  /** All of them, where none are given. From 0 on. */
  readonly axes?: readonly number[] | undefined;
  /** Reduced axes stay, with an extent of 1. */
  readonly keepDims?: boolean | undefined;
  readonly dtype?: Dtype | undefined;
}

const axesIn = (x: Node, axes: readonly number[] | undefined): readonly number[] =>
  axes === undefined ? axesOf(x) : axes.toSorted((a, b) => a - b);

/** How many elements are joined into one. */
export const countOf = (x: Node, axes: readonly number[] | undefined): number =>
  sizeOf(axesIn(x, axes).map((axis) => make.extentOf(x, axis)));

/** The shape with reduced axes kept as 1, or left out. */
function reducedShape(x: Node, axes: readonly number[], keepDims: boolean): readonly number[] {
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return keepDims ? shape : shape.filter((_, axis) => !axes.includes(axis));
}

export function reduce(
  x: Node,
  reduction: Reduction,
  { axes, keepDims = false, dtype = x.dtype }: ReduceOptions,
): Node {
  const joined = axesIn(x, axes);
  const kept = axesOf(x).filter((axis) => !joined.includes(axis));
  const result = make.reduce(make.permute(x, [...kept, ...joined]), reduction, joined.length, dtype);
  return make.reshape(result, reducedShape(x, joined, keepDims));
}

export const sum = (x: Node, options: ReduceOptions = {}): Node => reduce(x, 'add', options);
export const prod = (x: Node, options: ReduceOptions = {}): Node => reduce(x, 'multiply', options);
/** NaN where one is. */
export const max = (x: Node, options: ReduceOptions = {}): Node => reduce(x, 'maximum', options);
export const min = (x: Node, options: ReduceOptions = {}): Node => reduce(x, 'minimum', options);

/** uint8: whether one is not 0; of none it is not so. */
export function any(x: Node, { axes, keepDims = false }: ReduceOptions = {}): Node {
  const shape = reducedShape(x, axesIn(x, axes), keepDims);
  if (countOf(x, axes) === 0) return make.fill(shape, 'uint8', 0);
  return reduce(judge('not_equal', x, 0), 'maximum', { axes, keepDims });
}

/** uint8: whether none is 0; of none it is so. */
export function all(x: Node, { axes, keepDims = false }: ReduceOptions = {}): Node {
  const shape = reducedShape(x, axesIn(x, axes), keepDims);
  if (countOf(x, axes) === 0) return make.fill(shape, 'uint8', 1);
  return reduce(judge('not_equal', x, 0), 'minimum', { axes, keepDims });
}

/** int32. */
export const countNonzero = (x: Node, options: ReduceOptions = {}): Node =>
  reduce(make.cast(judge('not_equal', x, 0), 'int32'), 'add', { dtype: 'int32', ...options });

interface ArgOptions {
  readonly axis?: number | undefined;
  readonly keepDims?: boolean | undefined;
}

/** int32: the first place of the largest, of one axis or of all elements as they lie; NaN is larger than any. */
export const argmax = (x: Node, options: ArgOptions = {}): Node => arg(x, 'argmaximum', options);
export const argmin = (x: Node, options: ArgOptions = {}): Node => arg(x, 'argminimum', options);

const arg = (x: Node, reduction: Reduction, { axis, keepDims }: ArgOptions): Node =>
  reduce(x, reduction, { axes: axis === undefined ? undefined : [axis], keepDims, dtype: 'int32' });

/** The sum times the rounded reciprocal of the count. */
export function mean(x: Node, { axes, keepDims, dtype = x.dtype }: ReduceOptions = {}): Node {
  const total = reduce(x, 'add', { axes, keepDims, dtype: 'float32' });
  return make.cast(float('multiply', total, 1 / countOf(x, axes)), dtype);
}

export interface SpreadOptions extends ReduceOptions {
  /** How much less than the count the sum of squares is divided by. */
  readonly correction?: number | undefined;
}

export interface Moments {
  readonly mean: Node;
  readonly variance: Node;
}

/** In float32, with axes kept: the mean, then the mean of squared distances from it. */
export function moments(x: Node, axes?: readonly number[], correction = 0): Moments {
  const middle = mean(x, { axes, keepDims: true, dtype: 'float32' });
  const squares = float('square', float('subtract', x, broadcastTo(middle, x.shape)));
  const total = reduce(squares, 'add', { axes, keepDims: true });
  return { mean: middle, variance: float('multiply', total, 1 / Math.max(countOf(x, axes) - correction, 0)) };
}

/** In two passes. */
export function variance(
  x: Node,
  { axes, keepDims = false, dtype = x.dtype, correction = 0 }: SpreadOptions = {},
): Node {
  const result = moments(x, axes, correction).variance;
  return make.cast(make.reshape(result, reducedShape(x, axesIn(x, axes), keepDims)), dtype);
}

export const std = (x: Node, { dtype = x.dtype, ...options }: SpreadOptions = {}): Node =>
  sqrt(variance(x, { ...options, dtype: 'float32' }), dtype);

/** What is taken from all before they are raised to powers: the largest, or 0 where it is infinite or NaN. A constant: no gradient goes through it. */
export function shiftOf(x: Node, axes: readonly number[] | undefined): Node {
  const largest = reduce(x, 'maximum', { axes, keepDims: true, dtype: 'float32' });
  return constantOf(choose(judge('less', float('abs', largest), Infinity), largest, 0));
}

/** log of the sum of exp x, shifted by the largest; of none -infinity. */
export function logsumexp(x: Node, { axes, keepDims = false, dtype = x.dtype }: ReduceOptions = {}): Node {
  const shape = reducedShape(x, axesIn(x, axes), keepDims);
  if (countOf(x, axes) === 0) return make.fill(shape, dtype, -Infinity);
  const shift = shiftOf(x, axes);
  const powers = float('exp', float('subtract', x, broadcastTo(shift, x.shape)));
  const total = log(reduce(powers, 'add', { axes, keepDims: true }));
  return make.cast(make.reshape(float('add', total, shift), shape), dtype);
}

/** Of vectors: 2 is Euclid's, of squares in float32; 1 and others by powers, infinity the largest magnitude, 0 how many are not 0. */
export function norm(x: Node, order = 2, { axes, keepDims, dtype = x.dtype }: ReduceOptions = {}): Node {
  const size = float('abs', x);
  const total = (of: Node): Node => reduce(of, 'add', { axes, keepDims, dtype: 'float32' });
  if (order === 2) return sqrt(total(float('square', x)), dtype);
  if (order === 1) return make.cast(total(size), dtype);
  if (order === 0) return make.cast(countNonzero(x, { axes, keepDims }), dtype);
  if (order === Infinity) return reduce(size, 'maximum', { axes, keepDims, dtype });
  if (order === -Infinity) return reduce(size, 'minimum', { axes, keepDims, dtype });
  return make.cast(float('power', total(float('power', size, order)), 1 / order), dtype);
}

/** The sum of x y along axes: products in float32, or exact in 32-bit integers. */
export function sumOfProducts(x: Node, y: Node, options: ReduceOptions = {}): Node {
  const dtype = options.dtype ?? x.dtype;
  return reduce(make.map('multiply', [x, y], stepDtype(dtype, x, y)), 'add', { ...options, dtype });
}
