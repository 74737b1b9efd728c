/** Parts put together and taken apart, repeated, turned and padded: views and concatenations, no arithmetic. */
import { make, type Node, type Shape } from '../graph';
import { expand, padAxis, reversed, sliceAxis } from './shapes';

/** Along a new axis. */
export const stack = (nodes: readonly Node[], axis = 0): Node =>
  make.concat(
    nodes.map((node) => expand(node, axis)),
    axis,
  );

/** Parts of these extents, one after the other. */
export function split(x: Node, extents: readonly number[], axis: number): readonly Node[] {
  let first = 0;
  return extents.map((extent) => {
    first += extent;
    return sliceAxis(x, axis, first - extent, extent);
  });
}

/** Every element as many times, one beside the other. */
export function repeat(x: Node, times: number, axis: number): Node {
  const spread = expand(x, axis + 1);
  const many = make.broadcast(spread, spread.shape.with(axis + 1, times));
  return make.reshape(many, x.shape.with(axis, make.extentOf(x, axis) * times));
}

/** The whole as many times along each axis, of the last ones where there are fewer counts; more of them make axes in front. */
export function tile(x: Node, times: readonly number[]): Node {
  const rank = Math.max(x.shape.length, times.length);
  const shape = [...Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const counts = [...Array<number>(rank - times.length).fill(1), ...times];
  const apart = make.reshape(
    x,
    shape.flatMap((extent) => [1, extent]),
  );
  const many = make.broadcast(
    apart,
    shape.flatMap((extent, axis) => [counts[axis] ?? 1, extent]),
  );
  return make.reshape(
    many,
    shape.map((extent, axis) => extent * (counts[axis] ?? 1)),
  );
}

/** Elements move to higher places by `shift`, those that leave come in at the other end. */
export function roll(x: Node, shift: number, axis: number): Node {
  const extent = make.extentOf(x, axis);
  const by = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  if (by === 0) return x;
  return make.concat([sliceAxis(x, axis, extent - by, by), sliceAxis(x, axis, 0, extent - by)], axis);
}

export const flip = (x: Node, axes: readonly number[]): Node => axes.reduce(reversed, x);

/** NumPy's modes: reflect leaves the edge element out, symmetric repeats it, edge repeats it alone, wrap goes on at the other end. */
export type PadMode = 'constant' | 'reflect' | 'symmetric' | 'edge' | 'wrap';

/** How many elements before and after, for each axis. */
export function pad(
  x: Node,
  widths: readonly (readonly [low: number, high: number])[],
  mode: PadMode = 'constant',
  value = 0,
): Node {
  if (mode === 'constant')
    return make.pad(x, { low: widths.map(([low]) => low), high: widths.map(([, high]) => high) }, value);
  return widths.reduce((node, [low, high], axis) => extended(node, axis, low, high, mode), x);
}

/** As many elements at a time as the mode makes of the axis as it was: from there on it repeats. */
function extended(
  x: Node,
  axis: number,
  low: number,
  high: number,
  mode: Exclude<PadMode, 'constant'>,
): Node {
  const extent = make.extentOf(x, axis);
  const lone = extent === 1 && mode === 'reflect';
  const room = mode === 'edge' || lone ? Infinity : mode === 'reflect' ? extent - 1 : extent;
  /** `count` elements that come before the first, or after the last. */
  const side = (node: Node, count: number, before: boolean): Node => {
    const length = make.extentOf(node, axis);
    if (mode === 'edge' || lone) {
      const edge = sliceAxis(node, axis, before ? 0 : length - 1, 1);
      return make.broadcast(edge, edge.shape.with(axis, count));
    }
    if (mode === 'wrap') return sliceAxis(node, axis, before ? extent - count : length - extent, count);
    const skipped = mode === 'reflect' ? 1 : 0;
    return reversed(sliceAxis(node, axis, before ? skipped : length - skipped - count, count), axis);
  };
  let node = x;
  for (let left = low; left > 0; left -= Math.min(left, room))
    node = make.concat([side(node, Math.min(left, room), true), node], axis);
  for (let left = high; left > 0; left -= Math.min(left, room))
    node = make.concat([node, side(node, Math.min(left, room), false)], axis);
  return node;
}

/** Axis i becomes two, [extent / block, block] (or the block first), before they are put into another order. */
function blocks(x: Node, axes: readonly number[], block: (axis: number) => number): Shape {
  return x.shape.flatMap((extent, axis) =>
    axes.includes(axis) ? [extent / block(axis), block(axis)] : [extent],
  );
}

/** TensorFlow's space_to_batch_nd: spatial axes from 1 on are padded, and their blocks become batches. */
export function spaceToBatch(
  x: Node,
  block: readonly number[],
  edges: readonly (readonly [number, number])[],
): Node {
  const padded = edges.reduce((node, [low, high], i) => padAxis(node, i + 1, low, high, 0), x);
  const axes = block.map((_, i) => i + 1);
  const cut = make.reshape(
    padded,
    blocks(padded, axes, (axis) => block[axis - 1] ?? 1),
  );
  const rest = [...cut.shape.keys()].slice(2 * block.length + 1);
  const turned = make.permute(cut, [
    ...axes.map((axis) => 2 * axis),
    0,
    ...axes.map((axis) => 2 * axis - 1),
    ...rest,
  ]);
  const count = block.reduce((product, extent) => product * extent, make.extentOf(x, 0));
  const extents = axes.map((axis) => make.extentOf(padded, axis) / (block[axis - 1] ?? 1));
  return make.reshape(turned, [count, ...extents, ...padded.shape.slice(axes.length + 1)]);
}

/** And back, with edges cut off. */
export function batchToSpace(
  x: Node,
  block: readonly number[],
  crops: readonly (readonly [number, number])[],
): Node {
  const count = block.reduce((product, extent) => product * extent, 1);
  const batch = make.extentOf(x, 0) / count;
  const cut = make.reshape(x, [...block, batch, ...x.shape.slice(1)]);
  const n = block.length;
  const rest = [...cut.shape.keys()].slice(2 * n + 1);
  const turned = make.permute(cut, [n, ...block.flatMap((_, i) => [n + 1 + i, i]), ...rest]);
  const extents = block.map((extent, i) => extent * make.extentOf(x, i + 1));
  const whole = make.reshape(turned, [batch, ...extents, ...x.shape.slice(n + 1)]);
  return crops.reduce((node, [low, high], i) => padAxis(node, i + 1, -low, -high, 0), whole);
}

/** [N, H, W, block^2 C] to [N, block H, block W, C]. */
export function depthToSpace(x: Node, block: number): Node {
  const [n = 0, h = 0, w = 0, c = 0] = x.shape;
  const depth = c / (block * block);
  const cut = make.permute(make.reshape(x, [n, h, w, block, block, depth]), [0, 1, 3, 2, 4, 5]);
  return make.reshape(cut, [n, h * block, w * block, depth]);
}
