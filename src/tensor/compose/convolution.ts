/**
 * Convolutions as products of matrices: windows, taken apart into rows, by the filter. Where every channel has filters of its own
 * (depthwise), as products of elements in float32 and one sum. Inputs are [N, ...spatial, C] and filters [...taps, C / groups, O], or, with channels first,
 * [N, C, ...spatial] and [O, C / groups, ...taps]. One rounding, at the end.
 */
import type { Dtype } from '../../numerics';
import { make, sizeOf, type Node, type Shape } from '../graph';
import { product } from './linalg';
import { sumOfProducts } from './reductions';
import { expand, reversed } from './shapes';
import { reaching, spatialAxes, windows, type Spatial, type SpatialAxis } from './spatial';

export interface ConvolutionOptions extends Spatial {
  readonly groups?: number | undefined;
  readonly layout?: 'channels-last' | 'channels-first' | undefined;
  readonly dtype?: Dtype | undefined;
}

const between = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => i + from);

/** [N, C, ...spatial] to [N, ...spatial, C], and back. */
const channelsLast = (x: Node): Node => make.permute(x, [0, ...between(x.shape.length - 2, 2), 1]);
const channelsFirst = (x: Node): Node =>
  make.permute(x, [0, x.shape.length - 1, ...between(x.shape.length - 2, 1)]);
/** [O, C, ...taps] to [...taps, C, O], and back. */
const filterLast = (filter: Node): Node =>
  make.permute(filter, [...between(filter.shape.length - 2, 2), 1, 0]);
const filterFirst = (filter: Node): Node => {
  const rank = filter.shape.length;
  return make.permute(filter, [rank - 1, rank - 2, ...between(rank - 2)]);
};

/** What is between a call and channels last: how it takes inputs and filters, and gives results. */
function layoutOf({
  layout,
}: ConvolutionOptions): Readonly<Record<'take' | 'takeFilter' | 'give' | 'giveFilter', (x: Node) => Node>> {
  const same = (x: Node): Node => x;
  return layout === 'channels-first'
    ? { take: channelsLast, takeFilter: filterLast, give: channelsFirst, giveFilter: filterFirst }
    : { take: same, takeFilter: same, give: same, giveFilter: same };
}

/** Rows of windows, [groups, N positions, taps C / groups]; without groups two axes. */
function rowsOf(patches: Node, spatial: number, groups: number): Node {
  const channels = make.extentOf(patches, 2 * spatial + 1) / groups;
  const count = sizeOf(patches.shape.slice(0, spatial + 1));
  const depth = sizeOf(patches.shape.slice(spatial + 1, 2 * spatial + 1)) * channels;
  if (groups === 1) return make.reshape(patches, [count, depth]);
  const split = make.reshape(patches, [...patches.shape.slice(0, -1), groups, channels]);
  const moved = make.permute(split, [2 * spatial + 1, ...between(2 * spatial + 1), 2 * spatial + 2]);
  return make.reshape(moved, [groups, count, depth]);
}

/** The filter [...taps, C / groups, O] as [groups, taps C / groups, O / groups]. */
function columnsOf(filter: Node, groups: number): Node {
  const out = filter.shape.at(-1) ?? 0;
  const depth = sizeOf(filter.shape.slice(0, -1));
  const flat = make.reshape(filter, groups === 1 ? [depth, out] : [depth, groups, out / groups]);
  return groups === 1 ? flat : make.permute(flat, [1, 0, 2]);
}

/** [groups, rows, columns] to [rows, groups columns]. */
function joined(result: Node, groups: number): Node {
  if (groups === 1) return result;
  const [, rows = 0, columns = 0] = result.shape;
  return make.reshape(make.permute(result, [1, 0, 2]), [rows, groups * columns]);
}

/** Each channel by filters of its own, [...taps, C, filters]: [..., C filters]. */
function channelwise(patches: Node, filter: Node, dtype: Dtype): Node {
  const spatial = filter.shape.length - 2;
  const [channels = 0, filters = 0] = filter.shape.slice(-2);
  const lead = patches.shape.slice(0, spatial + 1);
  const taps = filter.shape.slice(0, -2);
  const moved = make.permute(patches, [
    ...between(spatial + 1),
    2 * spatial + 1,
    ...between(spatial, spatial + 1),
  ]);
  const shape = [...lead, channels, filters, ...taps];
  const each = make.broadcast(expand(moved, spatial + 2), shape);
  const turned = make.permute(filter, [spatial, spatial + 1, ...between(spatial)]);
  const weights = make.broadcast(make.reshape(turned, [...lead.map(() => 1), ...turned.shape]), shape);
  const axes = taps.map((_, i) => spatial + 3 + i);
  return make.reshape(sumOfProducts(each, weights, { axes, dtype }), [...lead, channels * filters]);
}

/** Patches [N, positions..., taps..., C] by a filter [...taps, C / groups, O]. */
function applied(patches: Node, filter: Node, groups: number, dtype: Dtype): Node {
  const spatial = filter.shape.length - 2;
  const [depth = 0, out = 0] = filter.shape.slice(-2);
  if (groups > 1 && depth === 1) {
    const own = make.reshape(filter, [...filter.shape.slice(0, -2), groups, out / groups]);
    return channelwise(patches, own, dtype);
  }
  const result = product(rowsOf(patches, spatial, groups), columnsOf(filter, groups), dtype);
  return make.reshape(joined(result, groups), [...patches.shape.slice(0, spatial + 1), out]);
}

const axesFor = (inputShape: Shape, filter: Node, options: Spatial): readonly SpatialAxis[] =>
  spatialAxes(inputShape.slice(1, -1), filter.shape.slice(0, -2), options);

export function convolution(x: Node, filter: Node, options: ConvolutionOptions = {}): Node {
  const { groups = 1, dtype = x.dtype } = options;
  const { take, takeFilter, give } = layoutOf(options);
  const [input, weights] = [take(x), takeFilter(filter)];
  return give(applied(windows(input, axesFor(input.shape, weights, options), 0), weights, groups, dtype));
}

/** Every channel by filters of its own: of [...taps, C, filters] (channels first: [C, filters, ...taps]) channel c gives channels c filters to (c + 1) filters - 1. */
export function depthwiseConvolution(
  x: Node,
  filter: Node,
  options: Omit<ConvolutionOptions, 'groups'> = {},
): Node {
  const { take, give } = layoutOf(options);
  const first = options.layout === 'channels-first';
  const weights = first ? make.permute(filter, [...between(filter.shape.length - 2, 2), 0, 1]) : filter;
  const input = take(x);
  return give(
    channelwise(windows(input, axesFor(input.shape, weights, options), 0), weights, options.dtype ?? x.dtype),
  );
}

/** A depthwise convolution, rounded to the format of x, then one of single taps, [...1, C filters, O]. */
export function separableConvolution(
  x: Node,
  depthwise: Node,
  pointwise: Node,
  options: Omit<ConvolutionOptions, 'groups'> = {},
): Node {
  const { layout, dtype = x.dtype } = options;
  return convolution(depthwiseConvolution(x, depthwise, { ...options, dtype: x.dtype }), pointwise, {
    layout,
    dtype,
  });
}

/**
 * What the gradient of a convolution's result makes of its input, of shape `inputShape`: the gradient, elements apart by the strides, is convolved with the
 * filter from its end, inputs and outputs exchanged.
 */
export function convolutionInputGradient(
  g: Node,
  filter: Node,
  inputShape: Shape,
  options: ConvolutionOptions = {},
): Node {
  const { groups = 1, dtype = g.dtype, layout } = options;
  const { take, takeFilter, give } = layoutOf(options);
  const weights = takeFilter(filter);
  const spatial = weights.shape.length - 2;
  const [depth = 0, out = 0] = weights.shape.slice(-2);
  const extents = layout === 'channels-first' ? inputShape.slice(2) : inputShape.slice(1, -1);
  const axes = spatialAxes(extents, weights.shape.slice(0, -2), options);
  const turned = between(spatial).reduce((node, axis) => reversed(node, axis), weights);
  const split = make.reshape(turned, [...turned.shape.slice(0, -1), groups, out / groups]);
  const exchanged = make.permute(split, [...between(spatial), spatial + 2, spatial + 1, spatial]);
  const back = make.reshape(exchanged, [...turned.shape.slice(0, -2), out / groups, groups * depth]);
  return give(applied(reaching(take(g), axes, 0), back, groups, dtype));
}

/** The same, as a layer: x [N, ...positions, O] by a filter [...taps, C / groups, O] gives [N, ...extents, C / groups groups]. */
export function transposedConvolution(
  x: Node,
  filter: Node,
  outputShape: Shape,
  options: ConvolutionOptions = {},
): Node {
  return convolutionInputGradient(x, filter, outputShape, options);
}

/** What the gradient of a convolution's result makes of its filter: the rows of windows, as columns, by the gradient. */
export function convolutionFilterGradient(
  x: Node,
  g: Node,
  filterShape: Shape,
  options: ConvolutionOptions = {},
): Node {
  const { groups = 1, dtype = g.dtype } = options;
  const { take, giveFilter } = layoutOf(options);
  const first = options.layout === 'channels-first';
  const taps = first ? filterShape.slice(2) : filterShape.slice(0, -2);
  const [depth = 0, out = 0] = first ? filterShape.slice(0, 2).toReversed() : filterShape.slice(-2);
  const [input, gradient] = [take(x), take(g)];
  const spatial = taps.length;
  const patches = windows(input, spatialAxes(input.shape.slice(1, -1), taps, options), 0);
  const rows = rowsOf(patches, spatial, groups);
  const count = sizeOf(gradient.shape.slice(0, -1));
  const apart = make.reshape(gradient, groups === 1 ? [count, out] : [count, groups, out / groups]);
  const columns = groups === 1 ? apart : make.permute(apart, [1, 0, 2]);
  const result = product(rows, columns, dtype, { aLayout: 'k-major' });
  const flat = groups === 1 ? result : make.permute(result, [1, 0, 2]);
  return giveFilter(make.reshape(flat, [...taps, depth, out]));
}

/** The shape of a depthwise filter as one of groups, of which each channel is one. */
function groupedShape(
  shape: Shape,
  { layout }: ConvolutionOptions,
): { readonly shape: Shape; readonly groups: number } {
  if (layout === 'channels-first') {
    const [channels = 0, filters = 0, ...taps] = shape;
    return { shape: [channels * filters, 1, ...taps], groups: channels };
  }
  const [channels = 0, filters = 0] = shape.slice(-2);
  return { shape: [...shape.slice(0, -2), 1, channels * filters], groups: channels };
}

export function depthwiseInputGradient(
  g: Node,
  filter: Node,
  inputShape: Shape,
  options: Omit<ConvolutionOptions, 'groups'> = {},
): Node {
  const { shape, groups } = groupedShape(filter.shape, options);
  return convolutionInputGradient(g, make.reshape(filter, shape), inputShape, { ...options, groups });
}

export function depthwiseFilterGradient(
  x: Node,
  g: Node,
  filterShape: Shape,
  options: Omit<ConvolutionOptions, 'groups'> = {},
): Node {
  const { shape, groups } = groupedShape(filterShape, options);
  return make.reshape(convolutionFilterGradient(x, g, shape, { ...options, groups }), filterShape);
}
