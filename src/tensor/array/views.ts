/** Other shapes of the same elements, and rearrangements of them. */
import { UserError } from '../../numerics';
import * as compose from '../compose';
import { make, sizeOf, type Node, type Shape } from '../graph';
import { checkShape, shapeList } from './create';
import { describe, type NDArray } from './ndarray';
import { axesOf, axisOf, broadcastShapes, countOf, nodeOf, spread } from './operands';

const adopt = (x: NDArray, node: Node): NDArray => x.arrays.adopt(node);
const text = (shape: Shape): string => `[${shape.join(', ')}]`;

/** One extent may be -1: what is left. */
export function reshape(x: NDArray, extents: Shape | number): NDArray {
  const shape = shapeList('reshape', extents);
  const node = nodeOf('reshape', x);
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const whole = shape.map((extent) => (extent === -1 && known > 0 ? x.size / known : extent));
  const bad = whole.some((extent) => !Number.isSafeInteger(extent) || extent < 0);
  if (bad || shape.filter((extent) => extent === -1).length > 1 || sizeOf(whole) !== x.size)
    throw new UserError(`reshape: ${describe(x)} of ${x.size} elements does not fit shape ${text(shape)}.`);
  return adopt(x, make.reshape(node, whole));
}

export const ravel = (x: NDArray): NDArray => reshape(x, [x.size]);

/** Axes in the order that is given; reversed when left out. */
export function transpose(x: NDArray, axes?: readonly number[]): NDArray {
  const node = nodeOf('transpose', x);
  const order = axes?.map((axis) => axisOf('transpose', x, axis)) ?? [...x.shape.keys()].reverse();
  if (order.length !== x.ndim || new Set(order).size !== x.ndim)
    throw new UserError(
      `transpose: axes of ${describe(x)} must each be given once; received ${order.join(', ')}.`,
    );
  return adopt(x, make.permute(node, order));
}

export function swapaxes(x: NDArray, first: number, second: number): NDArray {
  const [a, b] = [axisOf('swapaxes', x, first), axisOf('swapaxes', x, second)];
  return transpose(x, [...x.shape.keys()].with(a, b).with(b, a));
}

export function moveaxis(x: NDArray, source: number, destination: number): NDArray {
  const [from, to] = [axisOf('moveaxis', x, source), axisOf('moveaxis', x, destination)];
  return transpose(x, [...x.shape.keys()].toSpliced(from, 1).toSpliced(to, 0, from));
}

/** An axis of extent 1 at each place of the result. */
export function expandDims(x: NDArray, axis: number | readonly number[]): NDArray {
  const given = typeof axis === 'number' ? [axis] : axis;
  const rank = x.ndim + given.length;
  const axes = axesOf('expandDims', { dtype: x.dtype, shape: Array<number>(rank).fill(1) }, given, x);
  const shape = [...x.shape];
  for (const each of axes) shape.splice(each, 0, 1);
  return adopt(x, make.reshape(nodeOf('expandDims', x), shape));
}

/** Without axes of extent 1: all of them, or those that are given. */
export function squeeze(x: NDArray, axis?: number | readonly number[]): NDArray {
  const node = nodeOf('squeeze', x);
  const axes = axis === undefined ? undefined : axesOf('squeeze', x, axis);
  const wide = axes?.find((each) => x.shape[each] !== 1);
  if (wide !== undefined)
    throw new UserError(`squeeze: axis ${wide} of ${describe(x)} has extent ${x.shape[wide] ?? 0}, not 1.`);
  const shape = x.shape.filter((extent, each) => (axes === undefined ? extent !== 1 : !axes.includes(each)));
  return adopt(x, make.reshape(node, shape));
}

export function broadcastTo(x: NDArray, extents: Shape | number): NDArray {
  const shape = checkShape('broadcastTo', extents);
  const node = nodeOf('broadcastTo', x);
  const together = broadcastShapes('broadcastTo', [x.shape, shape]);
  if (together.length !== shape.length || together.some((extent, axis) => extent !== shape[axis]))
    throw new UserError(`broadcastTo: ${describe(x)} does not broadcast to ${text(shape)}.`);
  return adopt(x, spread(node, shape));
}

/** Backwards along axes; along all when left out. */
export function flip(x: NDArray, axis?: number | readonly number[]): NDArray {
  const axes = axesOf('flip', x, axis);
  const start = x.shape.map((extent, each) => (axes.includes(each) ? Math.max(extent - 1, 0) : 0));
  const step = x.shape.map((_, each) => (axes.includes(each) ? -1 : 1));
  return adopt(x, make.slice(nodeOf('flip', x), start, step, x.shape));
}

/** Elements of an axis, or of the array in one row, moved on; what leaves at the end comes back at the beginning. */
export function roll(x: NDArray, shift: number, axis?: number): NDArray {
  if (!Number.isInteger(shift)) throw new UserError(`roll: the shift is a whole number; received ${shift}.`);
  const node = nodeOf('roll', x);
  if (axis === undefined) {
    const row = rolled(make.reshape(node, [x.size]), 0, shift);
    return adopt(x, make.reshape(row, x.shape));
  }
  return adopt(x, rolled(node, axisOf('roll', x, axis), shift));
}

function rolled(x: Node, axis: number, shift: number): Node {
  const extent = make.extentOf(x, axis);
  const moved = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  if (moved === 0) return x;
  return make.concat([part(x, axis, extent - moved, moved), part(x, axis, 0, extent - moved)], axis);
}

/** Elements start .. start + count of an axis. */
export const part = (x: Node, axis: number, start: number, count: number): Node =>
  make.slice(
    x,
    x.shape.map((_, each) => (each === axis ? start : 0)),
    x.shape.map(() => 1),
    x.shape.with(axis, count),
  );

/** The array next to itself, so many times along each axis. */
export function tile(x: NDArray, times: number | readonly number[]): NDArray {
  const given = typeof times === 'number' ? [times] : times;
  for (const each of given) countOf('tile', 'a number of times', each);
  const rank = Math.max(given.length, x.ndim);
  const counts = [...Array<number>(rank - given.length).fill(1), ...given];
  const shape = [...Array<number>(rank - x.ndim).fill(1), ...x.shape];
  const apart = make.reshape(
    nodeOf('tile', x),
    shape.flatMap((extent) => [1, extent]),
  );
  const spreaded = make.broadcast(
    apart,
    shape.flatMap((extent, axis) => [counts[axis] ?? 1, extent]),
  );
  return adopt(
    x,
    make.reshape(
      spreaded,
      shape.map((extent, axis) => extent * (counts[axis] ?? 1)),
    ),
  );
}

/** Each element so many times; of the array in one row where no axis is given. */
export function repeat(x: NDArray, times: number, axis?: number): NDArray {
  countOf('repeat', 'the number of times', times);
  const node = axis === undefined ? make.reshape(nodeOf('repeat', x), [x.size]) : nodeOf('repeat', x);
  const along = axis === undefined ? 0 : axisOf('repeat', x, axis);
  const extent = make.extentOf(node, along);
  const apart = make.reshape(node, node.shape.toSpliced(along, 1, extent, 1));
  const copies = make.broadcast(apart, node.shape.toSpliced(along, 1, extent, times));
  return adopt(x, make.reshape(copies, node.shape.with(along, extent * times)));
}

/** The elements of diagonal k of the last two axes. */
export function diagonal(x: NDArray, k = 0): NDArray {
  if (x.ndim < 2) throw new UserError(`diagonal: needs two axes; received ${describe(x)}.`);
  if (!Number.isInteger(k)) throw new UserError(`diagonal: k is a whole number; received ${k}.`);
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  const outer = x.shape.slice(0, -2);
  const count = Math.max(0, Math.min(rows - Math.max(-k, 0), columns - Math.max(k, 0)));
  const row = make.reshape(nodeOf('diagonal', x), [...outer, rows * columns]);
  const first = count === 0 ? 0 : Math.max(-k, 0) * columns + Math.max(k, 0);
  const none = outer.map(() => 0);
  const ones = outer.map(() => 1);
  return adopt(x, make.slice(row, [...none, first], [...ones, columns + 1], [...outer, count]));
}

/** The last two axes up to diagonal k, and zeros above it. */
export const tril = (x: NDArray, k = 0): NDArray => triangle('tril', 'lower', x, k);
/** The last two axes from diagonal k on, and zeros below it. */
export const triu = (x: NDArray, k = 0): NDArray => triangle('triu', 'upper', x, k);

function triangle(op: string, part: 'lower' | 'upper', x: NDArray, k: number): NDArray {
  if (x.ndim < 2) throw new UserError(`${op}: needs two axes; received ${describe(x)}.`);
  if (!Number.isInteger(k)) throw new UserError(`${op}: k is a whole number; received ${k}.`);
  return adopt(x, compose.triangle(nodeOf(op, x), part, k));
}
