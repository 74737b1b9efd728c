/** Products of matrices by passes of the Tensor engine, with what is fused to them; of integers exactly, by Vector instructions. */
import {
  backend_util,
  type BatchMatMulAttrs,
  type BatchMatMulInputs,
  type EinsumAttrs,
  type EinsumInputs,
  type TensorInfo,
  type _FusedMatMulAttrs,
  type _FusedMatMulInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, type Node } from '../../tensor/graph';
import { kernel, nodeFormat, type KernelTable, type RealResult } from '../kernel';
import type { FloatFormat } from '../values';
import { activated } from './activation';

export interface Transposition {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const swapped = (x: Node): Node => compose.moveAxis(x, x.shape.length - 1, x.shape.length - 2);

/** Floats in the format of the mode, which is what they came from, with float32 out. */
export const floatProduct = (a: Node, b: Node, format: FloatFormat): Node =>
  compose.matmul(make.cast(a, format), make.cast(b, format), 'float32');

/** The engine takes no integers of 32 bits: all products, and their sums. */
function wholeProduct(a: Node, b: Node): Node {
  const rows = compose.expand(a, a.shape.length - 1);
  const columns = compose.expand(swapped(b), b.shape.length - 2);
  const shape = compose.commonShape(rows.shape, columns.shape) ?? [];
  const spread = (x: Node): Node => compose.broadcastTo(x, shape);
  const products = make.map('multiply', [spread(rows), spread(columns)], 'int32');
  return make.reduce(products, 'add', 1, 'int32');
}

function multiplied(
  a: RealResult,
  b: RealResult,
  { transposeA, transposeB }: Transposition,
  format: FloatFormat,
): RealResult {
  const x = transposeA ? swapped(a.node) : a.node;
  const y = transposeB ? swapped(b.node) : b.node;
  const whole = a.dtype === 'int32' && b.dtype === 'int32';
  return whole
    ? { dtype: 'int32', node: wholeProduct(x, y) }
    : { dtype: 'float32', node: floatProduct(x, y, format) };
}

function checkShapes(a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: Transposition): void {
  backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [inner, depth] = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  if (inner !== depth)
    throw new Error(
      `Error in matMul: inner shapes (${inner ?? 1}) and (${depth ?? 1}) of Tensors with shapes ${a.shape.join()} and ${b.shape.join()} and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
    );
}

const BATCH_MATMUL = kernel<BatchMatMulInputs, BatchMatMulAttrs>(({ a, b }, attrs, context) => {
  checkShapes(a.info, b.info, attrs);
  return multiplied(a, b, attrs, context.float);
});

const FUSED_MATMUL = kernel<_FusedMatMulInputs, _FusedMatMulAttrs>(
  ({ a, b, bias, preluActivationWeights }, attrs, context) => {
    checkShapes(a.info, b.info, attrs);
    const { dtype, node } = multiplied(a, b, attrs, context.float);
    return { dtype, node: activated(node, attrs, bias?.node, preluActivationWeights?.node) };
  },
);

const EINSUM = kernel<EinsumInputs, EinsumAttrs>((tensors, { equation }, context) => {
  const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors.map(({ info }) => info) as never);
  const labels = compose.equationOf(
    equation,
    tensors.map(({ shape }) => shape.length),
  );
  const [{ dtype } = { dtype: 'float32' }] = tensors;
  const operand = ({ node }: RealResult): Node =>
    dtype === 'float32' ? make.cast(node, context.float) : node;
  const real = dtype === 'int32' ? 'int32' : 'float32';
  return { dtype: real, node: compose.einsum(labels, tensors.map(operand), nodeFormat(real)) };
});

export const MATMUL: KernelTable = {
  BatchMatMul: BATCH_MATMUL,
  Einsum: EINSUM,
  _FusedMatMul: FUSED_MATMUL,
};
