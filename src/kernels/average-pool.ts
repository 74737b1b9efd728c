/**
 * result[c, i, j] = the mean of the window of x[c] that starts at row i stride and column j stride: 2-D average pooling without
 * padding. Channels are partitions. A window is no copy: an access pattern of four dimensions steps through rows and columns of the
 * windows and of the result, overlapping where they do, and one reduction adds the inner two. An image passes in bands of rows
 * of the result.
 */
import { CHIP_NAMES } from '../chip';
import { kernel, type Kernel } from '../kernel';
import { UserError } from '../numerics';
import { constant, exact, multiply, sum, written } from './approx';
import { libraryKernel, type Expected, type ReferenceInput } from './entry';
import { loaded } from './inputs';
import { collected } from './products';
import { sizeOf, tilesOf } from './shapes';

const PARTITIONS = 128;
/** Elements of each partition that a band of an image has, where one row of the result does not need more. */
const BAND = 8192;

interface Pooling {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly window: number;
  readonly stride: number;
  /** Of the result. */
  readonly rows: number;
  readonly columns: number;
}

/** @throws UserError where x is no [channels, height, width], or a window is larger than it. */
function poolingOf(
  { shape }: { readonly shape: readonly number[] },
  window: number,
  stride: number,
): Pooling {
  const [channels, height, width, ...more] = shape;
  if (channels === undefined || height === undefined || width === undefined || more.length > 0) {
    throw new UserError(`x must be [channels, height, width], received shape [${shape.join(', ')}].`);
  }
  if (window > height || window > width) {
    throw new UserError(`window must be at most ${Math.min(height, width)}, received ${window}.`);
  }
  const windows = (extent: number): number => Math.floor((extent - window) / stride) + 1;
  return { channels, height, width, window, stride, rows: windows(height), columns: windows(width) };
}

/** Bands of the result's rows, each of at least one. */
const bandsOf = ({ width, window, stride, rows }: Pooling): ReturnType<typeof tilesOf> =>
  tilesOf(rows, Math.max(1, Math.floor((BAND / width - window) / stride) + 1));

const averagePool = (window: number, stride: number): Kernel<'x'> =>
  kernel('average_pool', ['x'], (nc, { x }) => {
    const pooling = poolingOf(x, window, stride);
    const { channels, width, rows, columns } = pooling;
    const result = nc.hbm('result', [channels, rows, columns], x.dtype);
    for (const lanes of tilesOf(channels, PARTITIONS)) {
      for (const band of bandsOf(pooling)) {
        const image = loaded(nc, x.slice(lanes, [band[0] * stride, (band[1] - 1) * stride + window]));
        const windows = image.ap([
          [stride * width, sizeOf(band)],
          [stride, columns],
          [width, window],
          [1, window],
        ]);
        const shape = [sizeOf(lanes), sizeOf(band), columns];
        const sums = nc.sbuf(shape, 'float32');
        nc.tensor_reduce(sums, { op: 'add', data: windows, axes: 2 });
        const means = nc.sbuf(shape, x.dtype);
        const share = Math.fround(1 / window ** 2);
        nc.tensor_scalar(means, { data: sums, op0: 'multiply', operand0: share });
        nc.dma_copy(result.slice(lanes, band), { src: means });
      }
    }
  });

export const averagePoolEntry = libraryKernel({
  name: 'average_pool',
  summary: 'the mean of each window of an image, without padding',
  doc: 'docs/kernels.md#average_pool',
  chips: CHIP_NAMES,
  dtypes: ['float32', 'bfloat16'],
  sizes: {
    channels: { summary: 'images', of: 'inputs', default: 128, least: 1, most: 4096 },
    height: { summary: 'rows of an image', of: 'inputs', default: 56, least: 1, most: 512 },
    width: { summary: 'columns of an image', of: 'inputs', default: 56, least: 1, most: 512 },
    window: { summary: 'rows and columns of a window', of: 'kernel', default: 3, least: 1, most: 16 },
    stride: { summary: 'from one window to the next', of: 'kernel', default: 2, least: 1, most: 16 },
  },
  kernel: ({ window, stride }) => averagePool(window, stride),
  inputs: ({ channels, height, width }, dtype) => ({
    x: { shape: [channels, height, width], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
  }),
  expected: ({ x }, { window, stride }) => ({ result: means(x, poolingOf(x, window, stride)) }),
});

/** A window's sum, a product and a write round; the sum as float32 does in any order. */
function means({ values, dtype }: ReferenceInput, pooling: Pooling): Expected {
  const { channels, height, width, window, stride, rows, columns } = pooling;
  const places = Array.from(
    { length: window ** 2 },
    (_, at) => Math.floor(at / window) * width + (at % window),
  );
  return collected(channels * rows * columns, (index) => {
    const [channel, place] = [Math.floor(index / (rows * columns)), index % (rows * columns)];
    const first =
      (channel * height + Math.floor(place / columns) * stride) * width + (place % columns) * stride;
    const total = sum(places.map((at) => exact(values[first + at] ?? NaN)));
    return written(multiply(total, constant(1 / window ** 2)), dtype);
  });
}
