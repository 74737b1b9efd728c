/** Elements by index: read, and set in a new array. */
import { UserError, type Dtype } from '../../numerics';
import * as compose from '../compose';
import { make, sizeOf, type Node, type OpOf } from '../graph';
import { choose, fromFirst, type Choice, type IndexPart } from './index-parts';
import { describe, NDArray, type ArrayContext } from './ndarray';
import { axisOf, broadcastShapes, countOf, nodeOf, numberNode, spread, type Operand } from './operands';
import { textOf } from './options';
import { isInteger, promote } from './promotion';

/** The elements that the parts choose. @throws UserError for an index that lies outside, which only values may show when read. */
export const at = (x: NDArray, ...parts: readonly IndexPart[]): NDArray =>
  x.arrays.adopt(chosen('at', nodeOf('at', x), x.arrays, parts));

function chosen(op: string, node: Node, arrays: ArrayContext, parts: readonly IndexPart[]): Node {
  const { dtype } = node;
  const choice = choose(op, { arrays, dtype, shape: node.shape }, parts);
  const { slice, rows, shape } = choice;
  if (rows === undefined) return make.reshape(make.slice(node, slice.start, slice.step, slice.shape), shape);
  const what = `${op} of ${describe(node)} along ${rows.where}`;
  return make.reshape(make.gather(inRows(node, choice, rows), rows.index, { outside: 'fault', what }), shape);
}

/** What the ranges leave, as rows that index arrays choose from. */
function inRows(
  x: Node,
  { slice, kept }: Choice,
  { order, outer, size, inner }: NonNullable<Choice['rows']>,
): Node {
  const left = make.reshape(make.slice(x, slice.start, slice.step, slice.shape), kept);
  return make.reshape(make.permute(left, order), [outer, size, inner]);
}

/** A list of parts, or one part that is no list. */
export type IndexParts = readonly IndexPart[] | Exclude<IndexPart, readonly unknown[]>;

type Combine = OpOf<'scatter'>['combine'];

/** x with the chosen elements set to values, which broadcast to them; of equal places the last one stays. */
export const setAt = (x: NDArray, parts: IndexParts, values: Operand): NDArray =>
  written('setAt', 'set', x, parts, values);
/** x with values added to the chosen elements; equal places add up, and are rounded once. */
export const addAt = (x: NDArray, parts: IndexParts, values: Operand): NDArray =>
  written('addAt', 'add', x, parts, values);
export const maximumAt = (x: NDArray, parts: IndexParts, values: Operand): NDArray =>
  written('maximumAt', 'maximum', x, parts, values);
export const minimumAt = (x: NDArray, parts: IndexParts, values: Operand): NDArray =>
  written('minimumAt', 'minimum', x, parts, values);

function written(op: string, combine: Combine, x: NDArray, parts: IndexParts, values: Operand): NDArray {
  const node = nodeOf(op, x);
  const choice = choose(op, x, Array.isArray(parts) ? parts : [parts as IndexPart]);
  const { slice, kept, rows, shape } = choice;
  const given = updates(op, x, values, shape);
  if (rows === undefined)
    return x.arrays.adopt(intoSlice(node, slice, make.reshape(given, slice.shape), combine));
  const { order, outer, inner, index } = rows;
  const count = index.shape[1] ?? 0;
  const base = inRows(node, choice, rows);
  const what = `${op} of ${describe(x)} along ${rows.where}`;
  const how = { combine, outside: 'fault', what } as const;
  const set = make.scatter(base, index, make.reshape(given, [outer, count, inner]), how);
  const permuted = make.reshape(
    set,
    order.map((axis) => kept[axis] ?? 1),
  );
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const back = make.reshape(make.permute(permuted, inverse), slice.shape);
  return x.arrays.adopt(intoSlice(node, slice, back, 'set'));
}

/** Values in the array's format and the shape of what is chosen. */
function updates(op: string, x: NDArray, values: Operand, shape: readonly number[]): Node {
  if (!(values instanceof NDArray) && typeof values !== 'number' && typeof values !== 'boolean')
    throw new UserError(`${op}: values are an array or a number; received ${textOf(values)}.`);
  if (!(values instanceof NDArray)) return make.cast(numberNode(op, Number(values), x.dtype, shape), x.dtype);
  promote(op, x.dtype, values.dtype);
  const node = x.arrays.nodeOf(op, values);
  const together = broadcastShapes(op, [values.shape, shape]);
  if (!make.sameShape(together, shape))
    throw new UserError(
      `${op}: values ${describe(values)} do not broadcast to what is chosen, [${shape.join(', ')}].`,
    );
  return spread(make.cast(node, x.dtype), shape);
}

/** x with a slice of it joined with values of the slice's shape. */
function intoSlice(x: Node, { start, step, shape }: Choice['slice'], values: Node, combine: Combine): Node {
  if (sizeOf(shape) === 0) return x;
  const join = (a: Node, b: Node): Node => (combine === 'set' ? b : make.map(combine, [a, b], x.dtype));
  if (make.sameShape(shape, x.shape) && step.every((each) => each === 1)) return join(x, values);
  const backwards = step.map((each) => each < 0);
  const rising = make.slice(
    values,
    shape.map((extent, axis) => (backwards[axis] === true ? extent - 1 : 0)),
    backwards.map((each) => (each ? -1 : 1)),
    shape,
  );
  const strides = step.map(Math.abs);
  const last = shape.map((extent, axis) => (extent - 1) * (strides[axis] ?? 1));
  const low = start.map((first, axis) => (backwards[axis] === true ? first - (last[axis] ?? 0) : first));
  const high = x.shape.map((extent, axis) => extent - (low[axis] ?? 0) - (last[axis] ?? 0) - 1);
  const padding = { low, high, interior: strides.map((each) => each - 1) };
  const mask = make.pad(make.fill(shape, 'uint8', 1), padding, 0);
  return make.map('select', [mask, join(x, make.pad(rising, padding, 0)), x], x.dtype);
}

/** Index arrays of any integer format but uint8, which is what comparisons give. */
function indices(op: string, x: NDArray, index: NDArray): Node {
  const node = x.arrays.nodeOf(op, index);
  if (!isInteger(index.dtype))
    throw new UserError(`${op}: indices are integers; received ${describe(index)}. Use astype() to int32.`);
  return make.cast(node, 'int32');
}

/** Rows of an axis by an index array, whose shape takes the axis's place; of the array in one row where no axis is given. */
export function take(x: NDArray, index: NDArray | readonly number[], axis?: number): NDArray {
  const node = nodeOf('take', x);
  const [data, parts] =
    axis === undefined
      ? [make.reshape(node, [x.size]), []]
      : [node, Array<string>(axisOf('take', x, axis)).fill(':')];
  return x.arrays.adopt(chosen('take', data, x.arrays, [...parts, index]));
}

/** Along an axis element by element: `index` has x's shape, but for extents of 1 that broadcast, and any extent along the axis. */
export function takeAlongAxis(x: NDArray, index: NDArray, axis = -1): NDArray {
  const op = 'takeAlongAxis';
  const along = axisOf(op, x, axis);
  const node = nodeOf(op, x);
  const places = indices(op, x, index);
  if (index.ndim !== x.ndim)
    throw new UserError(
      `${op}: ${describe(x)} needs an index of ${x.ndim} axes; received ${describe(index)}.`,
    );
  const shape = broadcastShapes(op, [x.shape.with(along, 1), index.shape.with(along, 1)]);
  const [extent, count] = [x.shape[along] ?? 0, index.shape[along] ?? 0];
  const last = x.ndim - 1;
  const order = [...x.shape.keys()].toSpliced(along, 1).concat(along);
  const asRows = (each: Node, length: number): Node =>
    make.reshape(make.permute(spread(each, shape.with(along, length)), order), [sizeOf(shape), length]);
  const data = make.reshape(asRows(node, extent), [sizeOf(shape), extent, 1]);
  const what = `${op} of ${describe(x)} along axis ${along} of ${extent} elements`;
  const found = make.gather(data, asRows(fromFirst(places, extent), count), { outside: 'fault', what });
  const inverse = [...order.keys()].map((each) => order.indexOf(each));
  const permuted = order.map((each, i) => (i === last ? count : (shape[each] ?? 1)));
  return x.arrays.adopt(make.permute(make.reshape(found, permuted), inverse));
}

/** [..., depth]: 1 at the index, 0 elsewhere, and nothing but 0 where the index lies outside. */
export function oneHot(index: NDArray, depth: number, dtype: Dtype = 'float32'): NDArray {
  const node = indices('oneHot', index, index);
  countOf('oneHot', 'the depth', depth);
  return index.arrays.adopt(compose.oneHot(node, depth, index.arrays.checkDtype('oneHot', dtype)));
}
