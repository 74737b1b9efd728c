/** Activation functions of neural nets; those that the Scalar engine has are one instruction. */
import type { Dtype } from '../../numerics';
import { make, type MapFunction, type Node } from '../graph';
import { expm1 } from './exponential';
import { together } from './shapes';
import { choose, float, judge } from './steps';

const scalar =
  (fn: MapFunction) =>
  (x: Node, dtype: Dtype = x.dtype): Node =>
    make.map(fn, [x], dtype);

export const sigmoid = scalar('sigmoid');
export const softplus = scalar('softplus');
export const gelu = scalar('gelu');
/** By the hyperbolic tangent. */
export const geluTanh = scalar('gelu_apprx_tanh');
/** By sigmoid(1.702 x). */
export const geluSigmoid = scalar('gelu_apprx_sigmoid');
export const silu = scalar('silu');
export const mish = scalar('mish');
export const relu = scalar('relu');

export const relu6 = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(float('minimum', float('relu', x), 6), dtype);

/** x where it is not negative, else alpha (exp x - 1). */
export function elu(x: Node, alpha = 1, dtype: Dtype = x.dtype): Node {
  const wide = make.cast(x, 'float32');
  const bend = expm1(float('minimum', wide, 0));
  return make.cast(choose(judge('greater_equal', wide, 0), wide, float('multiply', bend, alpha)), dtype);
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

export const selu = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(float('multiply', elu(x, SELU_ALPHA, 'float32'), SELU_SCALE), dtype);

export const leakyRelu = (x: Node, slope = 0.2, dtype: Dtype = x.dtype): Node =>
  make.cast(choose(judge('greater_equal', x, 0), x, float('multiply', x, slope)), dtype);

export function prelu(x: Node, slope: Node, dtype: Dtype = x.dtype): Node {
  const [a, b] = together(x, slope);
  return make.cast(choose(judge('greater_equal', a, 0), a, float('multiply', a, b)), dtype);
}

/** (x + 3) / 6 within 0 and 1. */
export const hardSigmoid = (x: Node, dtype: Dtype = x.dtype): Node => {
  const line = float('multiply', float('add', x, 3), 1 / 6);
  return make.cast(float('minimum', float('relu', line), 1), dtype);
};

export const hardSwish = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(float('multiply', x, hardSigmoid(x, 'float32')), dtype);

/** x / (1 + |x|). */
export const softsign = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(float('multiply', x, float('reciprocal', float('add', float('abs', x), 1))), dtype);
