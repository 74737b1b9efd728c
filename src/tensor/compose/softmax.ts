/**
 * Softmax and normalisations: every step in float32, one rounding at the end. What is divided by is multiplied by as a rounded reciprocal.
 */
import type { Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { log } from './exponential';
import { mean, moments, reduce, shiftOf } from './reductions';
import { broadcastTo, padAxis } from './shapes';
import { float } from './steps';

/** x less the largest of its row, which no gradient goes through, and the sum of the exponentials, with the axis kept. */
function shifted(x: Node, axis: number): { readonly near: Node; readonly total: (powers: Node) => Node } {
  const near = float('subtract', x, broadcastTo(shiftOf(x, [axis]), x.shape));
  return { near, total: (powers) => reduce(powers, 'add', { axes: [axis], keepDims: true }) };
}

export function softmax(x: Node, axis = x.shape.length - 1, dtype: Dtype = x.dtype): Node {
  const { near, total } = shifted(x, axis);
  const powers = float('exp', near);
  const share = broadcastTo(float('reciprocal', total(powers)), x.shape);
  return make.map('multiply', [powers, share], dtype);
}

export function logSoftmax(x: Node, axis = x.shape.length - 1, dtype: Dtype = x.dtype): Node {
  const { near, total } = shifted(x, axis);
  return make.map('subtract', [near, broadcastTo(log(total(float('exp', near))), x.shape)], dtype);
}

export interface NormOptions {
  /** The last one, where none are given. */
  readonly axes?: readonly number[] | undefined;
  readonly scale?: Node | undefined;
  readonly offset?: Node | undefined;
  readonly epsilon?: number | undefined;
  readonly dtype?: Dtype | undefined;
}

/** x times `by`, times the scale, plus the offset, of which each may have fewer axes. */
function affine(x: Node, by: Node, { scale, offset }: NormOptions, dtype: Dtype): Node {
  const spread = (part: Node): Node => broadcastTo(part, x.shape);
  const normal = float('multiply', x, spread(by));
  const scaled = scale === undefined ? normal : float('multiply', normal, spread(scale));
  return make.cast(offset === undefined ? scaled : float('add', scaled, spread(offset)), dtype);
}

/** (x - mean) / sqrt(variance + epsilon), by mean and variance in two passes, and GpSimd's rsqrt. */
export function layerNorm(x: Node, options: NormOptions = {}): Node {
  const { axes = [x.shape.length - 1], epsilon = 1e-5, dtype = x.dtype } = options;
  const { mean: middle, variance } = moments(x, axes);
  const inverse = float('rsqrt', float('add', variance, epsilon));
  return affine(float('subtract', x, broadcastTo(middle, x.shape)), inverse, options, dtype);
}

/** x / sqrt(the mean of x^2 + epsilon). */
export function rmsNorm(x: Node, options: NormOptions = {}): Node {
  const { axes = [x.shape.length - 1], epsilon = 1e-5, dtype = x.dtype } = options;
  const squares = mean(float('square', x), { axes, keepDims: true });
  return affine(x, float('rsqrt', float('add', squares, epsilon)), options, dtype);
}

/** With a mean and a variance that are given, of the last axes of x or broadcast to it. */
export function batchNorm(
  x: Node,
  middle: Node,
  variance: Node,
  options: Omit<NormOptions, 'axes'> = {},
): Node {
  const { epsilon = 1e-3, dtype = x.dtype } = options;
  const inverse = float('rsqrt', float('add', variance, epsilon));
  return affine(float('subtract', x, broadcastTo(middle, x.shape)), inverse, options, dtype);
}

export interface ResponseOptions {
  readonly radius?: number | undefined;
  readonly bias?: number | undefined;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly dtype?: Dtype | undefined;
}

/** bias + alpha times the sum of the squares of as many neighbours along the last axis, on either side. */
function crowd(x: Node, { radius = 5, bias = 1, alpha = 1 }: ResponseOptions): Node {
  const axis = x.shape.length - 1;
  const squares = padAxis(float('square', x), axis, radius, radius, 0);
  const total = make.reduce(make.window(squares, axis, 2 * radius + 1), 'add', 1, 'float32');
  return float('add', float('multiply', total, alpha), bias);
}

/** x crowd^-beta. */
export const responseNorm = (x: Node, options: ResponseOptions = {}): Node =>
  make.cast(
    float('multiply', x, float('power', crowd(x, options), -(options.beta ?? 0.5))),
    options.dtype ?? x.dtype,
  );

/** What a gradient of `responseNorm` makes of x: its own part, and that of the neighbours in whose crowd it is. */
export function responseNormGradient(g: Node, x: Node, options: ResponseOptions = {}): Node {
  const { radius = 5, alpha = 1, beta = 0.5, dtype = x.dtype } = options;
  const axis = x.shape.length - 1;
  const base = crowd(x, options);
  const own = float('multiply', g, float('power', base, -beta));
  const part = float('multiply', float('multiply', g, x), float('power', base, -beta - 1));
  const near = make.window(padAxis(part, axis, radius, radius, 0), axis, 2 * radius + 1);
  const others = float(
    'multiply',
    float('multiply', x, make.reduce(near, 'add', 1, 'float32')),
    -2 * alpha * beta,
  );
  return make.cast(float('add', own, others), dtype);
}
