/** Trains the net, epoch by epoch, and tells what it sees on the way. The same seed gives the same bits on every executor. */
import { flatten, type Arrays, type NDArray } from '../../src/tensor/array';
import { pickDigits, shuffled, SIDE, type Digits } from './data';
import { net, optimiser, right, step, type Parameters, type Precision } from './model';

export interface TrainOptions {
  readonly arrays: Arrays;
  readonly train: Digits;
  readonly heldOut: Digits;
  readonly precision: Precision;
  readonly seed?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

export type TrainEvent =
  /** The loss of one batch. */
  | { readonly type: 'loss'; readonly step: number; readonly steps: number; readonly loss: number }
  /** The share of held-out digits that is told right after an epoch. */
  | { readonly type: 'accuracy'; readonly epoch: number; readonly step: number; readonly accuracy: number };

/** Losses are read this many at once: reading waits for the adapter. */
const READ_EVERY = 10;

/** Gives the parameters at the end. */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, Parameters, undefined> {
  const { arrays, precision, seed = 1, epochs = 5, batch = 64, signal } = options;
  const model = net(precision);
  const perEpoch = Math.floor(options.train.count / batch);
  const steps = epochs * perEpoch;
  const rule = optimiser(precision, steps, seed);
  using advance = arrays.compile(
    (state: readonly [Parameters, ReturnType<typeof rule.init>], images: NDArray, labels: NDArray) =>
      step(model, rule, state, images, labels),
  );
  using count = arrays.compile((parameters: Parameters, images: NDArray, labels: NDArray) =>
    right(model, parameters, images, labels),
  );
  let parameters = model.init(arrays, seed);
  let state = rule.init(parameters);
  let losses: NDArray[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(options.train.count, seed, epoch);
    for (let i = 0; i < perEpoch; i++) {
      signal?.throwIfAborted();
      const at = epoch * perEpoch + i;
      const inputs = given(arrays, pickDigits(options.train, order.subarray(i * batch, (i + 1) * batch)));
      const [next, after, loss] = await advance([parameters, state], ...inputs);
      dispose([parameters, state, inputs]);
      [parameters, state] = [next, after];
      losses.push(loss);
      if (losses.length < READ_EVERY && i + 1 < perEpoch) continue;
      for (const [k, each] of losses.entries())
        yield { type: 'loss', step: at - losses.length + 1 + k, steps, loss: await each.item() };
      dispose(losses);
      losses = [];
    }
    yield {
      type: 'accuracy',
      epoch,
      step: (epoch + 1) * perEpoch,
      accuracy: await accuracy(options, parameters, count),
    };
  }
  return parameters;
}

type Count = (parameters: Parameters, images: NDArray, labels: NDArray) => Promise<NDArray>;

async function accuracy(
  { arrays, heldOut }: TrainOptions,
  parameters: Parameters,
  count: Count,
): Promise<number> {
  const part = 250;
  let sum = 0;
  for (let first = 0; first < heldOut.count; first += part) {
    const places = Uint32Array.from({ length: Math.min(part, heldOut.count - first) }, (_, i) => first + i);
    const inputs = given(arrays, pickDigits(heldOut, places));
    const found = await count(parameters, ...inputs);
    sum += await found.item();
    dispose([...inputs, found]);
  }
  return sum / heldOut.count;
}

const given = (arrays: Arrays, { count, images, labels }: Digits): [NDArray, NDArray] => [
  arrays.array(images, { shape: [count, SIDE, SIDE], dtype: 'uint8' }),
  arrays.array(Int32Array.from(labels), { dtype: 'int32' }),
];

/** Gives back every array of a tree. */
function dispose(tree: unknown): void {
  for (const array of flatten(tree).arrays) array.dispose();
}
