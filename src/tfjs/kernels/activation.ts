/** What tfjs fuses to a product: a bias, then an activation function. */
import * as compose from '../../tensor/compose';
import { make, type Node } from '../../tensor/graph';

export type Activation = 'linear' | 'relu' | 'prelu' | 'elu' | 'relu6' | 'leakyrelu' | 'sigmoid';

export interface Fused {
  readonly activation: Activation;
  readonly leakyreluAlpha?: number;
}

const FUNCTIONS: Readonly<
  Record<Activation, (x: Node, slope: number | undefined, weights: Node | undefined) => Node>
> = {
  linear: (x) => x,
  relu: (x) => make.map('relu', [x], x.dtype),
  relu6: (x) => compose.relu6(x),
  elu: (x) => compose.elu(x),
  sigmoid: (x) => compose.sigmoid(x),
  leakyrelu: (x, slope = 0.2) => compose.leakyRelu(x, slope),
  prelu: (x, _, weights) => {
    if (weights === undefined) throw new Error('The activation prelu needs weights.');
    return compose.prelu(x, weights);
  },
};

/** @param weights of prelu. Bias and weights are broadcast. */
export function activated(
  x: Node,
  { activation, leakyreluAlpha }: Partial<Fused>,
  bias: Node | undefined,
  weights: Node | undefined,
): Node {
  const sum = bias === undefined ? x : make.map('add', [x, compose.broadcastTo(bias, x.shape)], x.dtype);
  const fn = FUNCTIONS[activation ?? 'linear'] as (typeof FUNCTIONS)[Activation] | undefined;
  if (fn === undefined) throw new Error(`There is no fused activation ${String(activation)}.`);
  return fn(sum, leakyreluAlpha, weights);
}
