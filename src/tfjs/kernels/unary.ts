/** Functions of one tensor's elements. */
import {
  util,
  type CastAttrs,
  type ClipByValueAttrs,
  type DataType,
  type FillAttrs,
  type LeakyReluAttrs,
  type StepAttrs,
  type UnaryInputs,
} from '@tensorflow/tfjs-core';
import type { Dtype } from '../../numerics';
import * as compose from '../../tensor/compose';
import { make, type Node } from '../../tensor/graph';
import {
  bool,
  float,
  kernel,
  mixedKernel,
  nodeFormat,
  same,
  type Kernel,
  type KernelTable,
  type RealResult,
  type Result,
} from '../kernel';
import { isReal, type RealType } from '../values';

/** float32 of any numbers. */
const floats = (fn: (x: Node, dtype: Dtype) => Node): Kernel =>
  kernel<UnaryInputs>(({ x }) => float(fn(x.node, 'float32')));

/** The type of the input, exactly. */
const alike = (fn: (x: Node, dtype: Dtype) => Node): Kernel =>
  kernel<UnaryInputs>(({ x }) => ({ dtype: x.dtype, node: fn(x.node, nodeFormat(x.dtype)) }));

const flags = (fn: (x: Node) => Node): Kernel => kernel<UnaryInputs>(({ x }) => bool(fn(x.node)));

/** Of floats towards zero; true is 1, and what is not 0 is true. */
export function converted(x: Node, from: RealType, to: RealType): RealResult {
  if (to === 'bool') return bool(make.map('not_equal', [x, make.fill(x.shape, x.dtype, 0)], 'uint8'));
  const whole = to === 'int32' && from === 'float32' ? make.map('trunc', [x], 'float32') : x;
  return { dtype: to, node: make.cast(whole, nodeFormat(to)) };
}

/** Another number in the place of NaN. */
export function withoutNan(node: Node, instead: number): Node {
  if (node.dtype !== 'float32') return node;
  const fill = make.fill(node.shape, 'float32', instead);
  return make.map('select', [compose.isnan(node), fill, node], 'float32');
}

const CAST = mixedKernel<UnaryInputs, CastAttrs>(({ x }, { dtype }): Result => {
  if (x.dtype === dtype) return same(x);
  if (x.dtype === 'string' || !(isReal(dtype) || dtype === 'complex64'))
    throw new Error(`Cast: a tensor of ${x.dtype} is no tensor of ${dtype}.`);
  if (x.dtype === 'complex64') return isReal(dtype) ? converted(x.real, 'float32', dtype) : same(x);
  if (isReal(dtype)) return converted(x.node, x.dtype, dtype);
  const { node } = converted(x.node, x.dtype, 'float32');
  return { dtype, real: node, imag: make.fill(x.shape, 'float32', 0) };
});

/** A tensor of one value. */
export function filled(shape: readonly number[], value: number, dtype: DataType): Result {
  if (dtype === 'complex64')
    return {
      dtype,
      real: make.fill(shape, 'float32', value),
      imag: make.fill(shape, 'float32', 0),
    };
  if (!isReal(dtype)) throw new Error(`A tensor of ${dtype} cannot be filled with ${value}.`);
  return { dtype, node: make.fill(shape, nodeFormat(dtype), value) };
}

/** tfjs-core leaves the type out. */
type Loose<A extends { readonly dtype: unknown }> = Omit<A, 'dtype'> & Partial<Pick<A, 'dtype'>>;

const filledLike = (value: number): Kernel =>
  mixedKernel<UnaryInputs>(({ x }) => filled(x.shape, value, x.dtype));

export const UNARY: KernelTable = {
  Abs: alike((x, dtype) => make.map('abs', [x], dtype)),
  Acos: floats(compose.acos),
  Acosh: floats(compose.acosh),
  Asin: floats(compose.asin),
  Asinh: floats(compose.asinh),
  Atan: floats(compose.atan),
  Atanh: floats(compose.atanh),
  Cast: CAST,
  Ceil: alike((x, dtype) => make.map('ceil', [x], dtype)),
  ClipByValue: kernel<UnaryInputs, ClipByValueAttrs>(({ x }, { clipValueMin, clipValueMax }) => ({
    dtype: x.dtype,
    node: compose.clip(x.node, clipValueMin, clipValueMax),
  })),
  Cos: floats(compose.cos),
  Cosh: floats(compose.cosh),
  Elu: floats((x) => compose.elu(x, 1, 'float32')),
  Erf: floats((x, dtype) => make.map('erf', [x], dtype)),
  Exp: floats(compose.exp),
  Expm1: floats(compose.expm1),
  Fill: kernel<object, Loose<FillAttrs>>((_, { shape, value, dtype = util.inferDtype(value) }) =>
    filled(shape, Number(value), dtype),
  ),
  Floor: alike((x, dtype) => make.map('floor', [x], dtype)),
  IsFinite: flags(compose.isfinite),
  IsInf: flags(compose.isinf),
  IsNan: flags(compose.isnan),
  LeakyRelu: kernel<UnaryInputs, LeakyReluAttrs>(({ x }, { alpha }) =>
    float(compose.leakyRelu(x.node, alpha, 'float32')),
  ),
  Log: floats(compose.log),
  Log1p: floats(compose.log1p),
  LogicalNot: flags(compose.logicalNot),
  Neg: alike((x, dtype) => make.map('negate', [x], dtype)),
  OnesLike: filledLike(1),
  Reciprocal: floats(compose.reciprocal),
  Relu: alike((x, dtype) => make.map('relu', [x], dtype)),
  Relu6: alike(compose.relu6),
  Round: alike(compose.round),
  Rsqrt: floats(compose.rsqrt),
  Selu: floats(compose.selu),
  Sigmoid: floats(compose.sigmoid),
  Sign: kernel<UnaryInputs>(({ x }) => ({
    dtype: x.dtype,
    node: compose.sign(withoutNan(x.node, 0), nodeFormat(x.dtype)),
  })),
  Sin: floats(compose.sin),
  Sinh: floats(compose.sinh),
  Softplus: floats(compose.softplus),
  Sqrt: floats(compose.sqrt),
  Square: alike((x, dtype) => make.map('square', [x], dtype)),
  Step: kernel<UnaryInputs, StepAttrs>(({ x }, { alpha }) =>
    converted(compose.step(x.node, alpha, 'float32'), 'float32', x.dtype),
  ),
  Tan: floats(compose.tan),
  Tanh: floats(compose.tanh),
  ZerosLike: filledLike(0),
};
