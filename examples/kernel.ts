// A kernel: out = softmax(x), 128 rows at a time. Run it:
//   npm run systole -- run examples/kernel.ts x=random:300x512:bf16
import { kernel } from 'systole/kernel';

export default kernel('softmax', ['x'], (nc, { x }) => {
  const [rows = 0, columns = 0] = x.shape;
  const out = nc.hbm('out', [rows, columns], x.dtype);
  for (let row = 0; row < rows; row += 128) {
    const tile = x.slice([row, Math.min(row + 128, rows)], 'all');
    const [partitions = 0] = tile.shape;
    const values = nc.sbuf([partitions, columns], x.dtype);
    nc.dma_copy(values, { src: tile });

    const negatedMax = nc.sbuf([partitions, 1], 'float32');
    nc.tensor_reduce(negatedMax, { op: 'maximum', data: values, axes: 1, negate: true });

    // exp(x - max), and its sum in the accumulator registers of the Scalar engine.
    const exps = nc.sbuf([partitions, columns], 'float32');
    const sum = nc.sbuf([partitions, 1], 'float32');
    nc.activation_reduce(exps, {
      op: 'exp',
      data: values,
      bias: negatedMax,
      reduce_op: 'add',
      reduce_res: sum,
    });

    const share = nc.sbuf([partitions, 1], 'float32');
    nc.reciprocal(share, { data: sum });
    const result = nc.sbuf([partitions, columns], x.dtype);
    nc.tensor_scalar(result, { data: exps, op0: 'multiply', operand0: share });
    nc.dma_copy(out.slice([row, row + partitions], 'all'), { src: result });
  }
});
