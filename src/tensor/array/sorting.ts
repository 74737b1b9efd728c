/** Order: sorted elements, where they were, and the largest ones. */
import { UserError } from '../../numerics';
import * as compose from '../compose';
import { describe, type NDArray } from './ndarray';
import { axisOf, countOf, nodeOf } from './operands';
import { oneOf, optionsOf } from './options';

export interface SortOptions {
  /** The last one when left out. */
  readonly axis?: number | undefined;
  readonly descending?: boolean | undefined;
}

/** Equal elements stay in order, -0 equals +0, and NaN comes last. */
export const sort = (x: NDArray, options: SortOptions = {}): NDArray =>
  ordered('sort', compose.sort, x, options);

/** int32: where the elements stand that `sort` gives. */
export const argsort = (x: NDArray, options: SortOptions = {}): NDArray =>
  ordered('argsort', compose.argsort, x, options);

function ordered(op: string, fn: typeof compose.sort, x: NDArray, options: SortOptions): NDArray {
  const { axis = -1, descending = false } = optionsOf(op, options, ['axis', 'descending']);
  return x.arrays.adopt(fn(nodeOf(op, x), axisOf(op, x, axis), descending));
}

export interface TopOptions {
  readonly axis?: number | undefined;
  /** Whether the largest are meant, which they are when left out. */
  readonly largest?: boolean | undefined;
}

/** The k largest elements along an axis, in order, and where they stand. */
export function topK(
  x: NDArray,
  k: number,
  options: TopOptions = {},
): { readonly values: NDArray; readonly indices: NDArray } {
  const { axis = -1, largest = true } = optionsOf('topK', options, ['axis', 'largest']);
  const along = axisOf('topK', x, axis);
  countOf('topK', 'k', k, 0, x.shape[along] ?? 0);
  const { values, indices } = compose.topK(nodeOf('topK', x), k, along, largest);
  return { values: x.arrays.adopt(values), indices: x.arrays.adopt(indices) };
}

/** int32: where each value would stand among the sorted ones of the last axis; NaN comes last, as `sort` puts it. */
export function searchsorted(sorted: NDArray, values: NDArray, side: 'left' | 'right' = 'left'): NDArray {
  const [a, b] = [nodeOf('searchsorted', sorted), sorted.arrays.nodeOf('searchsorted', values)];
  oneOf('searchsorted', 'side', side, ['left', 'right']);
  if (sorted.ndim !== 1)
    throw new UserError(`searchsorted: needs one axis of sorted elements; received ${describe(sorted)}.`);
  return sorted.arrays.adopt(compose.searchSorted(a, b, side));
}
