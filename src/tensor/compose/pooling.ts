/** Pooling of [N, ...spatial, C] by windows along the spatial axes: largest, smallest and average, and their gradients. */
import type { Dtype } from '../../numerics';
import { make, type Node, type Shape } from '../graph';
import { sum } from './reductions';
import { broadcastTo } from './shapes';
import { reaching, spatialAxes, windows, type Spatial, type SpatialAxis } from './spatial';
import { choose, float, judge } from './steps';

export interface PoolOptions extends Spatial {
  readonly taps: readonly number[];
  readonly dtype?: Dtype | undefined;
}

export interface AverageOptions extends PoolOptions {
  /** Whether padding counts as zeros that were averaged. */
  readonly countPadding?: boolean | undefined;
}

const axesFor = (shape: Shape, { taps, ...options }: PoolOptions): readonly SpatialAxis[] =>
  spatialAxes(shape.slice(1, -1), taps, options);

/** [N, positions..., C, taps...] of windows [N, positions..., taps..., C]. */
const tapsLast = (cut: Node, spatial: number): Node => {
  const order = [...cut.shape.keys()];
  const [lead, taps] = [order.slice(0, spatial + 1), order.slice(spatial + 1, 2 * spatial + 1)];
  return make.permute(cut, [...lead, 2 * spatial + 1, ...taps]);
};

/** Padding never wins: it is -infinity for a maximum and +infinity for a minimum. */
const extreme =
  (reduction: 'maximum' | 'minimum', padding: number) =>
  (x: Node, options: PoolOptions): Node => {
    const cut = windows(x, axesFor(x.shape, options), padding);
    return make.reduce(
      tapsLast(cut, options.taps.length),
      reduction,
      options.taps.length,
      options.dtype ?? x.dtype,
    );
  };

export const maxPool = extreme('maximum', -Infinity);
export const minPool = extreme('minimum', Infinity);

/** int32: which tap of each window is the largest, the first of several, taps counted row-major. */
export function maxPoolTaps(x: Node, options: PoolOptions): Node {
  const cut = windows(x, axesFor(x.shape, options), -Infinity);
  return make.reduce(tapsLast(cut, options.taps.length), 'argmaximum', options.taps.length, 'int32');
}

/** How many elements of x lie in each window, [1, ...positions, 1], as the rounded reciprocal. */
function shares(shape: Shape, axes: readonly SpatialAxis[], countPadding: boolean): Node {
  const padded = axes.some(({ edges }) => edges[0] > 0 || edges[1] > 0);
  const taps = axes.reduce((product, axis) => product * axis.taps, 1);
  if (countPadding || !padded)
    return make.fill([1, ...axes.map(({ positions }) => positions), 1], 'float32', Math.fround(1 / taps));
  const ones = make.fill([1, ...shape.slice(1, -1), 1], 'float32', 1);
  return float(
    'reciprocal',
    make.reduce(tapsLast(windows(ones, axes, 0), axes.length), 'add', axes.length, 'float32'),
  );
}

/** The sum times the rounded reciprocal of the count. */
export function averagePool(x: Node, { countPadding = false, ...options }: AverageOptions): Node {
  const axes = axesFor(x.shape, options);
  const total = make.reduce(tapsLast(windows(x, axes, 0), axes.length), 'add', axes.length, 'float32');
  const share = broadcastTo(shares(x.shape, axes, countPadding), total.shape);
  return make.map('multiply', [total, share], options.dtype ?? x.dtype);
}

/** Every element of x gets its share of the gradients of the windows that it lies in. */
export function averagePoolGradient(
  g: Node,
  inputShape: Shape,
  { countPadding = false, ...options }: AverageOptions,
): Node {
  const axes = axesFor(inputShape, options);
  const share = float('multiply', g, broadcastTo(shares(inputShape, axes, countPadding), g.shape));
  const reached = tapsLast(reaching(share, axes, 0), axes.length);
  return make.reduce(reached, 'add', axes.length, options.dtype ?? g.dtype);
}

/** The gradient of each window goes to its largest element, the first of several. */
export function maxPoolGradient(g: Node, x: Node, options: PoolOptions): Node {
  const axes = axesFor(x.shape, options);
  const taps = make.cast(maxPoolTaps(x, options), 'float32');
  const [gradients, chosen] = [reaching(g, axes, 0), reaching(taps, axes, -1)].map((node) =>
    tapsLast(node, axes.length),
  ) as [Node, Node];
  const shape = axes.map((axis) => axis.taps);
  // Taps come in falling order: place i of the last axes is tap count - 1 - i.
  const count = shape.reduce((product, extent) => product * extent, 1);
  const order = make.reshape(float('subtract', count - 1, make.iota([count], 0)), shape);
  const here = judge('equal', chosen, broadcastTo(order, chosen.shape));
  return make.reduce(choose(here, gradients, 0), 'add', axes.length, options.dtype ?? g.dtype);
}

/** Of all spatial elements. */
export const globalAverage = (x: Node, dtype: Dtype = x.dtype): Node => {
  const axes = [...x.shape.keys()].slice(1, -1);
  const count = axes.reduce((product, axis) => product * make.extentOf(x, axis), 1);
  return make.cast(float('multiply', sum(x, { axes, dtype: 'float32' }), 1 / count), dtype);
};
