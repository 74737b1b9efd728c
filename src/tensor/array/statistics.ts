/** Means and what is made of them, and functions that norm along axes. */
import { UserError, type Dtype } from '../../numerics';
import * as compose from '../compose';
import { sizeOf, type Node } from '../graph';
import { describe, type NDArray } from './ndarray';
import { axesOf, axisOf, nodeOf, type ResultOptions } from './operands';
import { AXIS, optionsOf, REDUCTION } from './options';
import { floating } from './promotion';
import type { ReduceOptions } from './reductions';

interface Along {
  readonly node: Node;
  readonly axes: readonly number[];
  readonly dtype: Dtype;
  readonly keepDims: boolean;
}

/** @throws UserError where there are no elements along the axes. */
function along(op: string, x: NDArray, options: ReduceOptions): Along {
  const { axis, keepdims = false, dtype } = optionsOf(op, options, REDUCTION);
  const node = nodeOf(op, x);
  const axes = axesOf(op, x, axis);
  if (sizeOf(axes.map((each) => x.shape[each] ?? 1)) === 0)
    throw new UserError(`${op}: ${describe(x)} has no elements along axes ${axes.join(', ')}.`);
  const result = dtype === undefined ? floating(x.dtype) : x.arrays.checkDtype(op, dtype);
  return { node, axes, dtype: result, keepDims: keepdims };
}

export interface SpreadOptions extends ReduceOptions {
  /** What is taken from the number of elements before it divides; 0 when left out. */
  readonly ddof?: number | undefined;
}

const SPREAD = [...REDUCTION, 'ddof'] as const;

/** Of integers float32; summed in float32 and rounded once. */
export function mean(x: NDArray, options: ReduceOptions = {}): NDArray {
  const { node, ...how } = along('mean', x, options);
  return x.arrays.adopt(compose.mean(node, how));
}

export function variance(x: NDArray, options: SpreadOptions = {}): NDArray {
  const { ddof = 0, ...rest } = optionsOf('variance', options, SPREAD);
  const { node, ...how } = along('variance', x, rest);
  return x.arrays.adopt(compose.variance(node, { ...how, correction: ddof }));
}

export function std(x: NDArray, options: SpreadOptions = {}): NDArray {
  const { ddof = 0, ...rest } = optionsOf('std', options, SPREAD);
  const { node, ...how } = along('std', x, rest);
  return x.arrays.adopt(compose.std(node, { ...how, correction: ddof }));
}

/** log of the sum of exp, of which nothing overflows. */
export function logsumexp(x: NDArray, options: ReduceOptions = {}): NDArray {
  const { node, ...how } = along('logsumexp', x, options);
  return x.arrays.adopt(compose.logsumexp(node, how));
}

export interface NormOptions extends ReduceOptions {
  /** 2 when left out; 1, Infinity, -Infinity, 0 or any other. */
  readonly order?: number | undefined;
}

/** Of vectors along axes. */
export function norm(x: NDArray, options: NormOptions = {}): NDArray {
  const { order = 2, ...rest } = optionsOf('norm', options, [...REDUCTION, 'order']);
  const { node, ...how } = along('norm', x, rest);
  return x.arrays.adopt(compose.norm(node, order, how));
}

export interface AxisOptions extends ResultOptions {
  /** The last one when left out. */
  readonly axis?: number | undefined;
}

type Softened = (x: Node, axis: number, dtype: Dtype) => Node;

function softened(op: string, fn: Softened, x: NDArray, options: AxisOptions): NDArray {
  const { axis = -1, dtype } = optionsOf(op, options, AXIS);
  const node = nodeOf(op, x);
  const result = dtype === undefined ? floating(x.dtype) : x.arrays.checkDtype(op, dtype);
  return x.arrays.adopt(fn(node, axisOf(op, x, axis), result));
}

export const softmax = (x: NDArray, options: AxisOptions = {}): NDArray =>
  softened('softmax', compose.softmax, x, options);
export const logSoftmax = (x: NDArray, options: AxisOptions = {}): NDArray =>
  softened('logSoftmax', compose.logSoftmax, x, options);
