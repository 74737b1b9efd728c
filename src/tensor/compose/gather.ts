/**
 * Elements chosen by indices, and put where indices say. The primitives know arrays [outer, size, inner]; what is here brings others there.
 * Arithmetic on indices is of int32.
 */
import type { Dtype } from '../../numerics';
import { make, sizeOf, type Node, type OpOf, type Outside, type Shape } from '../graph';
import { broadcastTo, expand, lastTo, toLast } from './shapes';
import { judge, whole } from './steps';

export interface IndexOptions {
  readonly outside?: Outside | undefined;
  /** The call, as a fault tells it. */
  readonly what?: string | undefined;
}

export type Combine = OpOf<'scatter'>['combine'];

export interface PutOptions extends IndexOptions {
  readonly combine?: Combine | undefined;
}

const int32 = (index: Node): Node => make.cast(index, 'int32');

/** Indices below 0 count from the end. */
export function fromEnd(index: Node, size: number): Node {
  const places = int32(index);
  return whole('select', judge('less', places, 0), whole('add', places, size), places);
}

/** x [outer, size, inner], as the primitives take it. */
const canonical = (x: Node, axis: number, outerAxes = axis): Node =>
  make.reshape(x, [
    sizeOf(x.shape.slice(0, outerAxes)),
    make.extentOf(x, axis),
    sizeOf(x.shape.slice(axis + 1)),
  ]);

export interface TakeOptions extends IndexOptions {
  /** As many first axes x and the index have in common. */
  readonly batchAxes?: number | undefined;
}

/** Rows of x along an axis, in the place of which the index's axes come. */
export function take(x: Node, index: Node, axis: number, options: TakeOptions = {}): Node {
  const { outside = 'fault', what = 'take', batchAxes = 0 } = options;
  const batch = sizeOf(x.shape.slice(0, batchAxes));
  const between = sizeOf(x.shape.slice(batchAxes, axis));
  const picked = index.shape.slice(batchAxes);
  const count = sizeOf(picked);
  const rows = make.reshape(int32(index), [batchAxes === 0 ? 1 : batch, 1, count]);
  const spread = batchAxes === 0 ? rows : make.broadcast(rows, [batch, between, count]);
  const flat = make.reshape(spread, [sizeOf(spread.shape.slice(0, 2)), count]);
  const result = make.gather(canonical(x, axis), flat, { outside, what });
  return make.reshape(result, [...x.shape.slice(0, axis), ...picked, ...x.shape.slice(axis + 1)]);
}

/** The index's shape with x's extents but along the axis, both with that axis last. */
function aligned(x: Node, index: Node, axis: number): readonly [Node, Node] {
  const shape = x.shape.with(axis, make.extentOf(index, axis));
  return [toLast(x, axis), toLast(broadcastTo(int32(index), shape), axis)];
}

const rowsOf = (x: Node): Node => make.reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1) ?? 1]);

/** NumPy's take_along_axis: an index for every element. */
export function takeAlong(x: Node, index: Node, axis: number, options: IndexOptions = {}): Node {
  const { outside = 'fault', what = 'take_along_axis' } = options;
  const [data, places] = aligned(x, index, axis);
  const result = make.gather(expand(rowsOf(data), 2), rowsOf(places), { outside, what });
  return lastTo(make.reshape(result, places.shape), axis);
}

/** NumPy's put_along_axis: values, of the index's shape or broadcast to it, go where it says. */
export function putAlong(x: Node, index: Node, values: Node, axis: number, options: PutOptions = {}): Node {
  const { outside = 'fault', what = 'put_along_axis', combine = 'set' } = options;
  const [data, places] = aligned(x, index, axis);
  const shape = x.shape.with(axis, make.extentOf(index, axis));
  const updates = toLast(broadcastTo(make.cast(values, x.dtype), shape), axis);
  const how = { combine, outside, what };
  const result = make.scatter(expand(rowsOf(data), 2), rowsOf(places), expand(rowsOf(updates), 2), how);
  return lastTo(make.reshape(result, data.shape), axis);
}

/** Rows along an axis go where a one-dimensional index says; updates have as many in place of x's. */
export function put(x: Node, index: Node, updates: Node, axis: number, options: PutOptions = {}): Node {
  const { outside = 'fault', what = 'put', combine = 'set' } = options;
  const rows = make.reshape(int32(index), [1, index.size]);
  const how = { combine, outside, what };
  return make.reshape(make.scatter(canonical(x, axis), rows, canonical(updates, axis), how), x.shape);
}

/** Indices [..., k] into the first k axes as one index each; -1 where one of them lies outside, unless they are clamped. */
function flatIndex(index: Node, extents: Shape, outside: Outside): Node {
  const lead = index.shape.slice(0, -1);
  const places = int32(index);
  const part = (axis: number): Node => {
    const start = index.shape.map(() => 0).with(-1, axis);
    const ones = index.shape.map(() => 1);
    return make.reshape(make.slice(places, start, ones, index.shape.with(-1, 1)), lead);
  };
  let [flat, strayed]: [Node, Node] = [make.fill(lead, 'int32', 0), make.fill(lead, 'uint8', 0)];
  for (const [axis, extent] of extents.entries()) {
    const place = part(axis);
    const near = whole('minimum', whole('maximum', place, 0), Math.max(extent - 1, 0));
    strayed = judge(
      'logical_or',
      strayed,
      extent === 0 ? make.fill(lead, 'uint8', 1) : judge('not_equal', near, place),
    );
    flat = whole('add', whole('multiply', flat, extent), near);
  }
  return outside === 'clamp' ? flat : whole('select', strayed, -1, flat);
}

/** TensorFlow's gather_nd: index [..., k] gives [..., the axes of x after k]. */
export function gatherNd(x: Node, index: Node, options: IndexOptions = {}): Node {
  const { outside = 'fault', what = 'gather_nd' } = options;
  const depth = index.shape.at(-1) ?? 0;
  const flat = flatIndex(index, x.shape.slice(0, depth), outside);
  const inner = x.shape.slice(depth);
  const data = make.reshape(x, [1, sizeOf(x.shape.slice(0, depth)), sizeOf(inner)]);
  const result = make.gather(data, make.reshape(flat, [1, flat.size]), { outside, what });
  return make.reshape(result, [...index.shape.slice(0, -1), ...inner]);
}

/** TensorFlow's tensor_scatter_nd: updates [..., the axes of base after k] go where index [..., k] says. */
export function scatterNd(base: Node, index: Node, updates: Node, options: PutOptions = {}): Node {
  const { outside = 'fault', what = 'scatter_nd', combine = 'add' } = options;
  const depth = index.shape.at(-1) ?? 0;
  const flat = flatIndex(index, base.shape.slice(0, depth), outside);
  const inner = sizeOf(base.shape.slice(depth));
  const data = make.reshape(base, [1, sizeOf(base.shape.slice(0, depth)), inner]);
  const rows = make.reshape(make.cast(updates, base.dtype), [1, flat.size, inner]);
  const how = { combine, outside, what };
  return make.reshape(make.scatter(data, make.reshape(flat, [1, flat.size]), rows, how), base.shape);
}

/** [..., depth]: `on` at the index, `off` elsewhere and where the index lies outside. */
export function oneHot(index: Node, depth: number, dtype: Dtype = 'float32', on = 1, off = 0): Node {
  const shape = [...index.shape, depth];
  const chosen = make.broadcast(expand(int32(index), index.shape.length), shape);
  const here = judge('equal', make.iota(shape, shape.length - 1), chosen);
  return make.map('select', [here, make.fill(shape, dtype, on), make.fill(shape, dtype, off)], dtype);
}

/** Rows of x (along its first axis) joined by their ids, [count, ...]; rows with an id outside are left out. */
export function segments(x: Node, ids: Node, count: number, combine: Exclude<Combine, 'set'> = 'add'): Node {
  const empty = { add: 0, maximum: -Infinity, minimum: Infinity }[combine];
  const base = make.fill([count, ...x.shape.slice(1)], x.dtype, empty);
  return put(base, ids, x, 0, { combine, outside: 'zero', what: 'segments' });
}

/** How often each number below `count` occurs, or the sum of the weights with it: of rows, along the last axis. */
export function bincount(x: Node, count: number, weights?: Node): Node {
  const rows = rowsOf(int32(x));
  const each = weights === undefined ? make.fill(x.shape, 'int32', 1) : weights;
  const base = make.fill([rows.shape[0] ?? 1, count, 1], each.dtype, 0);
  const how = { combine: 'add', outside: 'zero', what: 'bincount' } as const;
  return make.reshape(make.scatter(base, rows, expand(rowsOf(each), 2), how), [
    ...x.shape.slice(0, -1),
    count,
  ]);
}
