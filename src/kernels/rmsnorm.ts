/**
 * result[r, :] = x[r, :] / sqrt(mean(x[r, :]^2) + 1e-6) * gain, 128 rows at a time. The gain [1, N] is read once, to every
 * partition, by a DMA that steps nowhere along them.
 */
import { kernel } from '../kernel';
import { UserError } from '../numerics';
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
