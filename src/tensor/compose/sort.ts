/** Order: places by `argsort`, equal elements as they stand, NaN last; values taken along. */
import { make, type Node } from '../graph';
import { takeAlong } from './gather';
import { reduce } from './reductions';
import { broadcastTo, expand, lastTo, sliceAxis, toLast } from './shapes';
import { isInteger, judge } from './steps';

/** int32. */
export const argsort = (x: Node, axis = x.shape.length - 1, descending = false): Node =>
  lastTo(make.argsort(toLast(x, axis), descending), axis);

export const sort = (x: Node, axis = x.shape.length - 1, descending = false): Node =>
  takeAlong(x, argsort(x, axis, descending), axis, { what: 'sort' });

export interface Top {
  readonly values: Node;
  /** int32. */
  readonly indices: Node;
}

/** The k largest along an axis, or smallest, in order; of equal ones the first come first. */
export function topK(x: Node, k: number, axis = x.shape.length - 1, largest = true): Top {
  const indices = sliceAxis(argsort(x, axis, largest), axis, 0, k);
  return { values: takeAlong(x, indices, axis, { what: 'top_k' }), indices };
}

/**
 * int32: where each value would go into the sorted last axis of `sorted`, before its equals (left) or after: how many are below it (or not
 * above). NaN is above all numbers and equal to itself, as in `sort`; without `nanLast` it is above none. Leading axes are broadcast.
 */
export function searchSorted(
  sorted: Node,
  values: Node,
  side: 'left' | 'right' = 'left',
  nanLast = true,
): Node {
  const [n = 0, m = 0] = [sorted.shape.at(-1), values.shape.at(-1)];
  const lead = values.shape.slice(0, -1);
  const shape = [...lead, m, n];
  const rows = broadcastTo(expand(sorted, sorted.shape.length - 1), shape);
  const each = make.broadcast(expand(values, values.shape.length), shape);
  const ordered = judge(side === 'left' ? 'less' : 'less_equal', rows, each);
  const isNan = judge('not_equal', each, each);
  const belowNan = side === 'left' ? judge('logical_and', isNan, judge('equal', rows, rows)) : isNan;
  const below = nanLast && !isInteger(values.dtype) ? judge('logical_or', ordered, belowNan) : ordered;
  return reduce(make.cast(below, 'int32'), 'add', { axes: [shape.length - 1], dtype: 'int32' });
}
