/** Order: the largest, where values go among sorted ones, and each value once. */
import {
  util,
  type SearchSortedAttrs,
  type SearchSortedInputs,
  type TopKAttrs,
  type TopKInputs,
  type UniqueAttrs,
  type UniqueInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { sizeOf } from '../../tensor/graph';
import { int, kernel, type KernelTable, type Real } from '../kernel';

/** For each place along the axis which of the different slices lies there, and where each of them lies first. */
function different(x: Real, axis: number): { readonly which: Int32Array; readonly first: readonly number[] } {
  const values = x.values();
  const extent = x.shape[axis] ?? 0;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const known = new Map<string, number>();
  const first: number[] = [];
  const which = Int32Array.from({ length: extent }, (_, place) => {
    const rows = Array.from({ length: outer }, (_, row) => {
      const start = (row * extent + place) * inner;
      return values.subarray(start, start + inner).join();
    });
    const text = rows.join();
    const index = known.get(text) ?? first.length;
    if (index === first.length) first.push(place);
    known.set(text, index);
    return index;
  });
  return { which, first };
}

const UNIQUE = kernel<UniqueInputs, UniqueAttrs>(({ x }, { axis }, { place }) => {
  const [along = 0] = util.parseAxisParam(axis, [...x.shape]);
  const { which, first } = different(x, along);
  const index = place(first, 'int32', [first.length]);
  return [
    { dtype: x.dtype, node: compose.take(x.node, index.node, along, { what: 'Unique' }) },
    place(which, 'int32', [which.length]),
  ];
});

export const ORDER: KernelTable = {
  SearchSorted: kernel<SearchSortedInputs, SearchSortedAttrs>(({ sortedSequence, values }, { side }) =>
    // TensorFlow.js finds nothing below NaN.
    int(compose.searchSorted(sortedSequence.node, values.node, side, false)),
  ),
  TopK: kernel<TopKInputs, TopKAttrs>(({ x }, { k }) => {
    const { values, indices } = compose.topK(x.node, k);
    return [{ dtype: x.dtype, node: values }, int(indices)];
  }),
  Unique: UNIQUE,
};
