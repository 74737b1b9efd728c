/** What convolution and pooling share: extents, padding and windows along spatial axes, of arrays [N, ...spatial, C]. */
import { make, type Node, type Shape } from '../graph';
import { padAxis, sliceAxis } from './shapes';

/** Elements before and after an axis. */
export type Edges = readonly [low: number, high: number];

/** 'same': as many positions as strides fit into the extent, what is missing shared, the larger half after. */
export type SpatialPadding = 'same' | 'valid' | readonly Edges[];

export interface Spatial {
  readonly strides?: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
  readonly padding?: SpatialPadding | undefined;
}

/** One spatial axis: how its windows lie. */
export interface SpatialAxis {
  readonly extent: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  readonly edges: Edges;
  /** From a window's first element to its last, and one. */
  readonly span: number;
  readonly positions: number;
}

/** An axis for each tap count. */
export function spatialAxes(
  extents: Shape,
  taps: Shape,
  { strides, dilations, padding = 'valid' }: Spatial,
): readonly SpatialAxis[] {
  return taps.map((count, i) => {
    const [extent = 0, stride = 1, dilation = 1] = [extents[i], strides?.[i], dilations?.[i]];
    const span = (count - 1) * dilation + 1;
    const edges = edgesOf(
      extent,
      span,
      stride,
      typeof padding === 'string' ? padding : (padding[i] ?? [0, 0]),
    );
    const room = extent + edges[0] + edges[1] - span;
    const positions = room < 0 ? 0 : Math.floor(room / stride) + 1;
    return { extent, taps: count, stride, dilation, edges, span, positions };
  });
}

function edgesOf(extent: number, span: number, stride: number, padding: 'same' | 'valid' | Edges): Edges {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return padding;
  const missing = Math.max((Math.ceil(extent / stride) - 1) * stride + span - extent, 0);
  return [Math.floor(missing / 2), Math.ceil(missing / 2)];
}

/** [N, positions..., taps..., C] of [N, ...spatial, C]: spatial axes padded, then cut into windows. */
export function windows(x: Node, axes: readonly SpatialAxis[], value: number): Node {
  const padded = axes.reduce((node, { edges }, i) => padAxis(node, i + 1, ...edges, value), x);
  const cut = axes.reduce((node, { taps, stride, dilation }, i) => {
    const axis = 2 * i + 1;
    if (taps > 1) return make.window(node, axis, taps, stride, dilation);
    const positions = Math.ceil(make.extentOf(node, axis) / stride);
    const each = sliceAxis(node, axis, 0, positions, stride);
    return make.reshape(each, each.shape.toSpliced(axis + 1, 0, 1));
  }, padded);
  const count = axes.length;
  const of = (first: number): number[] => axes.map((_, i) => 2 * i + first);
  return make.permute(cut, [0, ...of(1), ...of(2), 2 * count + 1]);
}

/**
 * What reaches each element of x from windows of it: [N, ...spatial, taps..., C], of gradients [N, ...positions, C], taps in falling order, with
 * `value` where no window has the tap. So a gradient is a sum of what lies side by side, and no element is added to twice.
 */
export function reaching(g: Node, axes: readonly SpatialAxis[], value: number): Node {
  const spread = axes.reduce((node, { extent, stride, span, edges }, i) => {
    const low = span - 1 - edges[0];
    const length = (make.extentOf(node, i + 1) - 1) * stride + 1;
    return padAxis(node, i + 1, low, extent + span - 1 - low - length, value, stride - 1);
  }, g);
  const dense = axes.map((axis) => ({ ...axis, stride: 1, edges: [0, 0] as const }));
  return windows(spread, dense, value);
}
