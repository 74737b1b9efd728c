/**
 * result[r, :] = x[r, :] / sqrt(mean(x[r, :]^2) + 1e-6) * gain, 128 rows at a time. The gain [1, N] is read once, to every
 * partition, by a DMA that steps nowhere along them.
 */
import { CHIP_NAMES } from '../chip';
import { kernel } from '../kernel';
import { UserError } from '../numerics';
import { add, constant, exact, multiply, rsqrt, sum, written } from './approx';
import { libraryKernel } from './entry';
import { eachRow } from './products';
import { matrixOf, sizeOf, tilesOf } from './shapes';

const PARTITIONS = 128;
const EPSILON = 1e-6;

export const rmsnorm = kernel('rmsnorm', ['x', 'gain'], (nc, { x, gain }) => {
  const [rows, columns] = matrixOf('x', x);
  const [one, width] = matrixOf('gain', gain);
  if (one !== 1 || width !== columns) {
    throw new UserError(`gain must be [1, ${columns}], received [${one}, ${width}].`);
  }
  const result = nc.hbm('result', [rows, columns], x.dtype);
  const gains = nc.sbuf([PARTITIONS, columns], gain.dtype);
  nc.dma_copy(gains, { src: gain.broadcast(0, PARTITIONS) });
  for (const tile of tilesOf(rows, PARTITIONS)) {
    const size = sizeOf(tile);
    const values = nc.sbuf([size, columns], x.dtype);
    nc.dma_copy(values, { src: x.slice(tile, 'all') });
    const squares = nc.sbuf([size, columns], 'float32');
    const sum = nc.sbuf([size, 1], 'float32');
    nc.activation_reduce(squares, { op: 'square', data: values, reduce_op: 'add', reduce_res: sum });
    const mean = nc.sbuf([size, 1], 'float32');
    nc.tensor_scalar(mean, {
      data: sum,
      op0: 'multiply',
      operand0: Math.fround(1 / columns),
      op1: 'add',
      operand1: Math.fround(EPSILON),
    });
    const root = nc.sbuf([size, 1], 'float32');
    nc.activation(root, { op: 'rsqrt', data: mean });
    const out = nc.sbuf([size, columns], x.dtype);
    nc.scalar_tensor_tensor(out, {
      data: values,
      op0: 'multiply',
      operand0: root,
      op1: 'multiply',
      operand1: gains.slice([0, size], 'all'),
    });
    nc.dma_copy(result.slice(tile, 'all'), { src: out });
  }
});

export const rmsnormEntry = libraryKernel({
  name: rmsnorm.name,
  summary: 'each row of x over its root mean square, times gain',
  doc: 'docs/kernels.md#rmsnorm',
  chips: CHIP_NAMES,
  dtypes: ['float32', 'bfloat16'],
  sizes: {
    rows: { summary: 'rows of x', of: 'inputs', default: 256, least: 1, most: 8192 },
    columns: { summary: 'columns of x', of: 'inputs', default: 512, least: 1, most: 8192 },
  },
  kernel: () => rmsnorm,
  inputs: ({ rows, columns }, dtype) => ({
    x: { shape: [rows, columns], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
    gain: { shape: [1, columns], dtype, distribution: { kind: 'normal', mean: 1, deviation: 0.25 } },
  }),
  // The squares and their sum, the mean, epsilon, the root and two products, each rounded as float32; the write rounds once.
  expected: ({ x, gain }) => ({
    result: eachRow(x, (row) => {
      const squares = Array.from(row, (value) => multiply(exact(value), exact(value)));
      const mean = multiply(sum(squares), constant(1 / row.length));
      const root = rsqrt(add(mean, constant(EPSILON)));
      return Array.from(row, (value, column) => {
        const factor = exact(gain.values[column] ?? NaN);
        return written(multiply(multiply(exact(value), root), factor), x.dtype);
      });
    }),
  }),
});
