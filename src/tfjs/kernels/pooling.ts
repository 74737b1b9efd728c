/** Pooling by windows along spatial axes, and its gradients. */
import {
  backend_util,
  type AvgPool3DAttrs,
  type AvgPool3DGradAttrs,
  type AvgPoolAttrs,
  type AvgPoolGradAttrs,
  type AvgPoolGradInputs,
  type AvgPoolInputs,
  type MaxPoolAttrs,
  type MaxPoolGradAttrs,
  type MaxPoolGradInputs,
  type MaxPoolWithArgmaxAttrs,
  type MaxPoolWithArgmaxInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, sameShape, sizeOf, type Node, type Shape } from '../../tensor/graph';
import {
  float,
  int,
  kernel,
  nodeFormat,
  same,
  type Kernel,
  type KernelTable,
  type Real,
  type Result,
} from '../kernel';
import { withoutNan } from './unary';
import { spatial2D, spatial3D, type Windows } from './spatial';

type Attrs2D = AvgPoolGradAttrs & Pick<AvgPoolAttrs, 'dimRoundingMode'>;
type Attrs3D = AvgPool3DGradAttrs & Pick<AvgPool3DAttrs, 'dimRoundingMode'>;

interface Pooling {
  readonly windows: Windows;
  readonly outShape: Shape;
}

function pooling2D(shape: Shape, { filterSize, strides, pad, dimRoundingMode }: Attrs2D): Pooling {
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  return { windows: spatial2D(info), outShape: info.outShape };
}

function pooling3D(shape: Shape, { filterSize, strides, pad, dimRoundingMode }: Attrs3D): Pooling {
  const info = backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  return { windows: spatial3D(info), outShape: info.outShape };
}

/** Windows of one element each are the input; of an axis that is shorter than they are nothing is left. */
function pooled(x: Real, { windows, outShape }: Pooling, fn: (x: Node, windows: Windows) => Node): Result {
  if (windows.taps.every((taps) => taps === 1) && sameShape(x.shape, outShape)) return same(x);
  const { dtype } = x;
  if (sizeOf(outShape) === 0) return { dtype, node: make.fill(outShape, nodeFormat(dtype), 0) };
  return { dtype, node: fn(x.node, windows) };
}

/** NaN is passed over, as by tfjs. */
const comparable = (x: Node): Node => withoutNan(x, -Infinity);
const largest = (x: Node, windows: Windows): Node => compose.maxPool(comparable(x), windows);

/** A window of nothing but padding averages to 0 in three dimensions; in two it is NaN. */
function average3D(x: Node, windows: Windows): Node {
  const one = make.fill(x.shape, 'float32', 1);
  const none = compose.isnan(compose.averagePool(one, windows));
  const average = compose.averagePool(x, windows);
  return make.map('select', [none, make.fill(average.shape, 'float32', 0), average], 'float32');
}

type Where<A> = (shape: Shape, attrs: A) => Pooling;

const pool = <A>(where: Where<A>, fn: (x: Node, windows: Windows) => Node): Kernel =>
  kernel<AvgPoolInputs, A>(({ x }, attrs) => pooled(x, where(x.shape, attrs), fn));

const averageGradient = <A>(where: Where<A>): Kernel =>
  kernel<AvgPoolGradInputs, A>(({ dy, input }, attrs) => {
    const { windows } = where(input.shape, attrs);
    // As tfjs has it: what padding there is counts.
    return float(compose.averagePoolGradient(dy.node, input.shape, { ...windows, countPadding: true }));
  });

const largestGradient = <A>(where: Where<A>): Kernel =>
  kernel<MaxPoolGradInputs, A>(({ dy, input }, attrs) =>
    float(compose.maxPoolGradient(dy.node, comparable(input.node), where(input.shape, attrs).windows)),
  );

/** The places of taps in x, counted row-major with channels innermost, and with batches outermost where asked for. */
function placesIn(x: Real, taps: Node, windows: Windows, withBatch: boolean): Node {
  const { shape } = taps;
  const [, height = 1, width = 1, channels = 1] = x.shape;
  const whole = (fn: 'add' | 'multiply' | 'subtract', a: Node, b: Node | number): Node =>
    make.map(fn, [a, typeof b === 'number' ? make.fill(shape, 'int32', b) : b], 'int32');
  const [, columns = 1] = windows.taps;
  const row = compose.floorDivide(taps, make.fill(shape, 'int32', columns));
  const offsets = [row, whole('subtract', taps, whole('multiply', row, columns))];
  const [y, z] = offsets.map((offset, i) => {
    const [stride = 1, low = 0] = [windows.strides[i], windows.padding[i]?.[0]];
    const first = whole('subtract', whole('multiply', make.iota(shape, i + 1), stride), low);
    return whole('add', first, offset);
  }) as [Node, Node];
  const batch = withBatch ? whole('multiply', make.iota(shape, 0), height) : make.fill(shape, 'int32', 0);
  const line = whole('add', whole('multiply', whole('add', batch, y), width), z);
  return whole('add', whole('multiply', line, channels), make.iota(shape, 3));
}

const MAX_POOL_WITH_ARGMAX = kernel<MaxPoolWithArgmaxInputs, MaxPoolWithArgmaxAttrs>(({ x }, attrs) => {
  const { windows } = pooling2D(x.shape, attrs);
  const node = comparable(x.node);
  return [
    { dtype: x.dtype, node: compose.maxPool(node, windows) },
    int(placesIn(x, compose.maxPoolTaps(node, windows), windows, attrs.includeBatchInIndex)),
  ];
});

export const POOLING: KernelTable = {
  AvgPool: pool<AvgPoolAttrs>(pooling2D, compose.averagePool),
  AvgPool3D: pool<Attrs3D>(pooling3D, average3D),
  AvgPool3DGrad: averageGradient<Attrs3D>(pooling3D),
  AvgPoolGrad: averageGradient<Attrs2D>(pooling2D),
  MaxPool: pool<MaxPoolAttrs>(pooling2D, largest),
  MaxPool3D: pool<Attrs3D>(pooling3D, largest),
  MaxPool3DGrad: largestGradient<Attrs3D>(pooling3D),
  MaxPoolGrad: largestGradient<MaxPoolGradAttrs>(pooling2D),
  MaxPoolWithArgmax: MAX_POOL_WITH_ARGMAX,
};
