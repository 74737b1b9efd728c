/** A small convolutional net that tells digits, in one of three precisions, and one step of its training. */
import {
  argmax,
  astype,
  equal,
  multiply,
  relu,
  reshape,
  sum,
  type Arrays,
  type NDArray,
} from '../../src/tensor/array';
import { valueAndGrad } from '../../src/tensor/gradient';
import { convolution, crossEntropy, linear, maxPool, type Layer } from '../../src/tensor/nn';
import { adam, cosine, type Optimiser, type OptimiserState } from '../../src/tensor/optim';
import { CLASSES, SIDE } from './data';

/**
 * How the net computes: everything in float32; parameters and activations in bfloat16, parameters rounded stochastically; or products
 * in fp8 with a scale for each tensor, parameters in bfloat16 with copies in float32.
 */
export const PRECISIONS = ['float32', 'bfloat16', 'fp8'] as const;
export type Precision = (typeof PRECISIONS)[number];

export interface Parameters {
  readonly first: ParametersOf<typeof convolution>;
  readonly second: ParametersOf<typeof convolution>;
  readonly hidden: ParametersOf<typeof linear>;
  readonly output: ParametersOf<typeof linear>;
}
type ParametersOf<F> = F extends (...options: never[]) => Layer<infer P> ? P : never;

export interface Net {
  init(arrays: Arrays, seed: number): Parameters;
  /** Images [N, 28, 28] of bytes to scores float32 [N, 10]. */
  scores(parameters: Parameters, images: NDArray): NDArray;
}

export function net(precision: Precision): Net {
  const dtype = precision === 'float32' ? 'float32' : 'bfloat16';
  const fp8 = precision === 'fp8';
  const filters = { taps: [3, 3], padding: 'same', dtype } as const;
  // Nine rows of one channel are not worth 8 bits: the first and the last layer stay in bfloat16, as is usual.
  const first = convolution({ ...filters, inputs: 1, outputs: 16 });
  const second = convolution({ ...filters, inputs: 16, outputs: 32, fp8 });
  const hidden = linear({ inputs: 7 * 7 * 32, outputs: 64, dtype, fp8 });
  const output = linear({ inputs: 64, outputs: CLASSES, dtype });
  const halved = (x: NDArray): NDArray => maxPool(x, { taps: [2, 2] });
  return {
    init: (arrays, seed) => ({
      first: first.init(arrays, seed),
      second: second.init(arrays, seed + 1),
      hidden: hidden.init(arrays, seed + 2),
      output: output.init(arrays, seed + 3),
    }),
    scores: (parameters, images) => {
      const count = images.shape[0] ?? 0;
      const ink = multiply(astype(reshape(images, [count, SIDE, SIDE, 1]), dtype), 1 / 255);
      const wide = halved(relu(first.apply(parameters.first, ink)));
      const deep = halved(relu(second.apply(parameters.second, wide)));
      const flat = relu(hidden.apply(parameters.hidden, reshape(deep, [count, 7 * 7 * 32])));
      return astype(output.apply(parameters.output, flat), 'float32');
    },
  };
}

export function optimiser(precision: Precision, steps: number, seed: number): Optimiser {
  return adam({
    learningRate: cosine(1e-2, 1e-5, steps),
    ...(precision === 'bfloat16' && { rounding: 'stochastic', seed }),
    ...(precision === 'fp8' && { master: true }),
  });
}

/** New parameters, a new state, and the loss of the batch. */
export function step(
  model: Net,
  rule: Optimiser,
  [parameters, state]: readonly [Parameters, OptimiserState],
  images: NDArray,
  labels: NDArray,
): readonly [Parameters, OptimiserState, NDArray] {
  const loss = (given: Parameters): NDArray => crossEntropy(model.scores(given, images), labels);
  const [value, gradients] = valueAndGrad(loss)(parameters);
  return [...rule.update(parameters, gradients, state), value];
}

/** How many of the images are told right. */
export const right = (model: Net, parameters: Parameters, images: NDArray, labels: NDArray): NDArray =>
  sum(equal(argmax(model.scores(parameters, images), { axis: 1 }), labels));
