/**
 * result[r, :] = softmax(x[r, :]), 128 rows at a time: exp(x - max) and its sum in one instruction of the Scalar engine, whose
 * bias is the negated maximum and whose accumulator register adds up what it writes.
 */
import { CHIP_NAMES } from '../chip';
import { kernel } from '../kernel';
import { exact, exp, multiply, reciprocal, subtract, sum, written } from './approx';
import { libraryKernel } from './entry';
import { eachRow } from './products';
import { matrixOf, sizeOf, tilesOf } from './shapes';

const PARTITIONS = 128;

export const softmax = kernel('softmax', ['x'], (nc, { x }) => {
  const [rows, columns] = matrixOf('x', x);
  const result = nc.hbm('result', [rows, columns], x.dtype);
  for (const tile of tilesOf(rows, PARTITIONS)) {
    const size = sizeOf(tile);
    const values = nc.sbuf([size, columns], x.dtype);
    nc.dma_copy(values, { src: x.slice(tile, 'all') });
    const negatedMax = nc.sbuf([size, 1], 'float32');
    nc.tensor_reduce(negatedMax, { op: 'maximum', data: values, axes: 1, negate: true });
    const exps = nc.sbuf([size, columns], 'float32');
    const sum = nc.sbuf([size, 1], 'float32');
    nc.activation_reduce(exps, {
      op: 'exp',
      data: values,
      bias: negatedMax,
      reduce_op: 'add',
      reduce_res: sum,
    });
    const share = nc.sbuf([size, 1], 'float32');
    nc.reciprocal(share, { data: sum });
    const out = nc.sbuf([size, columns], x.dtype);
    nc.tensor_scalar(out, { data: exps, op0: 'multiply', operand0: share });
    nc.dma_copy(result.slice(tile, 'all'), { src: out });
  }
});

export const softmaxEntry = libraryKernel({
  name: softmax.name,
  summary: 'softmax of each row of x',
  doc: 'docs/kernels.md#softmax',
  chips: CHIP_NAMES,
  dtypes: ['float32', 'bfloat16'],
  sizes: {
    rows: { summary: 'rows of x', of: 'inputs', default: 256, least: 1, most: 8192 },
    columns: { summary: 'columns of x', of: 'inputs', default: 512, least: 1, most: 8192 },
  },
  kernel: () => softmax,
  inputs: ({ rows, columns }, dtype) => ({
    x: { shape: [rows, columns], dtype, distribution: { kind: 'normal', mean: 0, deviation: 3 } },
  }),
  // x - max is rounded, its exp is within 1 ulp, and they are summed, inverted and multiplied as float32; the write rounds once.
  expected: ({ x }) => ({
    result: eachRow(x, (row) => {
      const most = exact(row.reduce((left, right) => Math.max(left, right)));
      const exps = Array.from(row, (value) => exp(subtract(exact(value), most)));
      const share = reciprocal(sum(exps));
      return exps.map((each) => written(multiply(each, share), x.dtype));
    }),
  }),
});
