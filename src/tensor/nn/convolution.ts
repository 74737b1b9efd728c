/** Convolution and pooling of [N, ...spatial, channels]. */
import { UserError, type Dtype } from '../../numerics';
import { describe, type NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import {
  averagePool as averaged,
  convolution as convolved,
  maxPool as largest,
  type Spatial,
} from '../compose';
import { spatialAxes, windows } from '../compose/spatial';
import { make, sizeOf, type Node } from '../graph';
import { fp8Matmul } from '../precision/fp8';
import { layer, requireExtent, type Layer } from './layer';

export interface ConvolutionOptions extends Spatial {
  /** Channels of what comes in, and of what goes out. */
  readonly inputs: number;
  readonly outputs: number;
  /** The filter's extent along each spatial axis, as [3, 3]. */
  readonly taps: readonly number[];
  readonly bias?: boolean;
  readonly dtype?: Dtype;
  /** Multiplies in fp8, with a scale for each tensor. */
  readonly fp8?: boolean;
}

/** filter [...taps, inputs, outputs], bias [outputs]. */
export interface ConvolutionParameters {
  readonly filter: NDArray;
  readonly bias?: NDArray;
}

const SPATIAL = ['strides', 'dilations', 'padding'] as const;
const CONVOLUTION = ['inputs', 'outputs', 'taps', 'bias', 'dtype', 'fp8', ...SPATIAL] as const;

/** In x's format: products in the filter's format by matmul passes, the bias added to the float32 sums, one rounding. */
export function convolution(options: ConvolutionOptions): Layer<ConvolutionParameters> {
  const {
    inputs,
    outputs,
    taps,
    bias = true,
    dtype = 'float32',
    fp8 = false,
    ...spatial
  } = optionsOf('convolution', options, CONVOLUTION);
  requireExtent('convolution', 'inputs', inputs);
  requireExtent('convolution', 'outputs', outputs);
  requireTaps('convolution', taps);
  for (const extent of taps) requireExtent('convolution', 'taps', extent);
  return layer(
    (draws) => ({
      filter: draws.uniform([...taps, inputs, outputs], 1 / Math.sqrt(inputs * sizeOf(taps)), dtype),
      ...(bias && { bias: draws.full([outputs], 0, dtype) }),
    }),
    (parameters, x) => {
      if (x.ndim !== taps.length + 2 || x.shape.at(-1) !== inputs)
        throw new UserError(
          `convolution: takes [N, ${taps.map((_, i) => `axis ${i + 1}`).join(', ')}, ${inputs}]; received ${describe(x)}.`,
        );
      const filter = x.arrays.nodeOf('convolution', parameters.filter);
      const sums = fp8
        ? fp8Sums(x, parameters.filter, spatial)
        : convolved(make.cast(x.nodeFor('convolution'), filter.dtype), filter, {
            ...spatial,
            dtype: 'float32',
          });
      const added = parameters.bias && x.arrays.nodeOf('convolution', parameters.bias);
      if (added === undefined) return x.arrays.adopt(make.cast(sums, x.dtype));
      const row = make.reshape(make.cast(added, 'float32'), [
        ...sums.shape.slice(0, -1).map(() => 1),
        outputs,
      ]);
      return x.arrays.adopt(make.map('add', [sums, make.broadcast(row, sums.shape)], x.dtype));
    },
  );
}

/** Windows as rows, by the filter as columns. */
function fp8Sums(x: NDArray, filter: NDArray, spatial: Spatial): Node {
  const taps = filter.shape.slice(0, -2);
  const [inputs = 0, outputs = 0] = filter.shape.slice(-2);
  const depth = sizeOf(taps) * inputs;
  const patches = windows(x.nodeFor('convolution'), spatialAxes(x.shape.slice(1, -1), taps, spatial), 0);
  const rows = make.reshape(patches, [patches.size / depth, depth]);
  const columns = make.reshape(filter.nodeFor('convolution'), [depth, outputs]);
  const { arrays } = x;
  const sums = fp8Matmul(arrays.adopt(rows), arrays.adopt(columns), { dtype: 'float32' }).node;
  return make.reshape(sums, [...patches.shape.slice(0, taps.length + 1), outputs]);
}

/** @throws UserError for what is no list. */
function requireTaps(op: string, taps: unknown): void {
  if (!Array.isArray(taps))
    throw new UserError(`${op}: needs taps, the extents of a window, as { taps: [2, 2] }.`);
}

export interface PoolingOptions extends Spatial {
  readonly taps: readonly number[];
}

const pooled = (name: string, x: NDArray, options: PoolingOptions, pool: typeof largest) => {
  const { taps, strides = taps, ...spatial } = optionsOf(name, options, ['taps', ...SPATIAL]);
  requireTaps(name, taps);
  if (x.ndim !== taps.length + 2)
    throw new UserError(
      `${name}: taps of ${taps.length} axes take [N, ..., C] of ${taps.length + 2}; received ${describe(x)}.`,
    );
  return x.arrays.adopt(pool(x.nodeFor(name), { taps, strides, ...spatial }));
};

/** The largest of each window; windows lie side by side unless `strides` say otherwise. */
export const maxPool = (x: NDArray, options: PoolingOptions): NDArray =>
  pooled('maxPool', x, options, largest);
/** The mean of each window; padding does not count. */
export const averagePool = (x: NDArray, options: PoolingOptions): NDArray =>
  pooled('averagePool', x, options, averaged);
