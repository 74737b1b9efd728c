/**
 * The normalisations whose times were published: layernorm as its tutorial had it at 2.26.1 (nki/tutorials/layernorm.rst), and the
 * fused rmsnorm and quantisation of the NKI library (nki/library/specs/design-rmsnorm-quant.rst); by what they compute.
 */
import { kernel, type ChipView, type HbmView, type Nc } from '../../../kernel';

const PARTITIONS = 128;
const BANK = 512;

function loaded(nc: Nc, source: HbmView): ChipView {
  const tile = nc.sbuf(source.shape, source.dtype);
  nc.dma_copy(tile, { src: source });
  return tile;
}

/** A row [1, N] in each of `partitions`: multiplied by ones, and copied from PSUM. */
function everywhere(nc: Nc, row: HbmView, partitions: number): ChipView {
  const [, columns = 0] = row.shape;
  const ones = nc.sbuf([1, partitions], row.dtype);
  nc.memset(ones, { value: 1 });
  const source = loaded(nc, row);
  const wide = nc.sbuf([partitions, columns], row.dtype);
  for (let at = 0; at < columns; at += BANK) {
    const part = ['all', [at, Math.min(at + BANK, columns)]] as const;
    const bank = nc.psum([partitions, part[1][1] - at], 'float32');
    nc.nc_matmul(bank, { stationary: ones, moving: source.slice(...part) });
    nc.activation(wide.slice(...part), { op: 'copy', data: bank });
  }
  return wide;
}

/** Mean and the reciprocal of the deviation of each row, [rows, 1] each. */
type Moments = (nc: Nc, x: ChipView) => readonly [mean: ChipView, scale: ChipView];

function inverseDeviation(nc: Nc, variance: ChipView): ChipView {
  const raised = nc.sbuf(variance.shape, 'float32');
  nc.tensor_scalar(raised, { data: variance, op0: 'add', operand0: Math.fround(1e-5) });
  const scale = nc.sbuf(variance.shape, 'float32');
  nc.activation(scale, { op: 'rsqrt', data: raised });
  return scale;
}

/** By sums: mean(x), mean(x^2) - mean(x)^2. */
const bySums: Moments = (nc, x) => {
  const [rows = 0, columns = 0] = x.shape;
  const column = () => nc.sbuf([rows, 1], 'float32');
  const share = { op0: 'multiply', operand0: Math.fround(1 / columns) } as const;
  const total = column();
  nc.tensor_reduce(total, { data: x, op: 'add', axes: 1 });
  const mean = column();
  nc.tensor_scalar(mean, { data: total, ...share });
  const squares = nc.sbuf(x.shape, 'float32');
  nc.activation(squares, { op: 'square', data: x });
  const squared = column();
  nc.tensor_reduce(squared, { data: squares, op: 'add', axes: 1 });
  const ofSquares = column();
  nc.tensor_scalar(ofSquares, { data: squared, ...share });
  const ofMean = column();
  nc.tensor_tensor(ofMean, { data1: mean, data2: mean, op: 'multiply' });
  const variance = column();
  nc.tensor_tensor(variance, { data1: ofSquares, data2: ofMean, op: 'subtract' });
  return [mean, inverseDeviation(nc, variance)];
};

/** By the instructions for it. */
const byStatistics: Moments = (nc, x) => {
  const [rows = 0, columns = 0] = x.shape;
  const parts = Math.ceil(columns / BANK);
  const stats = nc.sbuf([rows, parts, 6], 'float32');
  for (let part = 0; part < parts; part++) {
    const range = [part * BANK, Math.min((part + 1) * BANK, columns)] as const;
    nc.bn_stats(stats.slice('all', part, 'all'), { data: x.slice('all', range) });
  }
  const moments = nc.sbuf([rows, 2], 'float32');
  nc.bn_aggr(moments, { data: stats });
  return [moments.slice('all', [0, 1]), inverseDeviation(nc, moments.slice('all', [1, 2]))];
};

function layernorm(name: string, moments: Moments, fused: boolean) {
  return kernel(name, ['x', 'gain', 'offset'], (nc, { x, gain, offset }) => {
    const [rows = 0, columns = 0] = x.shape;
    const result = nc.hbm('result', [rows, columns], x.dtype);
    const [gains, offsets] = [everywhere(nc, gain, PARTITIONS), everywhere(nc, offset, PARTITIONS)];
    for (let row = 0; row < rows; row += PARTITIONS) {
      const range = [row, Math.min(row + PARTITIONS, rows)] as const;
      const own = [0, range[1] - row] as const;
      const values = loaded(nc, x.slice(range));
      const [mean, scale] = moments(nc, values);
      if (fused) {
        nc.tensor_scalar(values, {
          data: values,
          op0: 'subtract',
          operand0: mean,
          op1: 'multiply',
          operand1: scale,
        });
      } else {
        nc.tensor_scalar(values, { data: values, op0: 'subtract', operand0: mean });
        nc.tensor_scalar(values, { data: values, op0: 'multiply', operand0: scale });
      }
      nc.tensor_tensor(values, { data1: values, data2: gains.slice(own), op: 'multiply' });
      nc.tensor_tensor(values, { data1: values, data2: offsets.slice(own), op: 'add' });
      nc.dma_copy(result.slice(range), { src: values });
    }
  });
}

export const layernorm1 = layernorm('layernorm_v1', bySums, false);

export const layernorm2 = layernorm('layernorm_v2', byStatistics, true);

/** One tile of at most 128 rows: x / rms(x) times gain, then fp8 with a scale for each row. */
export const rmsnormQuantize = kernel('rmsnorm_quantize', ['x', 'gain'], (nc, { x, gain }) => {
  const [rows = 0, columns = 0] = x.shape;
  const column = () => nc.sbuf([rows, 1], 'float32');
  const [result, scales] = [
    nc.hbm('result', [rows, columns], 'float8_e4m3'),
    nc.hbm('scales', [rows, 1], 'float32'),
  ];
  const values = loaded(nc, x);
  const gains = loaded(nc, gain);
  const ones = nc.sbuf([1, rows], x.dtype);
  nc.memset(ones, { value: 1 });
  const normed = nc.sbuf([rows, columns], x.dtype);
  const total = column();
  nc.activation_reduce(normed, { op: 'square', data: values, reduce_op: 'add', reduce_res: total });
  const epsilon = column();
  nc.memset(epsilon, { value: 1e-6 });
  const root = column();
  nc.activation(root, { op: 'rsqrt', data: total, scale: Math.fround(1 / columns), bias: epsilon });
  for (let at = 0; at < columns; at += BANK) {
    const part = ['all', [at, at + BANK]] as const;
    const bank = nc.psum([rows, BANK], 'float32');
    nc.nc_matmul(bank, { stationary: ones, moving: gains.slice(...part) });
    nc.scalar_tensor_tensor(normed.slice(...part), {
      data: values.slice(...part),
      op0: 'multiply',
      operand0: root,
      op1: 'multiply',
      operand1: bank,
    });
  }
  const largest = column();
  nc.tensor_reduce(largest, { data: normed, op: 'maximum', axes: 1 });
  const scale = column();
  nc.activation(scale, { op: 'copy', data: largest, scale: Math.fround(1 / 240) });
  nc.dma_copy(scales, { src: scale });
  const clamped = column();
  nc.tensor_scalar(clamped, { data: scale, op0: 'maximum', operand0: Math.fround(1e-6) });
  const inverse = column();
  nc.reciprocal(inverse, { data: clamped });
  const quantized = nc.sbuf([rows, columns], 'float8_e4m3');
  nc.tensor_scalar(quantized, { data: normed, op0: 'multiply', operand0: inverse });
  nc.dma_copy(result, { src: quantized });
});
