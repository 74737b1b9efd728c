/** Normalisation by given moments, and across neighbouring channels. */
import type {
  FusedBatchNormAttrs,
  FusedBatchNormInputs,
  LRNAttrs,
  LRNGradAttrs,
  LRNGradInputs,
  LRNInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, type MapFunction, type Node } from '../../tensor/graph';
import { float, kernel, type KernelTable } from '../kernel';

/** In float32; numbers and smaller shapes are broadcast to the first operand's. */
function applied(fn: MapFunction, x: Node, other: Node | number): Node {
  const y =
    typeof other === 'number' ? make.fill(x.shape, 'float32', other) : compose.broadcastTo(other, x.shape);
  return make.map(fn, [x, y], 'float32');
}

/** tfjs-core may leave out more than its types say. */
type BatchNormInputs = Omit<FusedBatchNormInputs, 'scale' | 'offset'> & {
  readonly scale?: TensorInfo;
  readonly offset?: TensorInfo;
};

const BATCH_NORM = kernel<BatchNormInputs, Partial<FusedBatchNormAttrs>>((inputs, attrs) => {
  const { x, mean, variance, scale, offset } = inputs;
  for (const [name, other] of Object.entries({ variance, offset, scale }))
    if (other !== undefined && other.shape.length !== mean.shape.length)
      throw new Error(`Batch normalization requires mean and ${name} to have equal ranks.`);
  const { varianceEpsilon = 0.001 } = attrs;
  const inverse = compose.rsqrt(applied('add', variance.node, varianceEpsilon));
  const centered = applied('multiply', applied('subtract', x.node, mean.node), inverse);
  const scaled = scale === undefined ? centered : applied('multiply', centered, scale.node);
  return float(offset === undefined ? scaled : applied('add', scaled, offset.node));
});

/** Sums over the channels that are no further away than the radius. */
function neighbourSums(x: Node, radius: number): Node {
  const axis = x.shape.length - 1;
  if (radius === 0) return x;
  const padded = compose.padAxis(x, axis, radius, radius, 0);
  return make.reduce(make.window(padded, axis, 2 * radius + 1), 'add', 1, 'float32');
}

/** bias + alpha times the sum of squares. */
const scaleOf = (x: Node, { depthRadius, bias, alpha }: LRNAttrs): Node =>
  applied('add', applied('multiply', neighbourSums(applied('multiply', x, x), depthRadius), alpha), bias);

const LRN = kernel<LRNInputs, LRNAttrs>(({ x }, attrs) => {
  const { node } = x;
  return float(applied('multiply', node, applied('power', scaleOf(node, attrs), -attrs.beta)));
});

const LRN_GRAD = kernel<LRNGradInputs, LRNGradAttrs>(({ x, y, dy }, attrs) => {
  const [node, gradient] = [x.node, dy.node];
  const scale = scaleOf(node, attrs);
  const own = applied('multiply', gradient, applied('power', scale, -attrs.beta));
  const shared = compose.divide(applied('multiply', y.node, gradient), scale);
  const others = applied('multiply', node, neighbourSums(shared, attrs.depthRadius));
  return float(applied('subtract', own, applied('multiply', others, 2 * attrs.alpha * attrs.beta)));
});

export const NORMALIZATION: KernelTable = { FusedBatchNorm: BATCH_NORM, LRN, LRNGrad: LRN_GRAD };
