/**
 * The functions of the Scalar engine, by their names in nki.language (NKI 0.6.0, SDK 2.32.0). The vendor calls them piecewise polynomials
 * and publishes neither tables nor results: the definitions are ours, their errors measured in docs/functions.md.
 */
import type { ActivationOp } from '../../program';
import { everywhere, within } from './activation';
import type { Activation } from './activation';
import { ARCTAN, HALF_PI, LOG, RECIPROCAL, RSQRT, SIN, SQRT } from './domains';
import { erf, erfSlope, gelu, geluSlope } from './error-function';
import { exp } from './exponential';
import { multiply } from './float32';
import { log } from './logarithm';
import { reciprocal, rsqrt, sqrt } from './roots';
import {
  geluQuick,
  geluQuickSlope,
  geluTanh,
  mish,
  sigmoid,
  silu,
  siluSlope,
  softplus,
  tanh,
} from './sigmoid';
import { arctan, sin } from './trigonometry';

export const ACTIVATIONS = {
  copy: everywhere('x', [-Infinity, Infinity], (x) => x),
  square: everywhere('x²', [Infinity, Infinity], (x) => multiply(x, x)),
  sigmoid: everywhere('1 / (1 + exp(-x))', [0, 1], sigmoid),
  relu: everywhere('x where x > 0, else +0', [0, Infinity], (x) => (x > 0 ? x : 0)),
  gelu: everywhere('x Φ(x), Φ(x) = (1 + erf(x / √2)) / 2', [-0, Infinity], gelu),
  gelu_dx: everywhere('derivative of gelu: Φ(x) + x exp(-x² / 2) / √(2π)', [-0, 1], geluSlope),
  gelu_apprx_tanh: everywhere('x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2', [-0, Infinity], geluTanh),
  gelu_apprx_sigmoid: everywhere('x sigmoid(1.702 x)', [-0, Infinity], geluQuick),
  gelu_apprx_sigmoid_dx: everywhere(
    'derivative of gelu_apprx_sigmoid: s (1 + 1.702 x (1 - s)), s = sigmoid(1.702 x)',
    [-0, 1],
    geluQuickSlope,
  ),
  silu: everywhere('x sigmoid(x)', [-0, Infinity], silu),
  silu_dx: everywhere('derivative of silu: s (1 + x (1 - s)), s = sigmoid(x)', [-0, 1], siluSlope),
  tanh: everywhere('hyperbolic tangent', [-1, 1], tanh),
  softplus: everywhere('log(1 + exp(x))', [0, Infinity], softplus),
  mish: everywhere('x tanh(softplus(x))', [-0, Infinity], mish),
  erf: everywhere('2 / √π times the integral of exp(-t²) from 0 to x', [-1, 1], erf),
  erf_dx: everywhere('derivative of erf: 2 / √π exp(-x²)', [0, 0], erfSlope),
  exp: everywhere('exponential', [0, Infinity], exp),
  sign: everywhere('1, -1, or +0 of either zero', [-1, 1], (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  abs: everywhere('|x|', [Infinity, Infinity], Math.abs),
  log: within('natural logarithm', [NaN, Infinity], LOG, log),
  sin: within('sine, x not reduced', [NaN, NaN], SIN, sin),
  arctan: within('arctangent', [-HALF_PI, HALF_PI], ARCTAN, arctan),
  sqrt: within('√x', [NaN, Infinity], SQRT, sqrt),
  rsqrt: within('1 / √x', [NaN, 0], RSQRT, rsqrt),
  reciprocal: within('1 / x', [-0, 0], RECIPROCAL, reciprocal),
} as const satisfies Record<ActivationOp, Activation>;
