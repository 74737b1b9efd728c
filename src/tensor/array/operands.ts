/** Operands of one call: arrays of one context and numbers of the host, made nodes of one shape, and the format they meet in. */
import { UserError, type Dtype } from '../../numerics';
import { make, sameShape, type Node, type Shape } from '../graph';
import { requireInteger } from './create';
import { describe, NDArray, type ArrayContext } from './ndarray';
import { textOf } from './options';
import { isInteger, isWide, promote, promoteNumber } from './promotion';

export type Operand = NDArray | number | boolean;

export interface ResultOptions {
  /** Format of the result; that of the promotion table when left out. */
  readonly dtype?: Dtype | undefined;
}

/** @throws UserError where none of the operands is an array, or one is neither array nor number. */
export function contextOf(op: string, operands: readonly Operand[]): ArrayContext {
  let arrays: ArrayContext | undefined;
  for (const operand of operands) {
    if (operand instanceof NDArray) arrays ??= operand.arrays;
    else if (typeof operand !== 'number' && typeof operand !== 'boolean')
      throw new UserError(`${op}: takes arrays and numbers; received ${String(operand)}.`);
  }
  if (arrays !== undefined) return arrays;
  throw new UserError(`${op}: at least one operand must be an array: make one with arrays.array().`);
}

/** @throws UserError for what is no array. */
export function requireArray(op: string, x: NDArray): void {
  if (!(x instanceof NDArray)) throw new UserError(`${op}: takes an array; received ${textOf(x)}.`);
}

/** @throws UserError for what is no list of arrays. */
export function requireArrays(op: string, list: readonly NDArray[]): void {
  const given: unknown = list;
  if (!Array.isArray(given)) throw new UserError(`${op}: takes a list of arrays; received ${textOf(list)}.`);
  for (const each of list) requireArray(op, each);
}

/** One array's node. @throws UserError for what is no array. */
export function nodeOf(op: string, x: NDArray): Node {
  requireArray(op, x);
  return x.nodeFor(op);
}

/** The shape that shapes broadcast to. @throws UserError where they do not. */
export function broadcastShapes(op: string, shapes: readonly Shape[]): Shape {
  const [first = [], ...others] = shapes;
  if (others.every((shape) => sameShape(shape, first))) return first;
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = extents.find((each) => each !== 1) ?? 1;
    if (extents.some((each) => each !== 1 && each !== extent))
      throw new UserError(
        `${op}: shapes ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')} do not broadcast: axes are compared from the last one on, and must be equal or 1.`,
      );
    return extent;
  });
}

/** A node in a shape that its own broadcasts to. */
export function spread(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const missing = shape.length - x.shape.length;
  const ranked = missing === 0 ? x : make.reshape(x, [...Array<number>(missing).fill(1), ...x.shape]);
  return make.broadcast(ranked, shape);
}

/** The format in which operands meet; numbers of the host are weak. */
export function meetingDtype(op: string, operands: readonly Operand[]): Dtype {
  let dtype: Dtype | undefined;
  for (const each of operands)
    if (each instanceof NDArray) dtype = dtype === undefined ? each.dtype : promote(op, dtype, each.dtype);
  for (const each of operands) if (typeof each === 'number') dtype = promoteNumber(dtype ?? 'float32', each);
  return dtype ?? 'float32';
}

/**
 * A number in a shape: exactly of 32-bit integers, else as float32, as an instruction's immediate is; it is not rounded to a narrower
 * format. @throws UserError where an integer format does not hold it.
 */
export function numberNode(op: string, value: number, dtype: Dtype, shape: Shape): Node {
  if (isInteger(dtype)) requireInteger(op, dtype, value);
  return make.fill(shape, isWide(dtype) ? dtype : 'float32', value);
}

/** What operands broadcast to. */
export const shapeOf = (op: string, operands: readonly Operand[]): Shape =>
  broadcastShapes(
    op,
    operands.flatMap((each) => (each instanceof NDArray ? [each.shape] : [])),
  );

/** Nodes of one shape. Of 32-bit integers all have the format, so that the result is exact. */
export function meet(
  op: string,
  arrays: ArrayContext,
  operands: readonly Operand[],
  dtype: Dtype,
  shape = shapeOf(op, operands),
): readonly Node[] {
  return operands.map((each) => {
    if (!(each instanceof NDArray)) return numberNode(op, Number(each), dtype, shape);
    const node = arrays.nodeOf(op, each);
    return spread(isWide(dtype) ? make.cast(node, dtype) : node, shape);
  });
}

interface Described {
  readonly dtype: Dtype;
  readonly shape: Shape;
}

/**
 * An axis counted from the first one on.
 *
 * @param of what x is the result of, where it is not an argument itself.
 * @throws UserError for one that the array lacks.
 */
export function axisOf(op: string, x: Described, axis: number, of?: Described): number {
  const rank = x.shape.length;
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && counted >= 0 && counted < rank) return counted;
  if (typeof axis !== 'number')
    throw new UserError(`${op}: an axis is a whole number; received ${textOf(axis)}.`);
  const what = of === undefined ? describe(x) : `the result of ${describe(of)}`;
  throw new UserError(
    rank === 0
      ? `${op}: ${what} has no axes; received axis ${axis}.`
      : `${op}: axis ${axis} lies outside of ${what}: axes are ${-rank} to ${rank - 1}.`,
  );
}

/** Axes in the order that is given. @throws UserError for one that is given twice. */
export function onceEach(
  op: string,
  x: Described,
  given: readonly number[],
  of?: Described,
): readonly number[] {
  const axes = given.map((each) => axisOf(op, x, each, of));
  if (new Set(axes).size < axes.length) {
    const what = of === undefined ? describe(x) : `the result of ${describe(of)}`;
    throw new UserError(`${op}: an axis of ${what} is given twice: ${given.join(', ')}.`);
  }
  return axes;
}

/** Axes in rising order; all of them when left out. @throws UserError for one that is given twice. */
export function axesOf(
  op: string,
  x: Described,
  axis: number | readonly number[] | undefined,
  of?: Described,
): readonly number[] {
  if (axis === undefined) return [...x.shape.keys()];
  return onceEach(op, x, Array.isArray(axis) ? axis : [axis], of).toSorted((a, b) => a - b);
}

/** A whole number of a range. @throws UserError that names it. */
export function countOf(
  op: string,
  name: string,
  value: number,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UserError(`${op}: ${name} is a whole number of ${least} to ${most}; received ${value}.`);
}

/** @throws UserError for what is no key. */
export function keyNode(op: string, arrays: ArrayContext, key: NDArray): Node {
  const node = arrays.nodeOf(op, key);
  if (key.dtype !== 'uint32' || key.ndim !== 1 || key.size !== 4)
    throw new UserError(`${op}: a key is uint32[4], as arrays.key(seed) gives; received ${describe(key)}.`);
  return node;
}
