/**
 * Ragged tensors: rows of different lengths, one after the other, with splits that say where each begins. Splits and shapes are computed of
 * values on the host; the rows themselves are taken where they are.
 */
import { util, type RaggedGatherInputs, type RaggedRangeInputs } from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { kernel, type KernelTable, type Real } from '../kernel';
import { RAGGED_TO_DENSE } from './ragged-dense';

type Numbers = ArrayLike<number>;

const at = (values: Numbers, i: number): number => values[i] ?? 0;

/** @throws Error unless splits rise, and none points behind what it splits. */
function checkSplits(nested: readonly Numbers[], rows: number): void {
  for (const [dim, splits] of nested.entries()) {
    const behind = nested[dim + 1]?.length ?? rows;
    util.assert(splits.length > 0, () => 'Ragged splits may not be empty');
    util.assert(at(splits, 0) >= 0, () => 'Ragged splits must be non-negative');
    util.assert(at(splits, splits.length - 1) <= behind, () => 'Ragged splits must not point past values');
    for (let i = 1; i < splits.length; i++)
      util.assert(
        at(splits, i - 1) <= at(splits, i),
        () => 'Ragged splits must be sorted in ascending order',
      );
  }
}

/** Splits of the axes of the indices but the last, whose rows are all of one length. */
const regular = (shape: readonly number[]): number[][] =>
  shape.slice(0, -1).map((_, dim) => {
    const rows = shape.slice(0, dim + 1).reduce((product, extent) => product * extent, 1);
    return Array.from({ length: rows + 1 }, (_, i) => i * (shape[dim + 1] ?? 0));
  });

function checkIndices(indices: Numbers, { shape }: Real, count: number): void {
  for (let i = 0; i < indices.length; i++)
    util.assert(at(indices, i) >= 0 && at(indices, i) < count, () => {
      const place = util.indexToLoc(i, shape.length, util.computeStrides([...shape]));
      return `indices[${place.join()}] = ${at(indices, i)} is not in [0, ${count})`;
    });
}

const GATHER = kernel<RaggedGatherInputs>((inputs, _, { place }) => {
  const { paramsNestedSplits, paramsDenseValues, indices } = inputs;
  const [outermost] = paramsNestedSplits;
  if (outermost === undefined) throw new Error('paramsNestedSplits must be non empty');
  if (outermost.shape.length === 0) throw new Error('Split tensors must not be scalars');
  const wanted = indices.values();
  checkIndices(wanted, indices, (outermost.shape[0] ?? 0) - 1);
  if (paramsDenseValues.shape.length === 0) throw new Error('params.rank must be nonzero');
  const nested = paramsNestedSplits.map((splits) => splits.values());
  checkSplits(nested, paramsDenseValues.shape[0] ?? 0);
  const axes = indices.shape.length - 1;
  const splits = [...regular(indices.shape), ...nested.map(() => [0])];
  const rows: number[] = [];
  for (const index of wanted) {
    let [start, limit] = [index, index + 1];
    for (const [dim, from] of nested.entries()) {
      const to = splits[dim + axes]; // an index alone leaves the outermost splits out
      const shift = (to?.at(-1) ?? 0) - at(from, start);
      for (let i = start; i < limit; i++) to?.push(at(from, i + 1) + shift);
      [start, limit] = [at(from, start), at(from, limit)];
    }
    for (let row = start; row < limit; row++) rows.push(row);
  }
  const picked = place(rows, 'int32', [rows.length]);
  return [
    ...splits.slice(axes < 0 ? 1 : 0).map((each) => place(each, 'int32', [each.length])),
    {
      dtype: paramsDenseValues.dtype,
      node: compose.take(paramsDenseValues.node, picked.node, 0, { what: 'RaggedGather' }),
    },
  ];
});

const LONGEST = 2 ** 31 - 1;

function lengthOf(start: number, limit: number, delta: number): number {
  if (delta === 0) throw new Error('Requires delta != 0');
  if ((limit - start) * delta < 0) return 0;
  const length = Math.ceil(Math.abs((limit - start) / delta));
  if (length > LONGEST) throw new Error(`Requires ((limit - start) / delta) <= ${LONGEST}`);
  return length;
}

/** One range for each row; a scalar is the same in all of them. */
const RANGE = kernel<RaggedRangeInputs>(({ starts, limits, deltas }, _, { place }) => {
  for (const [name, { shape }] of Object.entries({ starts, limits, deltas }))
    if (shape.length > 1) throw new Error(`${name} must be a scalar or vector`);
  const extents = [starts, limits, deltas].flatMap(({ shape }) => shape);
  const [count = 1] = extents;
  if (extents.some((extent) => extent !== count))
    throw new Error('starts, limits, and deltas must have the same shape');
  const [start, limit, delta] = [starts, limits, deltas].map((each) => {
    const values = each.values();
    return (row: number): number => at(values, each.shape.length === 0 ? 0 : row);
  }) as [(row: number) => number, (row: number) => number, (row: number) => number];
  const splits = [0];
  const values: number[] = [];
  for (let row = 0; row < count; row++) {
    const length = lengthOf(start(row), limit(row), delta(row));
    for (let i = 0; i < length; i++) values.push(start(row) + i * delta(row));
    splits.push(values.length);
  }
  return [place(splits, 'int32', [splits.length]), place(values, starts.dtype, [values.length])];
});

export const RAGGED: KernelTable = {
  RaggedGather: GATHER,
  RaggedRange: RANGE,
  RaggedTensorToTensor: RAGGED_TO_DENSE,
};
