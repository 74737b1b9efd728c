/** Normalisation along the last axis, in float32, rounded once to the input's format. */
import { UserError, type Dtype } from '../../numerics';
import { describe, type NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import { make, type Node } from '../graph';
import { layer, requireExtent, type Layer } from './layer';

export interface NormOptions {
  readonly width: number;
  /** Added to the mean square before its root: 1e-5 when left out. */
  readonly epsilon?: number;
  readonly dtype?: Dtype;
}

const NORM = ['width', 'epsilon', 'dtype'] as const;

const f32 = 'float32' as const;
const like = (x: Node, value: number): Node => make.fill(x.shape, f32, Math.fround(value));
const multiply = (x: Node, y: Node): Node => make.map('multiply', [x, y], f32);

/** The mean along the last axis, repeated along it. */
function mean(x: Node): Node {
  const width = x.shape.at(-1) ?? 1;
  const sum = make.reduce(x, 'add', 1, f32);
  const scaled = multiply(sum, like(sum, 1 / width));
  return make.broadcast(make.reshape(scaled, [...scaled.shape, 1]), x.shape);
}

/** x over the root of its mean square. */
const overRoot = (x: Node, epsilon: number): Node => {
  const power = mean(make.map('square', [x], f32));
  return multiply(x, make.map('rsqrt', [make.map('add', [power, like(power, epsilon)], f32)], f32));
};

/** A parameter of [width] in every row. */
const row = ({ arrays }: NDArray, parameter: NDArray, x: Node): Node =>
  make.broadcast(
    make.reshape(make.cast(arrays.nodeOf('norm', parameter), f32), [
      ...x.shape.slice(0, -1).map(() => 1),
      x.shape.at(-1) ?? 1,
    ]),
    x.shape,
  );

function checked(op: string, width: number, x: NDArray): Node {
  if (x.shape.at(-1) !== width) throw new UserError(`${op}: takes [..., ${width}]; received ${describe(x)}.`);
  return make.cast(x.nodeFor(op), f32);
}

export interface LayerNormParameters {
  readonly scale: NDArray;
  readonly shift: NDArray;
}

/** (x - mean) / sqrt(variance + epsilon) scale + shift. */
export function layerNorm(options: NormOptions): Layer<LayerNormParameters> {
  const { width, epsilon = 1e-5, dtype = f32 } = optionsOf('layerNorm', options, NORM);
  requireExtent('layerNorm', 'width', width);
  return layer(
    (draws) => ({ scale: draws.full([width], 1, dtype), shift: draws.full([width], 0, dtype) }),
    ({ scale, shift }, x) => {
      const wide = checked('layerNorm', width, x);
      const centred = make.map('subtract', [wide, mean(wide)], f32);
      const scaled = multiply(overRoot(centred, epsilon), row(x, scale, wide));
      return x.arrays.adopt(make.map('add', [scaled, row(x, shift, wide)], x.dtype));
    },
  );
}

export interface RmsNormParameters {
  readonly scale: NDArray;
}

/** x / sqrt(mean square + epsilon) scale. */
export function rmsNorm(options: NormOptions): Layer<RmsNormParameters> {
  const { width, epsilon = 1e-5, dtype = f32 } = optionsOf('rmsNorm', options, NORM);
  requireExtent('rmsNorm', 'width', width);
  return layer(
    (draws) => ({ scale: draws.full([width], 1, dtype) }),
    ({ scale }, x) => {
      const wide = checked('rmsNorm', width, x);
      return x.arrays.adopt(make.map('multiply', [overRoot(wide, epsilon), row(x, scale, wide)], x.dtype));
    },
  );
}
