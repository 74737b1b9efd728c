/** Images seen through projective maps: where each pixel of the result comes from, and what lies there. */
import type { TransformAttrs, TransformInputs } from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { choose, float, judge, whole } from '../../tensor/compose/steps';
import { make, type Node } from '../../tensor/graph';
import { kernel, nodeFormat, type KernelTable } from '../kernel';

const times = (x: Node, y: Node | number): Node => float('multiply', x, y);
const plus = (x: Node, y: Node | number): Node => float('add', x, y);
const over = (x: Node, y: number): Node => compose.divide(x, make.fill(x.shape, 'float32', y));
const within = (x: Node, extent: number): Node => float('minimum', float('maximum', x, 0), extent - 1);

/** Places outside of an axis, as the mode has them: afterwards they are kept within. */
const FOLDED: Readonly<Record<TransformAttrs['fillMode'], (x: Node, extent: number) => Node>> = {
  constant: (x) => x,
  nearest: within,
  reflect(x, extent) {
    const period = 2 * extent;
    const turns = (y: Node): Node => times(float('trunc', over(y, period)), period);
    const below = plus(x, turns(float('negate', x)));
    const above = float('subtract', x, turns(x));
    const low = choose(judge('less', below, -extent), plus(below, period), float('subtract', -1, below));
    const high = choose(judge('greater_equal', above, extent), float('subtract', period - 1, above), above);
    return within(sides(x, extent, low, high), extent);
  },
  wrap(x, extent) {
    const turns = (y: Node): Node => float('trunc', over(y, Math.max(extent - 1, 1)));
    const low = plus(x, times(plus(turns(float('negate', x)), 1), extent));
    const high = float('subtract', x, times(turns(x), extent));
    return within(sides(x, extent, low, high), extent);
  },
};

/** One thing before the axis, another after it, and x itself on it. */
const sides = (x: Node, extent: number, low: Node, high: Node): Node =>
  choose(judge('less', x, 0), low, choose(judge('greater', x, extent - 1), high, x));

/** Pixels [N, H, W, C] at whole places [N, height, width], and the fill value outside. */
function reader(image: Node, fill: number): (x: Node, y: Node) => Node {
  const [n = 0, h = 0, w = 0, c = 0] = image.shape;
  const pixels = make.reshape(image, [n * h * w, c]);
  return (x, y) => {
    const place = (at: Node, extent: number): Node => make.cast(within(at, extent), 'int32');
    const rows = whole('add', whole('multiply', make.iota(y.shape, 0), h), place(y, h));
    const found = compose.take(pixels, whole('add', whole('multiply', rows, w), place(x, w)), 0, {
      outside: 'clamp',
    });
    const on = (at: Node, extent: number): Node => judge('equal', within(at, extent), at);
    return choose(spread(judge('logical_and', on(x, w), on(y, h)), c), found, fill);
  };
}

const spread = (x: Node, channels: number): Node =>
  make.broadcast(compose.expand(x, 3), [...x.shape, channels]);

const rounded = (x: Node): Node => float('floor', plus(x, 0.5));

type Interpolation = (read: (x: Node, y: Node) => Node, x: Node, y: Node, channels: number) => Node;

const INTERPOLATED: Readonly<Record<TransformAttrs['interpolation'], Interpolation>> = {
  nearest: (read, x, y) => read(rounded(x), rounded(y)),
  bilinear(read, x, y, channels) {
    const [left, top] = [float('floor', x), float('floor', y)];
    const mix = (low: Node, high: Node, share: Node): Node =>
      plus(times(float('subtract', 1, share), low), times(share, high));
    const across = spread(float('subtract', x, left), channels);
    const row = (at: Node): Node => mix(read(left, at), read(plus(left, 1), at), across);
    return mix(row(top), row(plus(top, 1)), spread(float('subtract', y, top), channels));
  },
};

const TRANSFORM = kernel<TransformInputs, TransformAttrs>(({ image, transforms }, attrs) => {
  const { interpolation, fillMode, fillValue, outputShape } = attrs;
  const [n = 0, h = 0, w = 0, c = 0] = image.shape;
  const shape = [n, ...(outputShape ?? [h, w])];
  const maps = transforms.node;
  const parameter = (i: number): Node => {
    const column = compose.sliceAxis(maps, 1, i, 1);
    return make.broadcast(make.reshape(column, [make.extentOf(maps, 0), 1, 1]), [
      make.extentOf(maps, 0),
      ...shape.slice(1),
    ]);
  };
  const every = (i: number): Node => make.broadcast(parameter(i), shape);
  const [column, row] = [make.iota(shape, 2), make.iota(shape, 1)];
  const combined = (first: number, rest: Node | number): Node =>
    plus(plus(times(every(first), column), times(every(first + 1), row)), rest);
  const projection = combined(6, 1);
  const from = (first: number, extent: number): Node =>
    FOLDED[fillMode](compose.divide(combined(first, every(first + 2)), projection), extent);
  const read = reader(make.cast(image.node, 'float32'), fillValue);
  const value = INTERPOLATED[interpolation](read, from(0, w), from(3, h), c);
  // Where the projection is 0 the place is infinitely far.
  const node = choose(spread(judge('equal', projection, 0), c), fillValue, value);
  return { dtype: image.dtype, node: make.cast(node, nodeFormat(image.dtype)) };
});

export const TRANSFORMS: KernelTable = { Transform: TRANSFORM };
