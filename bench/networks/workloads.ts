/** The networks that are compared, as plain data: shapes, parameters and inputs drawn from a seed. Libraries write them down each in their own way. */
import { words } from '../check/draws';

/** Row-major values on the host. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Linear<T> {
  /** [inputs, outputs] */
  readonly weight: T;
  /** [outputs] */
  readonly bias: T;
}

export interface Norm<T> {
  /** [width] */
  readonly scale: T;
  /** [width] */
  readonly shift: T;
}

/** x + attention(norm(x)), then x + mlp(norm(x)). */
export interface Block<T> {
  readonly before: Norm<T>;
  readonly query: Linear<T>;
  readonly key: Linear<T>;
  readonly value: Linear<T>;
  readonly output: Linear<T>;
  readonly between: Norm<T>;
  readonly up: Linear<T>;
  readonly down: Linear<T>;
}

/** Pre-norm blocks one after the other, causal, GELU between the products of the MLP; the loss is the mean squared error to a target. */
export interface Transformer<T> {
  readonly blocks: readonly Block<T>[];
}

/** Two convolutions of 3x3 with same padding, ReLU and 2x2 max pooling after each; ReLU between the two products; the loss is cross entropy. */
export interface Digits<T> {
  /** [3, 3, 1, channels] and [channels] */
  readonly first: { readonly filter: T; readonly bias: T };
  readonly second: { readonly filter: T; readonly bias: T };
  /** Rows of the weight are places of the second pooling: row, column, channel. */
  readonly hidden: Linear<T>;
  readonly scores: Linear<T>;
}

export interface TransformerShape {
  readonly blocks: number;
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly tokens: number;
}

export interface DigitsShape {
  readonly images: number;
  /** A multiple of 4. */
  readonly side: number;
  readonly channels: readonly [first: number, second: number];
  readonly hidden: number;
  readonly classes: number;
}

export interface AddsShape {
  readonly length: number;
  readonly count: number;
}

export interface Sizes {
  readonly transformer: TransformerShape;
  readonly digits: DigitsShape;
  readonly adds: AddsShape;
}

export const SIZES: Sizes = {
  transformer: { blocks: 4, width: 256, heads: 8, hidden: 1024, tokens: 128 },
  digits: { images: 64, side: 28, channels: [16, 32], hidden: 64, classes: 10 },
  adds: { length: 1000, count: 100 },
};

/** Kingma and Ba's own constants; the rate at which the digits are learnt. */
export const ADAM = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
/** Added to the variance in every norm. */
export const NORM_EPSILON = 1e-5;

export const WORKLOADS = {
  'transformer-forward': { title: 'transformer, forward', network: 'transformer', unit: 'run' },
  'transformer-step': { title: 'transformer, training step', network: 'transformer', unit: 'step' },
  'digits-forward': { title: 'convolutional net, forward', network: 'digits', unit: 'run' },
  'digits-step': { title: 'convolutional net, training step', network: 'digits', unit: 'step' },
  'adds-eager': { title: 'chain of adds, eager', network: 'adds', unit: 'add' },
  'adds-compiled': { title: 'chain of adds, compiled', network: 'adds', unit: 'add' },
} as const satisfies Record<
  string,
  { readonly title: string; readonly network: keyof Sizes; readonly unit: 'run' | 'step' | 'add' }
>;

export type WorkloadName = keyof typeof WORKLOADS;
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as WorkloadName[];

/** How a parameter is made: values evenly from centre - spread to centre + spread. */
export type Make<T> = (shape: readonly number[], spread: number, centre?: number) => T;

export function transformerOf<T>({ blocks, width, hidden }: TransformerShape, make: Make<T>): Transformer<T> {
  const norm = (): Norm<T> => ({ scale: make([width], 0.1, 1), shift: make([width], 0.1) });
  const linear = linearOf(make);
  return {
    blocks: Array.from({ length: blocks }, () => ({
      before: norm(),
      query: linear(width, width),
      key: linear(width, width),
      value: linear(width, width),
      output: linear(width, width),
      between: norm(),
      up: linear(width, hidden),
      down: linear(hidden, width),
    })),
  };
}

export function digitsOf<T>({ side, channels, hidden, classes }: DigitsShape, make: Make<T>): Digits<T> {
  const [first, second] = channels;
  const filter = (inputs: number, outputs: number): Digits<T>['first'] => ({
    filter: make([3, 3, inputs, outputs], 1 / Math.sqrt(9 * inputs)),
    bias: make([outputs], 0.1),
  });
  const linear = linearOf(make);
  const flat = (side / 4) ** 2 * second;
  return {
    first: filter(1, first),
    second: filter(first, second),
    hidden: linear(flat, hidden),
    scores: linear(hidden, classes),
  };
}

const linearOf =
  <T>(make: Make<T>) =>
  (inputs: number, outputs: number): Linear<T> => ({
    weight: make([inputs, outputs], 1 / Math.sqrt(inputs)),
    bias: make([outputs], 0.1),
  });

export interface TransformerData {
  readonly shape: TransformerShape;
  readonly parameters: Transformer<Tensor>;
  /** [tokens, width] */
  readonly x: Tensor;
  readonly target: Tensor;
}

export interface DigitsData {
  readonly shape: DigitsShape;
  readonly parameters: Digits<Tensor>;
  /** [images, side, side, 1], of 0 to 1 */
  readonly images: Tensor;
  /** [images] of 0 to classes - 1 */
  readonly labels: Int32Array;
}

export interface AddsData {
  readonly shape: AddsShape;
  /** [length]; `step` is added `count` times. */
  readonly x: Tensor;
  readonly step: Tensor;
}

export function drawTransformer(shape: TransformerShape, seed: number): TransformerData {
  const make = drawing(seed);
  const { tokens, width } = shape;
  return {
    shape,
    parameters: transformerOf(shape, make),
    x: make([tokens, width], 1),
    target: make([tokens, width], 1),
  };
}

export function drawDigits(shape: DigitsShape, seed: number): DigitsData {
  const make = drawing(seed);
  const { images, side, classes } = shape;
  const next = words(seed, 1);
  return {
    shape,
    parameters: digitsOf(shape, make),
    images: make([images, side, side, 1], 0.5, 0.5),
    labels: Int32Array.from({ length: images }, () => next() % classes),
  };
}

export function drawAdds(shape: AddsShape, seed: number): AddsData {
  const make = drawing(seed);
  return { shape, x: make([shape.length], 1), step: make([shape.length], 1) };
}

/** bfloat16 values, which every format here holds, so that all contestants begin alike. */
function drawing(seed: number): Make<Tensor> {
  const next = words(seed, 0);
  const bits = new Uint32Array(1);
  const number = new Float32Array(bits.buffer);
  return (shape, spread, centre = 0) => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, () => {
      number[0] = centre + spread * (next() / 2 ** 31 - 1);
      bits[0] = ((bits[0] ?? 0) & 0xffff_0000) >>> 0;
      return number[0];
    }),
  });
}
