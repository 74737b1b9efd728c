/**
 * result[r, :] = softmax(x[r, :]), 128 rows at a time: exp(x - max) and its sum in one instruction of the Scalar engine, whose
 * bias is the negated maximum and whose accumulator register adds up what it writes.
 */
import { kernel } from '../kernel';
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
