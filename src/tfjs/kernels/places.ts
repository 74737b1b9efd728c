/**
 * Kernels that take and put elements where indices say. Where the host has the indices, one that lies outside is told at once; else
 * reading the result tells it.
 */
import {
  backend_util,
  util,
  type BincountAttrs,
  type BincountInputs,
  type DenseBincountAttrs,
  type GatherNdInputs,
  type GatherV2Attrs,
  type GatherV2Inputs,
  type OneHotAttrs,
  type OneHotInputs,
  type ScatterNdAttrs,
  type ScatterNdInputs,
  type SparseToDenseAttrs,
  type SparseToDenseInputs,
  type TensorScatterUpdateInputs,
  type UnsortedSegmentSumAttrs,
  type UnsortedSegmentSumInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, sizeOf, type Node, type Shape } from '../../tensor/graph';
import { kernel, nodeFormat, type Kernel, type KernelTable, type Real } from '../kernel';
import { isReal } from '../values';
import { hostValues } from './host';

const GATHER = kernel<GatherV2Inputs, Partial<GatherV2Attrs>>(({ x, indices }, { axis = 0, batchDims }) => {
  const [along = 0] = util.parseAxisParam(axis, [...x.shape]);
  const extent = x.shape[along] ?? 0;
  for (const index of hostValues(indices) ?? [])
    util.assert(
      index >= 0 && index < extent,
      () => `GatherV2: the index value ${index} is not in [0, ${extent - 1}]`,
    );
  const batchAxes = batchDims ?? 0;
  const { outputShape } = backend_util.segment_util.collectGatherOpShapeInfo(
    x.info,
    indices.info,
    along,
    batchAxes,
  );
  const taken = compose.take(x.node, indices.node, along, { what: 'GatherV2', batchAxes });
  return { dtype: x.dtype, node: make.reshape(taken, outputShape) };
});

/** @throws Error where the host has an index [..., depth] that lies outside. */
function checkPlaces(indices: Real, depth: number, extents: Shape): void {
  const values = hostValues(indices);
  for (let i = 0; values !== undefined && i < values.length; i += depth) {
    const index = [...values.subarray(i, i + depth)];
    util.assert(
      index.every((place, axis) => place >= 0 && place < (extents[axis] ?? 0)),
      () => `Invalid indices: ${index.join()} does not index into ${extents.join()}`,
    );
    if (depth === 0) return;
  }
}

const GATHER_ND = kernel<GatherNdInputs>(({ params, indices }) => {
  const [shape] = backend_util.prepareAndValidate(params.info, indices.info);
  checkPlaces(indices, indices.shape.at(-1) ?? 0, params.shape);
  const node = compose.gatherNd(params.node, indices.node, { what: 'GatherNd' });
  return { dtype: params.dtype, node: make.reshape(node, shape) };
});

/** Indices of no or one axis go into the first axis; one update may be for all. */
function scattered(what: string, base: Node, indices: Real, updates: Real, combine: 'add' | 'set'): Node {
  const { shape } = base;
  const { sliceRank, numUpdates } = backend_util.calculateShapes(updates.info, indices.info, [...shape]);
  if (base.size === 0) return base;
  checkPlaces(indices, sliceRank, shape);
  const index = make.reshape(indices.node, [numUpdates, sliceRank]);
  const rows = [numUpdates, ...shape.slice(sliceRank)];
  const node = updates.node;
  const each = node.size === sizeOf(rows) ? make.reshape(node, rows) : compose.broadcastTo(node, rows);
  return compose.scatterNd(base, index, each, { combine, what });
}

const SPARSE_TO_DENSE = kernel<SparseToDenseInputs, SparseToDenseAttrs>(
  ({ sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
    const { dtype } = sparseValues;
    const lone = make.cast(make.reshape(defaultValue.node, []), nodeFormat(dtype));
    const base = compose.broadcastTo(lone, outputShape);
    return { dtype, node: scattered('SparseToDense', base, sparseIndices, sparseValues, 'set') };
  },
);

const ONE_HOT = kernel<OneHotInputs, OneHotAttrs>(({ indices }, { dtype, depth, onValue, offValue }) => {
  if (!isReal(dtype)) throw new Error(`OneHot gives no tensor of ${dtype}.`);
  return { dtype, node: compose.oneHot(indices.node, depth, nodeFormat(dtype), onValue, offValue) };
});

/** Without weights each number counts once. Flags tell whether it occurs at all. */
function counted(x: Node, given: Real, weights: Real, size: number, flags = false): Node {
  util.assert(
    !(hostValues(given)?.some((value) => value < 0) ?? false),
    () => 'Input x must be non-negative!',
  );
  const format = nodeFormat(weights.dtype);
  const each = weights.node.size > 0 && !flags ? make.reshape(weights.node, x.shape) : undefined;
  const counts = make.cast(compose.bincount(x, size, each), format);
  return flags ? make.map('minimum', [counts, make.fill(counts.shape, format, 1)], format) : counts;
}

const BINCOUNT = kernel<BincountInputs, BincountAttrs>(({ x, weights }, { size }) => ({
  dtype: weights.dtype,
  node: counted(make.reshape(x.node, [sizeOf(x.shape)]), x, weights, size),
}));

const DENSE_BINCOUNT = kernel<BincountInputs, DenseBincountAttrs>(
  ({ x, weights }, { size, binaryOutput = false }) => {
    if (x.shape.length !== 1 && x.shape.length !== 2)
      throw new Error(`Error in denseBincount: input must be at most rank 2, but got rank${x.shape.length}.`);
    return { dtype: weights.dtype, node: counted(x.node, x, weights, size, binaryOutput) };
  },
);

const SCATTER_ND: Kernel = kernel<ScatterNdInputs, ScatterNdAttrs>(({ indices, updates }, { shape }) => {
  const base = make.fill(shape, nodeFormat(updates.dtype), 0);
  return { dtype: updates.dtype, node: scattered('ScatterNd', base, indices, updates, 'add') };
});

export const PLACES: KernelTable = {
  Bincount: BINCOUNT,
  DenseBincount: DENSE_BINCOUNT,
  GatherNd: GATHER_ND,
  GatherV2: GATHER,
  OneHot: ONE_HOT,
  ScatterNd: SCATTER_ND,
  SparseToDense: SPARSE_TO_DENSE,
  TensorScatterUpdate: kernel<TensorScatterUpdateInputs>(({ tensor, indices, updates }) => ({
    dtype: tensor.dtype,
    node: scattered('TensorScatterUpdate', tensor.node, indices, updates, 'set'),
  })),
  UnsortedSegmentSum: kernel<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>(
    ({ x, segmentIds }, { numSegments }) => ({
      dtype: x.dtype,
      node: compose.segments(x.node, segmentIds.node, numSegments),
    }),
  ),
};
