/**
 * result[r, :] = (x[r, :] - mean) / sqrt(variance + 1e-5) * gain + offset, mean and variance those of the row, 128 rows at a time.
 * bn_stats has the statistics of up to 512 columns in one instruction, bn_aggr joins them; two more instructions of the Vector engine
 * do the rest. gain and offset [1, N] are read once, to every partition.
 */
import { CHIP_NAMES } from '../chip';
import { kernel, type HbmView, type Nc } from '../kernel';
import { UserError } from '../numerics';
import { add, constant, exact, multiply, rsqrt, subtract, sum, written, type Approx } from './approx';
import { libraryKernel } from './entry';
import { eachRow } from './products';
import { matrixOf, sizeOf, tilesOf } from './shapes';

const PARTITIONS = 128;
/** Columns that bn_stats takes, and what it gives: count, mean and variance x count of even and of odd ones. */
const STATS_WIDTH = 512;
const STATS = 6;
const EPSILON = 1e-5;

/** A row [1, N] in every partition. */
function everywhere(nc: Nc, name: string, row: HbmView, columns: number) {
  const [one, width] = matrixOf(name, row);
  if (one !== 1 || width !== columns) {
    throw new UserError(`${name} must be [1, ${columns}], received [${one}, ${width}].`);
  }
  const tile = nc.sbuf([PARTITIONS, columns], row.dtype);
  nc.dma_copy(tile, { src: row.broadcast(0, PARTITIONS) });
  return tile;
}

export const layernorm = kernel('layernorm', ['x', 'gain', 'offset'], (nc, { x, gain, offset }) => {
  const [rows, columns] = matrixOf('x', x);
  const result = nc.hbm('result', [rows, columns], x.dtype);
  const gains = everywhere(nc, 'gain', gain, columns);
  const offsets = everywhere(nc, 'offset', offset, columns);
  const parts = tilesOf(columns, STATS_WIDTH);
  for (const tile of tilesOf(rows, PARTITIONS)) {
    const size = sizeOf(tile);
    const values = nc.sbuf([size, columns], x.dtype);
    nc.dma_copy(values, { src: x.slice(tile, 'all') });
    const stats = nc.sbuf([size, parts.length, STATS], 'float32');
    for (const [index, part] of parts.entries()) {
      nc.bn_stats(stats.slice('all', index, 'all'), { data: values.slice('all', part) });
    }
    const moments = nc.sbuf([size, 2], 'float32');
    nc.bn_aggr(moments, { data: stats });
    const [mean, variance] = [moments.slice('all', [0, 1]), moments.slice('all', [1, 2])];
    const raised = nc.sbuf([size, 1], 'float32');
    nc.tensor_scalar(raised, { data: variance, op0: 'add', operand0: Math.fround(EPSILON) });
    const root = nc.sbuf([size, 1], 'float32');
    nc.activation(root, { op: 'rsqrt', data: raised });
    const centred = nc.sbuf([size, columns], 'float32');
    nc.scalar_tensor_tensor(centred, {
      data: values,
      op0: 'subtract',
      operand0: mean,
      op1: 'multiply',
      operand1: gains.slice([0, size], 'all'),
    });
    const out = nc.sbuf([size, columns], x.dtype);
    nc.scalar_tensor_tensor(out, {
      data: centred,
      op0: 'multiply',
      operand0: root,
      op1: 'add',
      operand1: offsets.slice([0, size], 'all'),
    });
    nc.dma_copy(result.slice(tile, 'all'), { src: out });
  }
});

interface Moments {
  readonly count: number;
  readonly mean: Approx;
  /** Variance x count. */
  readonly squares: Approx;
}

/** As bn_stats has it: the sum times 1 / count, then the squared distances. */
function momentsOf(values: readonly number[]): Moments {
  const count = values.length;
  const mean = multiply(sum(values.map(exact)), constant(1 / count));
  const squares = sum(
    values.map((value) => {
      const distance = subtract(exact(value), mean);
      return multiply(distance, distance);
    }),
  );
  return { count, mean, squares };
}

/** As bn_aggr joins two (src/isa/vector/bn-aggr.ts). */
function joined(left: Moments, right: Moments): Moments {
  const count = left.count + right.count;
  const share = multiply(exact(right.count), constant(1 / count));
  const apart = subtract(right.mean, left.mean);
  const between = multiply(multiply(apart, apart), multiply(exact(left.count), share));
  return {
    count,
    mean: add(left.mean, multiply(apart, share)),
    squares: add(add(left.squares, right.squares), between),
  };
}

/** Mean and variance of a row: their values from the definition, their errors from the steps that the chip takes. */
function rowMoments(row: Float64Array): { readonly mean: Approx; readonly variance: Approx } {
  const columns = row.length;
  const parts = tilesOf(columns, STATS_WIDTH).flatMap(([start, stop]) => {
    const part = Array.from(row.subarray(start, stop));
    return [0, 1].map((parity) => part.filter((_, index) => index % 2 === parity));
  });
  const chip = parts
    .filter((part) => part.length > 0)
    .map(momentsOf)
    .reduce(joined);
  const mean = row.reduce((total, value) => total + value, 0) / columns;
  const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / columns;
  return {
    mean: { value: mean, error: chip.mean.error },
    variance: { value: variance, error: multiply(chip.squares, constant(1 / columns)).error },
  };
}

export const layernormEntry = libraryKernel({
  name: layernorm.name,
  summary: 'each row of x less its mean, over its deviation, times gain, plus offset',
  doc: 'docs/kernels.md#layernorm',
  chips: CHIP_NAMES,
  dtypes: ['float32', 'bfloat16'],
  sizes: {
    rows: { summary: 'rows of x', of: 'inputs', default: 256, least: 1, most: 8192 },
    columns: { summary: 'columns of x', of: 'inputs', default: 768, least: 1, most: 4096 },
  },
  kernel: () => layernorm,
  inputs: ({ rows, columns }, dtype) => ({
    x: { shape: [rows, columns], dtype, distribution: { kind: 'normal', mean: 0.5, deviation: 1 } },
    gain: { shape: [1, columns], dtype, distribution: { kind: 'normal', mean: 1, deviation: 0.25 } },
    offset: { shape: [1, columns], dtype, distribution: { kind: 'normal', mean: 0, deviation: 0.25 } },
  }),
  // The moments, epsilon and the root, then a difference, two products and a sum, each rounded as float32; the write rounds once.
  expected: ({ x, gain, offset }) => ({
    result: eachRow(x, (row) => {
      const { mean, variance } = rowMoments(row);
      const root = rsqrt(add(variance, constant(EPSILON)));
      return Array.from(row, (value, column) => {
        const centred = multiply(subtract(exact(value), mean), exact(gain.values[column] ?? NaN));
        return written(add(multiply(centred, root), exact(offset.values[column] ?? NaN)), x.dtype);
      });
    }),
  }),
});
