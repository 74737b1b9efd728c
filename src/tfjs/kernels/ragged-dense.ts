/** A ragged tensor becomes a dense one: rows are cut where they are too long, and filled up where they are too short. */
import {
  backend_util,
  type RaggedTensorToTensorAttrs,
  type RaggedTensorToTensorInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, sizeOf } from '../../tensor/graph';
import { kernel, type Real } from '../kernel';

/** How one axis is cut into rows: by the row of each value, or by where each row begins. */
interface Partition {
  readonly by: 'VALUE_ROWIDS' | 'ROW_SPLITS';
  readonly values: readonly number[];
}

/** The rows of a partition: how long each is, in order, with the row that it belongs to. */
function* rowsOf({ by, values }: Partition, parents: number): Generator<{ row: number; length: number }> {
  if (by === 'ROW_SPLITS') {
    if (values.length - 1 > parents)
      throw new Error(`Row partition size is greater than output size: ${values.length - 1} > ${parents}`);
    for (const [row, first] of values.slice(0, -1).entries())
      yield { row, length: (values[row + 1] ?? first) - first };
    return;
  }
  for (let i = 0; i < values.length;) {
    const row = values[i] ?? 0;
    if (row >= parents) throw new Error(`Got currentValueRowId=${row}, which is not less than ${parents}`);
    const first = i;
    while (values[i] === row) i++;
    yield { row, length: i - first };
  }
}

const widthOf = (partition: Partition): number =>
  [...rowsOf(partition, Infinity)].reduce((most, { length }) => Math.max(most, length), 0);

/** Where each value goes, of where its row begins; -1 where it is cut off. */
const placesOf = (
  partition: Partition,
  parents: readonly number[],
  stride: number,
  width: number,
): number[] =>
  [...rowsOf(partition, parents.length)].flatMap(({ row, length }) => {
    const start = parents[row] ?? -1;
    return Array.from({ length }, (_, i) => (start < 0 || i >= width ? -1 : start + i * stride));
  });

/** How many rows there are, and the partitions of the axes after the first. */
function partitionsOf(
  tensors: readonly Real[],
  kinds: readonly string[],
): { readonly rows: number; readonly partitions: readonly Partition[] } {
  const all = tensors.map((tensor) => [...tensor.values()]);
  const [first] = all;
  if (kinds.length === 0) throw new Error('No row_partition_types given.');
  if (first === undefined || first.length === 0)
    throw new Error('Invalid first partition input. Tensor requires at least one element.');
  const sized = kinds[0] === 'FIRST_DIM_SIZE';
  if (!sized && kinds[0] !== 'ROW_SPLITS')
    throw new Error(`Cannot handle ${String(kinds[0])} in first dimension.`);
  const partitions = kinds.slice(sized ? 1 : 0).map((by, i): Partition => {
    if (by !== 'VALUE_ROWIDS' && by !== 'ROW_SPLITS') throw new Error(`Cannot handle partition type ${by}`);
    return { by, values: all[i + (sized ? 1 : 0)] ?? [] };
  });
  return { rows: sized ? (first[0] ?? 0) : first.length - 1, partitions };
}

/** What was asked for, -1 where anything will do; a scalar -1 leaves the rank open, too. */
function wantedShape(shape: Real, rank: number): number[] {
  const extents = [...shape.values()];
  for (const extent of extents) if (extent < -1) throw new Error(`Dimension ${extent} must be >= -1`);
  if (shape.shape.length > 0) return extents;
  if (extents[0] !== -1)
    throw new Error(`The only valid scalar shape tensor is the fully unknown shape specified as -1.`);
  return Array<number>(rank).fill(-1);
}

export const RAGGED_TO_DENSE = kernel<RaggedTensorToTensorInputs, RaggedTensorToTensorAttrs>(
  ({ shape, values, defaultValue, rowPartitionTensors }, { rowPartitionTypes }, { place }) => {
    const { rows, partitions } = partitionsOf(rowPartitionTensors, rowPartitionTypes);
    backend_util.validateDefaultValueShape([...defaultValue.shape], [...values.shape]);
    const depth = partitions.length;
    const wanted = backend_util.combineRaggedTensorToTensorShapes(
      depth,
      wantedShape(shape, depth + values.shape.length),
      [...values.shape],
    );
    const extents = wanted.map((extent, axis) => {
      if (extent >= 0) return extent;
      const partition = partitions[axis - 1];
      return axis === 0
        ? rows
        : partition === undefined
          ? (values.shape[axis - depth] ?? 0)
          : widthOf(partition);
    });
    const [element, outer] = [extents.slice(depth + 1), extents.slice(0, depth + 1)];
    const stride = (axis: number): number => sizeOf(outer.slice(axis + 1));
    let places = Array.from({ length: rows }, (_, i) => (i < (extents[0] ?? 0) ? i * stride(0) : -1));
    for (const [i, partition] of partitions.entries())
      places = placesOf(partition, places, stride(i + 1), extents[i + 1] ?? 0);
    const count = values.shape[0] ?? 0;
    const sources = new Int32Array(sizeOf(outer)).fill(count); // the default comes after the values
    for (const [from, to] of places.entries()) if (to >= 0 && to < sources.length) sources[to] = from;
    const spare = compose.broadcastTo(make.cast(defaultValue.node, values.node.dtype), [1, ...element]);
    const all = make.concat([make.reshape(values.node, [count, ...element]), spare], 0);
    const index = place(sources, 'int32', outer);
    return { dtype: values.dtype, node: compose.take(all, index.node, 0, { what: 'RaggedTensorToTensor' }) };
  },
);
