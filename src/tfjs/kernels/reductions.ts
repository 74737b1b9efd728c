/** Kernels that join elements along axes, and running totals. */
import {
  util,
  type AllAttrs,
  type AllInputs,
  type ArgMaxAttrs,
  type ArgMaxInputs,
  type CumsumAttrs,
  type CumsumInputs,
  type MaxAttrs,
  type MaxInputs,
  type SoftmaxAttrs,
  type SoftmaxInputs,
  type SumAttrs,
  type SumInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, type Node, type Reduction } from '../../tensor/graph';
import { bool, float, int, kernel, nodeFormat, type Kernel, type KernelTable, type Real } from '../kernel';
import { converted, withoutNan } from './unary';

const axesOf = (axis: number | number[] | null, x: Real): number[] =>
  util.parseAxisParam(axis as number | number[], [...x.shape]);

/** Of truth values, as int32. */
const numbersOf = (x: Real): { readonly dtype: 'float32' | 'int32'; readonly node: Node } =>
  x.dtype === 'bool'
    ? { dtype: 'int32', node: make.cast(x.node, 'int32') }
    : { dtype: x.dtype, node: x.node };

const totals = (reduction: Reduction): Kernel =>
  kernel<SumInputs, SumAttrs>(({ x }, { axis, keepDims }) => {
    const { dtype, node } = numbersOf(x);
    return {
      dtype,
      node: compose.reduce(node, reduction, { axes: axesOf(axis, x), keepDims, dtype: nodeFormat(dtype) }),
    };
  });

const extremes = (reduction: Reduction, x: Real, axis: number | number[], keepDims: boolean) =>
  ({ dtype: x.dtype, node: compose.reduce(x.node, reduction, { axes: axesOf(axis, x), keepDims }) }) as const;

const judged = (fn: typeof compose.all): Kernel =>
  kernel<AllInputs, AllAttrs>(({ x }, { axis, keepDims }) =>
    bool(fn(x.node, { axes: axesOf(axis, x), keepDims })),
  );

/** NaN is passed over, as by tfjs. */
const places = (reduction: 'argmaximum' | 'argminimum', least: number): Kernel =>
  kernel<ArgMaxInputs, ArgMaxAttrs>(({ x }, { axis }) => {
    const node = withoutNan(x.node, least);
    return int(compose.reduce(node, reduction, { axes: axesOf(axis, x).slice(0, 1), dtype: 'int32' }));
  });

const running = (fn: typeof compose.cumsum): Kernel =>
  kernel<CumsumInputs, CumsumAttrs>(({ x }, { axis, exclusive, reverse }) => {
    const { dtype, node } = numbersOf(x);
    const [along = 0] = axesOf(axis, x);
    return { dtype, node: fn(node, along, { exclusive, reverse }) };
  });

const MEAN = kernel<SumInputs, SumAttrs>(({ x }, { axis, keepDims }) => {
  const { node } = converted(x.node, x.dtype, 'float32');
  return float(compose.mean(node, { axes: axesOf(axis, x), keepDims }));
});

const SOFTMAX = kernel<SoftmaxInputs, SoftmaxAttrs>(({ logits }, { dim }) => {
  const { node } = converted(logits.node, logits.dtype, 'float32');
  const axes = axesOf(dim, logits);
  const spread = (x: Node): Node => compose.broadcastTo(x, node.shape);
  const largest = spread(compose.max(node, { axes, keepDims: true }));
  const powers = compose.exp(make.map('subtract', [node, largest], 'float32'));
  return float(compose.divide(powers, spread(compose.sum(powers, { axes, keepDims: true }))));
});

export const REDUCTIONS: KernelTable = {
  All: judged(compose.all),
  Any: judged(compose.any),
  ArgMax: places('argmaximum', -Infinity),
  ArgMin: places('argminimum', Infinity),
  Cumprod: running(compose.cumprod),
  Cumsum: running(compose.cumsum),
  Max: kernel<MaxInputs, MaxAttrs>(({ x }, { reductionIndices, keepDims }) =>
    extremes('maximum', x, reductionIndices, keepDims),
  ),
  Mean: MEAN,
  Min: kernel<SumInputs, SumAttrs>(({ x }, { axis, keepDims }) => extremes('minimum', x, axis, keepDims)),
  Prod: totals('multiply'),
  Softmax: SOFTMAX,
  Sum: totals('add'),
};
