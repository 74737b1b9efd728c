/**
 * Sparse tensors. What hangs on values, shapes and which rows there are, is computed of values on the host; the numbers themselves are
 * taken and added as everywhere.
 */
import {
  backend_util,
  util,
  type SparseFillEmptyRowsInputs,
  type SparseReshapeInputs,
  type SparseSegmentSumInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, sizeOf, type Node, type Shape } from '../../tensor/graph';
import { kernel, nodeFormat, type Kernel, type KernelTable, type Real } from '../kernel';
import { hostValues } from './host';

function checkRank(what: string, form: string, rank: number, { shape }: Real): void {
  if (shape.length !== rank)
    throw new Error(`${what} should be a ${form} but received shape\n        ${shape.join()}`);
}

/** The shape that was asked for, with the extent that -1 stands for. */
function resolved(inputShape: Shape, target: Shape): number[] {
  const size = sizeOf(inputShape);
  const unknown = target.flatMap((extent, axis) => (extent === -1 ? [axis] : []));
  const [open, another] = unknown;
  if (open !== undefined && another !== undefined)
    throw new Error(backend_util.getSparseReshapeMultipleNegativeOneOutputDimErrorMessage(open, another));
  for (const [axis, extent] of target.entries())
    if (extent < -1)
      throw new Error(backend_util.getSparseReshapeNegativeOutputDimErrorMessage(axis, extent));
  const shape = target.map((extent) => (extent === -1 ? 1 : extent));
  if (open !== undefined) {
    const rest = sizeOf(shape);
    if (rest <= 0) throw new Error(backend_util.getSparseReshapeEmptyTensorZeroOutputDimErrorMessage());
    if (size % rest !== 0)
      throw new Error(backend_util.getSparseReshapeInputOutputMultipleErrorMessage([...inputShape], shape));
    shape[open] = size / rest;
  }
  if (sizeOf(shape) !== size)
    throw new Error(backend_util.getSparseReshapeInputOutputMismatchErrorMessage([...inputShape], shape));
  return shape;
}

/** The same places in another shape. */
const RESHAPE = kernel<SparseReshapeInputs>(({ inputIndices, inputShape, newShape }, _, { place }) => {
  checkRank('Input indices', 'matrix', 2, inputIndices);
  checkRank('Input shape', 'vector', 1, inputShape);
  checkRank('Target shape', 'vector', 1, newShape);
  const from = [...inputShape.values()];
  const to = resolved(from, [...newShape.values()]);
  const [fromStrides, toStrides] = [from, to].map((shape) =>
    shape.map((_, axis) => sizeOf(shape.slice(axis + 1))),
  ) as [number[], number[]];
  const indices = inputIndices.values();
  const [count = 0, rank = 0] = inputIndices.shape;
  const moved = Array.from({ length: count }, (_, i) => {
    const flat = fromStrides.reduce((sum, stride, axis) => sum + stride * (indices[i * rank + axis] ?? 0), 0);
    return toStrides.map(
      (stride, axis) => Math.trunc(flat / stride) % (axis === 0 ? Infinity : (to[axis] ?? 1)),
    );
  });
  return [
    place(moved.flat(), inputIndices.dtype, [count, to.length]),
    place(to, newShape.dtype, [to.length]),
  ];
});

const FILL_EMPTY_ROWS = kernel<SparseFillEmptyRowsInputs>((inputs, _, { place }) => {
  const { indices, values, denseShape, defaultValue } = inputs;
  checkRank('Dense shape', 'vector', 1, denseShape);
  checkRank('Indices', 'matrix', 2, indices);
  checkRank('Values', 'vector', 1, values);
  checkRank('Default value', 'scalar', 0, defaultValue);
  const [count = 0, rank = 0] = indices.shape;
  const [rows = 0] = denseShape.values();
  const places = indices.values();
  if (rows === 0 && count > 0)
    throw new Error(backend_util.getSparseFillEmptyRowsIndicesDenseShapeMismatch(count));
  /** Which of the values lie in each row, and -1 where there is none. */
  const members: number[][] = Array.from({ length: rows }, () => []);
  for (let i = 0; i < count; i++) {
    const row = places[i * rank] ?? 0;
    if (row < 0) throw new Error(backend_util.getSparseFillEmptyRowsNegativeIndexErrorMessage(i, row));
    if (row >= rows)
      throw new Error(backend_util.getSparseFillEmptyRowsOutOfRangeIndexErrorMessage(i, row, rows));
    members[row]?.push(i);
  }
  const empty = members.map((row) => row.length === 0);
  const ordered = members.flatMap((row, i) =>
    row.length === 0 ? [{ row: i, from: -1 }] : row.map((from) => ({ row: i, from })),
  );
  const filled = ordered.flatMap(({ row, from }) =>
    from < 0
      ? [row, ...Array<number>(rank - 1).fill(0)]
      : [...places.subarray(from * rank, (from + 1) * rank)],
  );
  const reverse = new Int32Array(count);
  for (const [to, { from }] of ordered.entries()) if (from >= 0) reverse[from] = to;
  const sources = ordered.map(({ from }) => (from < 0 ? count : from));
  const given = make.concat([values.node, make.reshape(defaultValue.node, [1])], 0);
  const picked = compose.take(given, place(sources, 'int32', [sources.length]).node, 0);
  return [
    place(filled, indices.dtype, [ordered.length, rank]),
    { dtype: values.dtype, node: picked },
    place(empty.map(Number), 'bool', [rows]),
    place(reverse, indices.dtype, [count]),
  ];
});

/** How many segments there are. */
function segmentCount(ids: ArrayLike<number>): number {
  if (ids.length === 0) return 0;
  const count = (ids[ids.length - 1] ?? 0) + 1;
  if (count <= 0) throw new Error(backend_util.getSparseSegmentReductionNegativeSegmentIdsErrorMessage());
  for (const [i, id] of Array.from(ids).entries()) {
    if (i > 0 && id < (ids[i - 1] ?? 0))
      throw new Error(backend_util.getSparseSegmentReductionNonIncreasingSegmentIdsErrorMessage());
    if (id < 0 || id >= count)
      throw new Error(backend_util.getSparseSegmentReductionSegmentIdOutOfRangeErrorMessage(id, count));
  }
  return count;
}

/** Rows that indices name, joined by their segments. `finish` is given how many there are in each, at least 1. */
const segmentsOf = (finish: (sums: Node, sizes: Node, data: Real) => Node): Kernel =>
  kernel<SparseSegmentSumInputs>(({ data, indices, segmentIds }, _, { place }) => {
    if (data.shape.length < 1) throw new Error('Data should be at least 1 dimensional but received scalar');
    checkRank('Indices', 'vector', 1, indices);
    checkRank('Segment ids', 'vector', 1, segmentIds);
    if (indices.shape[0] !== segmentIds.shape[0])
      throw new Error('segmentIds and indices should have same size.');
    const ids = segmentIds.values();
    const count = segmentCount(ids);
    const rows = data.shape[0] ?? 0;
    for (const [i, index] of (hostValues(indices) ?? []).entries())
      util.assert(index >= 0 && index < rows, () =>
        backend_util.getSparseSegmentReductionIndicesOutOfRangeErrorMessage(i, index, rows),
      );
    const taken = compose.take(data.node, indices.node, 0, { what: 'SparseSegment' });
    const sums = compose.segments(taken, segmentIds.node, count);
    const sizes = new Float32Array(count);
    for (const id of ids) sizes[id] = (sizes[id] ?? 0) + 1;
    const column = [count, ...sums.shape.slice(1).map(() => 1)];
    const least = place(
      sizes.map((size) => Math.max(size, 1)),
      'float32',
      column,
    );
    return { dtype: data.dtype, node: finish(sums, least.node, data) };
  });

/** Whole numbers are rounded towards zero. */
function averaged(sums: Node, sizes: Node, { dtype }: Real): Node {
  const divisors = compose.broadcastTo(make.cast(sizes, nodeFormat(dtype)), sums.shape);
  return dtype === 'int32' ? compose.truncateDivide(sums, divisors) : compose.divide(sums, divisors);
}

export const SPARSE: KernelTable = {
  SparseFillEmptyRows: FILL_EMPTY_ROWS,
  SparseReshape: RESHAPE,
  SparseSegmentMean: segmentsOf(averaged),
  SparseSegmentSum: segmentsOf((sums) => sums),
};
