/** Dilation: the largest sum of an image and a filter in each window, and what it hands back to the first largest. */
import {
  backend_util,
  type Dilation2DAttrs,
  type Dilation2DBackpropFilterInputs,
  type Dilation2DInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { windows } from '../../tensor/compose/spatial';
import { choose, float as floatMap, judge } from '../../tensor/compose/steps';
import { make, type Node } from '../../tensor/graph';
import { float, kernel, type KernelTable, type Real } from '../kernel';
import { pulledBack } from './pullback';
import { spatial2D } from './spatial';

/** [N, positions, positions, taps, taps, C] of an image. */
function cutter(x: Real, filter: Real, { strides, pad, dilations }: Dilation2DAttrs): (image: Node) => Node {
  const info = backend_util.computeDilation2DInfo(
    [...x.shape] as [number, number, number, number],
    [...filter.shape] as [number, number, number],
    strides,
    pad,
    'NHWC',
    dilations,
  );
  const { taps, ...how } = spatial2D(info);
  const axes = compose.spatialAxes(x.shape.slice(1, -1), taps, how);
  return (image) => windows(image, axes, -Infinity);
}

/** [N, positions, positions, C, taps, taps]. */
const tapsLast = (cut: Node): Node => make.permute(cut, [0, 1, 2, 5, 3, 4]);

const sums = (cut: Node, filter: Node): Node =>
  tapsLast(floatMap('add', cut, compose.broadcastTo(filter, cut.shape)));

/** The gradient where the largest sum is, and zeros: [N, positions, positions, taps, taps, C]. */
function handedBack(cut: Node, filter: Node, gradient: Node): Node {
  const all = sums(cut, filter);
  const [taps, across] = all.shape.slice(-2) as [number, number];
  const spread = (x: Node): Node => make.broadcast(make.reshape(x, [...x.shape, 1, 1]), all.shape);
  const places = make.reshape(make.iota([taps * across], 0), [taps, across]);
  const chosen = spread(make.reduce(all, 'argmaximum', 2, 'int32'));
  const here = judge('equal', compose.broadcastTo(places, all.shape), chosen);
  return make.permute(choose(here, spread(gradient), 0), [0, 1, 2, 4, 5, 3]);
}

export const MORPHOLOGY: KernelTable = {
  Dilation2D: kernel<Dilation2DInputs, Dilation2DAttrs>(({ x, filter }, attrs) => {
    const cut = cutter(x, filter, attrs)(x.node);
    return float(make.reduce(sums(cut, filter.node), 'maximum', 2, 'float32'));
  }),
  Dilation2DBackpropFilter: kernel<Dilation2DBackpropFilterInputs, Dilation2DAttrs>(
    ({ x, filter, dy }, attrs) => {
      const parts = handedBack(cutter(x, filter, attrs)(x.node), filter.node, dy.node);
      return float(make.reduce(make.permute(parts, [3, 4, 5, 0, 1, 2]), 'add', 3, 'float32'));
    },
  ),
  Dilation2DBackpropInput: kernel<Dilation2DBackpropFilterInputs, Dilation2DAttrs>(
    ({ x, filter, dy }, attrs) => {
      const [image, cut] = [x.node, cutter(x, filter, attrs)];
      return float(pulledBack(image, cut, handedBack(cut(image), filter.node, dy.node)));
    },
  ),
};
