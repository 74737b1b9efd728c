/**
 * TensorFlow.js (npm @tensorflow/tfjs-core) on its WebGPU backend, or on ours: kernels one by one, products with bias and activation fused
 * where it fuses them, `optimizer.minimize` for training. It compiles no functions.
 */
import { finished, type TfjsWebGpuBackend } from '../peers/tfjs';
import type { NetworkRun, OpenNetworks } from './contestant';
import { following, leaves, readAll } from './trees';
import {
  ADAM,
  digitsOf,
  drawAdds,
  drawDigits,
  drawTransformer,
  NORM_EPSILON,
  transformerOf,
  type Digits,
  type DigitsShape,
  type Linear,
  type Norm,
  type Sizes,
  type Tensor,
  type Transformer,
  type TransformerShape,
  type WorkloadName,
} from './workloads';

/** The part of the library that is used here. */
export interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  backend(): unknown;
  tensor(values: Float32Array | Int32Array, shape: readonly number[], dtype?: 'int32'): TfTensor;
  variable(start: TfTensor, trainable: boolean, name: string): TfVariable;
  tidy<T>(fn: () => T): T;
  time(fn: () => void): Promise<unknown>;
  dispose(tree: unknown): void;
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  erf(x: TfTensor): TfTensor;
  rsqrt(x: TfTensor): TfTensor;
  softmax(x: TfTensor): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  transpose(x: TfTensor, order: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, padding: 'same'): TfTensor;
  moments(x: TfTensor, axis: number, keepDims: boolean): { mean: TfTensor; variance: TfTensor };
  oneHot(labels: TfTensor, classes: number): TfTensor;
  readonly fused: {
    matMul(product: { a: TfTensor; b: TfTensor; bias: TfTensor; activation?: 'relu' }): TfTensor;
    conv2d(convolution: {
      x: TfTensor;
      filter: TfTensor;
      strides: number;
      pad: 'same';
      bias: TfTensor;
      activation: 'relu';
    }): TfTensor;
  };
  readonly losses: {
    meanSquaredError(labels: TfTensor, predictions: TfTensor): TfTensor;
    softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor;
  };
  readonly train: { adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer };
  removeBackend(name: string): void;
}

interface TfTensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}
interface TfVariable extends TfTensor {
  readonly name: string;
}
interface Optimizer {
  minimize(loss: () => TfTensor, returnCost: true, variables: readonly TfTensor[]): TfTensor;
  getWeights(): Promise<readonly { readonly name: string; readonly tensor: TfTensor }[]>;
  dispose(): void;
}

interface Backend {
  readonly name: string;
  /** Computes nothing that is dropped unread: each result is waited for. */
  readonly lazy: boolean;
  /** Until the adapter has finished what gives this result. */
  finish(result: TfTensor): Promise<unknown>;
}

interface Given {
  readonly tf: Tfjs;
  readonly backend: Backend;
  readonly sizes: Sizes;
  readonly seed: number;
}

export async function openTfjsNetworks(library: unknown): Promise<OpenNetworks> {
  const tf = library as Tfjs;
  if (!(await tf.setBackend('webgpu'))) throw new Error('its WebGPU backend did not start');
  const backend = tf.backend() as TfjsWebGpuBackend;
  return openOn(tf, { name: 'webgpu', lazy: false, finish: () => finished(backend) });
}

/** What the package of the backend gives, with the tfjs that it was built for. */
export interface SystoleTfjs {
  readonly core: unknown;
  registerSystole(options: { readonly device: GPUDevice }): void;
}

/** Ours computes what is read: what else is recorded, as the update of a step, is computed by asking for the time of nothing. */
export async function openSystoleTfjs(library: unknown, device: GPUDevice): Promise<OpenNetworks> {
  const systole = library as SystoleTfjs;
  const tf = systole.core as Tfjs;
  systole.registerSystole({ device });
  if (!(await tf.setBackend('systole'))) throw new Error('the backend did not start');
  const { executor } = tf.backend() as {
    readonly executor: { readonly counts: { readonly dispatches: number } };
  };
  return {
    ...openOn(tf, {
      name: 'systole',
      lazy: true,
      async finish(result) {
        await tf.time(() => undefined);
        await result.data();
      },
    }),
    dispatches: () => executor.counts.dispatches,
  };
}

/** Two backends have one engine, which is told before each call whose turn it is. */
function openOn(tf: Tfjs, backend: Backend): OpenNetworks {
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    await tf.setBackend(backend.name);
    return work();
  };
  return {
    prepare: (workload, sizes, seed) =>
      inTurn(async () => {
        const prepared = await PREPARE[workload]({ tf, backend, sizes, seed });
        return (
          prepared && {
            ...prepared,
            run: (count) => inTurn(() => prepared.run(count)),
            read: () => inTurn(() => prepared.read()),
          }
        );
      }),
    close() {
      tf.removeBackend(backend.name);
    },
  };
}

const PREPARE = {
  'transformer-forward': (given) => transformer(given, false),
  'transformer-step': (given) => transformer(given, true),
  'digits-forward': (given) => digits(given, false),
  'digits-step': (given) => digits(given, true),
  'adds-eager': adds,
  'adds-compiled': () => Promise.resolve(undefined),
} as const satisfies Record<WorkloadName, (given: Given) => Promise<NetworkRun | undefined>>;

const isTensor = (value: unknown): value is TfTensor =>
  typeof value === 'object' && value !== null && 'dataId' in value;

const placing =
  ({ tf, backend }: Given) =>
  ({ values, shape }: Tensor, name: string): TfTensor =>
    tf.tidy(() => tf.variable(tf.tensor(values, shape), true, `${backend.name}.${name}`));

function transformer(given: Given, training: boolean): Promise<NetworkRun> {
  const { tf, sizes, seed } = given;
  const { shape, parameters, x, target } = drawTransformer(sizes.transformer, seed);
  const net = transformerNet(tf, shape);
  const start = transformerOf(shape, following(parameters, placing(given)));
  const input = tf.tensor(x.values, x.shape);
  const wanted = tf.tensor(target.values, target.shape);
  return Promise.resolve(
    training
      ? steps(given, start, [input, wanted], (p) => tf.losses.meanSquaredError(wanted, net(p, input)))
      : repeated(given, () => net(start, input), [start, input, wanted]),
  );
}

function transformerNet(tf: Tfjs, { tokens, width, heads }: TransformerShape) {
  const linear = (x: TfTensor, { weight, bias }: Linear<TfTensor>): TfTensor =>
    tf.fused.matMul({ a: x, b: weight, bias });
  const norm = (x: TfTensor, { scale, shift }: Norm<TfTensor>): TfTensor => {
    const { mean, variance } = tf.moments(x, -1, true);
    const over = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, NORM_EPSILON)));
    return tf.add(tf.mul(over, scale), shift);
  };
  const split = (x: TfTensor): TfTensor =>
    tf.transpose(tf.reshape(x, [tokens, heads, width / heads]), [1, 0, 2]);
  const unseen = Float32Array.from({ length: tokens ** 2 }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? -1e9 : 0,
  );
  const mask = tf.tensor(unseen, [tokens, tokens]);
  const gelu = (x: TfTensor): TfTensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  return ({ blocks }: Transformer<TfTensor>, x: TfTensor): TfTensor =>
    blocks.reduce((stream, block) => {
      const seen = norm(stream, block.before);
      const [query, key, value] = [block.query, block.key, block.value].map((each) =>
        split(linear(seen, each)),
      ) as [TfTensor, TfTensor, TfTensor];
      const scores = tf.mul(tf.matMul(query, key, false, true), Math.sqrt(heads / width));
      const weights = tf.softmax(tf.add(scores, mask));
      const mixed = tf.reshape(tf.transpose(tf.matMul(weights, value), [1, 0, 2]), [tokens, width]);
      const attended = tf.add(stream, linear(mixed, block.output));
      return tf.add(attended, linear(gelu(linear(norm(attended, block.between), block.up)), block.down));
    }, x);
}

function digits(given: Given, training: boolean): Promise<NetworkRun> {
  const { tf, sizes, seed } = given;
  const { shape, parameters, images, labels } = drawDigits(sizes.digits, seed);
  const net = digitsNet(tf, shape);
  const start = digitsOf(shape, following(parameters, placing(given)));
  const input = tf.tensor(images.values, images.shape);
  const wanted = tf.tensor(labels, [labels.length], 'int32');
  return Promise.resolve(
    training
      ? steps(given, start, [input, wanted], (p) =>
          tf.losses.softmaxCrossEntropy(tf.oneHot(wanted, shape.classes), net(p, input)),
        )
      : repeated(given, () => net(start, input), [start, input, wanted]),
  );
}

function digitsNet(tf: Tfjs, { images, side, channels: [, many] }: DigitsShape) {
  const layer = (x: TfTensor, { filter, bias }: Digits<TfTensor>['first']): TfTensor =>
    tf.maxPool(
      tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias, activation: 'relu' }),
      2,
      2,
      'same',
    );
  return (p: Digits<TfTensor>, x: TfTensor): TfTensor => {
    const rows = tf.reshape(layer(layer(x, p.first), p.second), [images, (side / 4) ** 2 * many]);
    const inner = tf.fused.matMul({ a: rows, b: p.hidden.weight, bias: p.hidden.bias, activation: 'relu' });
    return tf.fused.matMul({ a: inner, b: p.scores.weight, bias: p.scores.bias });
  };
}

function steps<P>(
  { tf, backend }: Given,
  parameters: P,
  inputs: readonly TfTensor[],
  lossOf: (parameters: P) => TfTensor,
): NetworkRun {
  const { rate, beta1, beta2, epsilon } = ADAM;
  const optimizer = tf.train.adam(rate, beta1, beta2, epsilon);
  const places = leaves(parameters, isTensor);
  const variables = places.map(([, variable]) => variable);
  let loss: TfTensor | undefined;
  return {
    async run(count) {
      for (let done = 0; done < count; done++) {
        loss?.dispose();
        loss = optimizer.minimize(() => lossOf(parameters), true, variables);
      }
      if (loss !== undefined) await backend.finish(loss);
    },
    async read() {
      if (loss === undefined) throw new Error('not run yet');
      const weights = await optimizer.getWeights();
      const moments = places.map(([place], i) => [place, weights[i + 1]?.tensor] as const); // after the count of steps
      return {
        loss: await loss.data(),
        ...(await readAll(Object.fromEntries(moments), isTensor, (tensor) => tensor.data())),
      };
    },
    release() {
      optimizer.dispose();
      tf.dispose([loss, parameters, inputs]);
    },
  };
}

function adds(given: Given): Promise<NetworkRun> {
  const { tf, sizes, seed } = given;
  const { x, step, shape } = drawAdds(sizes.adds, seed);
  const [start, each] = [tf.tensor(x.values, x.shape), tf.tensor(step.values, step.shape)];
  const chain = (): TfTensor => {
    let sum = start;
    for (let done = 0; done < shape.count; done++) sum = tf.add(sum, each);
    return sum;
  };
  return Promise.resolve(repeated(given, chain, [start, each]));
}

/** What gives one tensor, again and again. */
function repeated({ tf, backend }: Given, once: () => TfTensor, owned: unknown): NetworkRun {
  let result: TfTensor | undefined;
  return {
    async run(count) {
      for (let left = count; left > 0; left--) {
        result?.dispose(); // its buffer is taken again once its kernel was submitted
        result = tf.tidy(once);
        if (backend.lazy || left === 1) await backend.finish(result);
      }
    },
    async read() {
      if (result === undefined) throw new Error('not run yet');
      return { output: await result.data() };
    },
    release() {
      tf.dispose([result, owned]);
    },
  };
}
