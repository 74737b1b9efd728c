/** Functions of the elements of several tensors, which are broadcast. */
import {
  upcastType,
  type AddNInputs,
  type BinaryInputs,
  type EluGradInputs,
  type PreluInputs,
  type SelectInputs,
} from '@tensorflow/tfjs-core';
import type { Dtype } from '../../numerics';
import * as compose from '../../tensor/compose';
import { make, type MapFunction, type Node } from '../../tensor/graph';
import {
  bool,
  float,
  int,
  kernel,
  mixedKernel,
  nodeFormat,
  type Complex,
  type ComplexResult,
  type Kernel,
  type KernelTable,
} from '../kernel';
import { isReal } from '../values';
import { converted } from './unary';

/** Broadcast by tfjs's rule, which is NumPy's. */
function together(a: Node, b: Node): readonly [Node, Node] {
  const shape = compose.commonShape(a.shape, b.shape);
  if (shape === undefined)
    throw new Error(
      `Operands could not be broadcast together with shapes ${a.shape.join()} and ${b.shape.join()}.`,
    );
  return [compose.broadcastTo(a, shape), compose.broadcastTo(b, shape)];
}

/** The type of the first, which tfjs-core has given both. */
const alike = (fn: (a: Node, b: Node, dtype: Dtype) => Node): Kernel =>
  kernel<BinaryInputs>(({ a, b }) => ({
    dtype: a.dtype,
    node: fn(...together(a.node, b.node), nodeFormat(a.dtype)),
  }));

const mapped =
  (fn: MapFunction) =>
  (a: Node, b: Node, dtype: Dtype): Node =>
    make.map(fn, [a, b], dtype);

const floats = (fn: (a: Node, b: Node, dtype: Dtype) => Node): Kernel =>
  kernel<BinaryInputs>(({ a, b }) => float(fn(...together(a.node, b.node), 'float32')));

const flags = (fn: MapFunction): Kernel =>
  kernel<BinaryInputs>(({ a, b }) => bool(make.map(fn, together(a.node, b.node), 'uint8')));

type ComplexFunction = (a: ComplexResult, b: ComplexResult) => readonly [Node, Node];

/** A function of complex numbers too. */
const withComplex = (fn: MapFunction, complex: ComplexFunction): Kernel =>
  mixedKernel<BinaryInputs>(({ a, b }) => {
    if (a.dtype === 'complex64' && b.dtype === 'complex64') {
      const [real, imag] = complex(parted(a), parted(b));
      return { dtype: 'complex64', real, imag };
    }
    if (!('node' in a && 'node' in b))
      throw new Error(`${fn} takes no tensors of ${a.dtype} and ${b.dtype}.`);
    return { dtype: a.dtype, node: make.map(fn, together(a.node, b.node), nodeFormat(a.dtype)) };
  });

const parted = ({ dtype, real, imag }: Complex): ComplexResult => ({ dtype, real, imag });

const onFloats = (fn: MapFunction, a: Node, b: Node): Node => make.map(fn, together(a, b), 'float32');

const byParts =
  (fn: MapFunction): ComplexFunction =>
  (a, b) => [onFloats(fn, a.real, b.real), onFloats(fn, a.imag, b.imag)];

const product: ComplexFunction = (a, b) => {
  const times = (x: Node, y: Node): Node => onFloats('multiply', x, y);
  return [
    make.map('subtract', [times(a.real, b.real), times(a.imag, b.imag)], 'float32'),
    make.map('add', [times(a.real, b.imag), times(a.imag, b.real)], 'float32'),
  ];
};

const ADD_N = kernel<AddNInputs>((inputs) => {
  const [first, ...rest] = inputs;
  if (first === undefined) throw new Error('AddN needs a tensor.');
  const dtype = nodeFormat(first.dtype);
  return {
    dtype: first.dtype,
    node: rest.reduce((sum, { node }) => make.map('add', [sum, node], dtype), first.node),
  };
});

/** A condition of one axis chooses whole rows. */
const SELECT = kernel<SelectInputs>(({ condition, t, e }) => {
  const dtype = upcastType(t.dtype, e.dtype);
  if (!isReal(dtype)) throw new Error(`Select gives no tensor of ${dtype}.`);
  const rows = condition.shape.length === 1 && t.shape.length > 1;
  const shape = rows ? [...condition.shape, ...t.shape.slice(1).map(() => 1)] : condition.shape;
  const sides = [t, e].map((side) => converted(side.node, side.dtype, dtype).node);
  const flag = compose.broadcastTo(make.reshape(condition.node, shape), t.shape);
  return { dtype, node: make.map('select', [flag, ...sides], nodeFormat(dtype)) };
});

/** dy times what Elu's slope is: 1, or y + 1 where y is negative. */
const ELU_GRAD = kernel<EluGradInputs>(({ dy, y }) => {
  const [given, value] = [dy.node, y.node];
  const zero = make.fill(y.shape, 'float32', 0);
  const slope = make.map(
    'add',
    [make.map('minimum', [value, zero], 'float32'), make.fill(y.shape, 'float32', 1)],
    'float32',
  );
  return float(make.map('multiply', [given, slope], 'float32'));
});

export const BINARY: KernelTable = {
  Add: withComplex('add', byParts('add')),
  AddN: ADD_N,
  Atan2: floats(compose.atan2),
  BitwiseAnd: alike(mapped('bitwise_and')),
  EluGrad: ELU_GRAD,
  Equal: flags('equal'),
  FloorDiv: kernel<BinaryInputs>(({ a, b }) => {
    const [x, y] = together(a.node, b.node);
    return a.dtype === 'int32'
      ? int(compose.floorDivide(x, y, 'int32'))
      : converted(compose.floorDivide(x, y, 'float32'), 'float32', 'int32');
  }),
  Greater: flags('greater'),
  GreaterEqual: flags('greater_equal'),
  Less: flags('less'),
  LessEqual: flags('less_equal'),
  LogicalAnd: flags('logical_and'),
  LogicalOr: flags('logical_or'),
  Maximum: alike(mapped('maximum')),
  Minimum: alike(mapped('minimum')),
  Mod: alike(compose.mod),
  Multiply: withComplex('multiply', product),
  NotEqual: flags('not_equal'),
  Pow: alike(compose.power),
  Prelu: kernel<PreluInputs>(({ x, alpha }) =>
    float(compose.prelu(...together(x.node, alpha.node), 'float32')),
  ),
  RealDiv: floats(compose.divide),
  Select: SELECT,
  SquaredDifference: alike(compose.squaredDifference),
  Sub: withComplex('subtract', byParts('subtract')),
};
