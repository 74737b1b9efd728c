/** Reductions along axes, and running ones along one. */
import { UserError, type Dtype } from '../../numerics';
import { make, sizeOf, type Node, type Reduction, type Scan, type Shape } from '../graph';
import { describe, type NDArray } from './ndarray';
import { axesOf, axisOf, nodeOf, type ResultOptions } from './operands';
import { AXIS, CHOICE, optionsOf, REDUCTION } from './options';
import { totalling } from './promotion';

export interface ReduceOptions extends ResultOptions {
  /** One, several, or all when left out; negative ones are counted from the last. */
  readonly axis?: number | readonly number[] | undefined;
  /** Whether reduced axes stay, with extent 1. */
  readonly keepdims?: boolean | undefined;
}

export interface ArgOptions {
  /** Of the array in one row when left out. */
  readonly axis?: number | undefined;
  readonly keepdims?: boolean | undefined;
}

export interface ScanAxisOptions extends ResultOptions {
  /** Of the array in one row when left out. */
  readonly axis?: number | undefined;
}

/** The axes that are reduced stand last. */
export function axesLast(x: Node, axes: readonly number[]): Node {
  const others = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  return make.permute(x, [...others, ...axes]);
}

export const withoutAxes = (shape: Shape, axes: readonly number[], keepdims: boolean): Shape =>
  keepdims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));

/** @throws UserError where nothing is reduced by what has no neutral element. */
function reduced(
  op: string,
  reduction: Reduction,
  x: NDArray,
  { axis, keepdims = false, dtype }: ReduceOptions,
  own: Dtype,
  input = nodeOf(op, x),
): NDArray {
  const axes = axesOf(op, x, axis);
  const joined = sizeOf(axes.map((each) => x.shape[each] ?? 1));
  const shape = withoutAxes(x.shape, axes, keepdims);
  if (joined === 0 && reduction !== 'add' && reduction !== 'multiply' && sizeOf(shape) > 0)
    throw new UserError(`${op}: ${describe(x)} has no elements along axes ${axes.join(', ')}.`);
  const result = dtype === undefined ? own : x.arrays.checkDtype(op, dtype);
  const node = make.reduce(axesLast(input, axes), reduction, axes.length, result);
  return x.arrays.adopt(make.reshape(node, shape));
}

/** Of integers in 32 bits, modulo 2^32. */
function total(op: string, reduction: 'add' | 'multiply', x: NDArray, options: ReduceOptions): NDArray {
  optionsOf(op, options, REDUCTION);
  const own = totalling(x.dtype);
  return reduced(op, reduction, x, options, own, make.cast(nodeOf(op, x), own));
}

export const sum = (x: NDArray, options: ReduceOptions = {}): NDArray => total('sum', 'add', x, options);
export const prod = (x: NDArray, options: ReduceOptions = {}): NDArray =>
  total('prod', 'multiply', x, options);
export const max = (x: NDArray, options: ReduceOptions = {}): NDArray =>
  reduced('max', 'maximum', x, optionsOf('max', options, REDUCTION), x.dtype);
export const min = (x: NDArray, options: ReduceOptions = {}): NDArray =>
  reduced('min', 'minimum', x, optionsOf('min', options, REDUCTION), x.dtype);

/** uint8: 1 where any element is not 0, which NaN is not. */
export const any = (x: NDArray, options: Omit<ReduceOptions, 'dtype'> = {}): NDArray =>
  truth('any', 'maximum', x, options);
/** uint8: 1 where all elements are other than 0. */
export const all = (x: NDArray, options: Omit<ReduceOptions, 'dtype'> = {}): NDArray =>
  truth('all', 'minimum', x, options);

/** Of nothing, what changes nothing. */
function truth(op: string, reduction: 'maximum' | 'minimum', x: NDArray, options: ReduceOptions): NDArray {
  optionsOf(op, options, CHOICE);
  const axes = axesOf(op, x, options.axis);
  if (axes.some((axis) => x.shape[axis] === 0)) {
    const shape = withoutAxes(x.shape, axes, options.keepdims ?? false);
    return x.arrays.adopt(make.fill(shape, 'uint8', op === 'all' ? 1 : 0));
  }
  return reduced(op, reduction, x, options, 'uint8', notZero(nodeOf(op, x)));
}

const notZero = (x: Node): Node => make.map('not_equal', [x, make.fill(x.shape, x.dtype, 0)], 'uint8');

export function countNonzero(x: NDArray, options: Omit<ReduceOptions, 'dtype'> = {}): NDArray {
  const [op, node] = ['countNonzero', nodeOf('countNonzero', x)] as const;
  optionsOf(op, options, CHOICE);
  return reduced(op, 'add', x, options, 'int32', make.cast(notZero(node), 'int32'));
}

/** int32: where the largest element is, the first of equal ones. */
export const argmax = (x: NDArray, options: ArgOptions = {}): NDArray =>
  place('argmax', 'argmaximum', x, options);
export const argmin = (x: NDArray, options: ArgOptions = {}): NDArray =>
  place('argmin', 'argminimum', x, options);

const place = (op: string, reduction: Reduction, x: NDArray, options: ArgOptions): NDArray =>
  reduced(op, reduction, x, optionsOf(op, options, CHOICE), 'int32');

/** What the last element of a scan along an axis is, is its total; all elements in one row where no axis is given. */
function scanned(op: string, how: Scan, x: NDArray, options: ScanAxisOptions, own: Dtype): NDArray {
  const { axis, dtype } = optionsOf(op, options, AXIS);
  const result = dtype === undefined ? own : x.arrays.checkDtype(op, dtype);
  const node = make.cast(nodeOf(op, x), own);
  if (axis === undefined) return x.arrays.adopt(make.scan(make.reshape(node, [x.size]), how, result));
  const along = axisOf(op, x, axis);
  const last = x.ndim - 1;
  const swapped = [...x.shape.keys()].with(along, last).with(last, along);
  return x.arrays.adopt(make.permute(make.scan(make.permute(node, swapped), how, result), swapped));
}

export const cumsum = (x: NDArray, options: ScanAxisOptions = {}): NDArray =>
  scanned('cumsum', 'add', x, options, totalling(x.dtype));
export const cumprod = (x: NDArray, options: ScanAxisOptions = {}): NDArray =>
  scanned('cumprod', 'multiply', x, options, totalling(x.dtype));
export const cummax = (x: NDArray, options: ScanAxisOptions = {}): NDArray =>
  scanned('cummax', 'maximum', x, options, x.dtype);
export const cummin = (x: NDArray, options: ScanAxisOptions = {}): NDArray =>
  scanned('cummin', 'minimum', x, options, x.dtype);
