/** Our own entry: `systole/arrays` with its layers and its optimiser, each network one function under `compile`. */
import { openBrowserDevice, type Host } from '../../src/host';
import type { Dtype } from '../../src/numerics';
import {
  add,
  astype,
  NDArray,
  openArrays,
  relu,
  reshape,
  type Arrays,
  type Compiled,
} from '../../src/tensor/array';
import { valueAndGrad } from '../../src/tensor/gradient';
import {
  convolution,
  crossEntropy,
  layerNorm,
  linear,
  maxPool,
  meanSquaredError,
  mlp,
  multiHeadAttention,
} from '../../src/tensor/nn';
import { adam, type Optimiser, type OptimiserState } from '../../src/tensor/optim';
import type { NetworkContestant, NetworkRun } from './contestant';
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
  type Sizes,
  type Tensor,
  type Transformer,
  type TransformerShape,
  type WorkloadName,
} from './workloads';

/** Float32 beside the peers; bfloat16, the chip's own, which none of them has. */
const DTYPES: readonly Dtype[] = ['float32', 'bfloat16'];

/** One entry for each dtype, all on one device. */
export function systoleNetworks(version: string, host?: Promise<Host>): NetworkContestant[] {
  let opening: Promise<{ host: Host; arrays: Arrays }> | undefined;
  return DTYPES.map((dtype) => ({
    name: 'systole',
    version,
    dtype,
    ours: true,
    async open() {
      opening ??= openOurs(host);
      const { host: opened, arrays } = await opening;
      return {
        prepare: (workload, sizes, seed) =>
          Promise.resolve(PREPARE[workload]({ arrays, dtype, sizes, seed })),
        dispatches: () => arrays.counts.dispatches,
        close() {
          opened.close(); // the others are closed with it
        },
      };
    },
  }));
}

async function openOurs(given?: Promise<Host>): Promise<{ host: Host; arrays: Arrays }> {
  const host = await (given ?? openBrowserDevice());
  const arrays = await openArrays({ device: host.device });
  await arrays.tune();
  return { host, arrays };
}

interface Given {
  readonly arrays: Arrays;
  readonly dtype: Dtype;
  readonly sizes: Sizes;
  readonly seed: number;
}

const PREPARE = {
  'transformer-forward': (given) => transformer(given, false),
  'transformer-step': (given) => transformer(given, true),
  'digits-forward': (given) => digits(given, false),
  'digits-step': (given) => digits(given, true),
  'adds-eager': eagerAdds,
  'adds-compiled': compiledAdds,
} as const satisfies Record<WorkloadName, (given: Given) => NetworkRun>;

const isArray = (value: unknown): value is NDArray => value instanceof NDArray;
const placing =
  ({ arrays, dtype }: Given) =>
  ({ values, shape }: Tensor): NDArray =>
    arrays.array(values, { shape, dtype });

function transformer(given: Given, training: boolean): NetworkRun {
  const shape = given.sizes.transformer;
  const { parameters, x, target } = drawTransformer(shape, given.seed);
  const place = placing(given);
  const net = transformerNet(shape);
  const start = transformerOf(shape, following(parameters, place));
  const inputs = [place(x), place(target)] as const;
  return training
    ? steps(given, start, inputs, (p, [input, wanted]) => meanSquaredError(net(p, input), wanted))
    : forward(given, start, inputs[0], net);
}

function transformerNet({ width, heads, hidden }: TransformerShape) {
  const norm = layerNorm({ width, epsilon: NORM_EPSILON });
  const attention = multiHeadAttention({ width, heads, causal: true });
  const feed = mlp({ width, hidden });
  return ({ blocks }: Transformer<NDArray>, x: NDArray): NDArray =>
    blocks.reduce((stream, block) => {
      const attended = add(stream, attention.apply(block, norm.apply(block.before, stream)));
      return add(attended, feed.apply(block, norm.apply(block.between, attended)));
    }, x);
}

function digits(given: Given, training: boolean): NetworkRun {
  const shape = given.sizes.digits;
  const { parameters, images, labels } = drawDigits(shape, given.seed);
  const place = placing(given);
  const net = digitsNet(shape);
  const start = digitsOf(shape, following(parameters, place));
  const input = place(images);
  const wanted = given.arrays.array(labels);
  return training
    ? steps(given, start, [input, wanted], (p, [seen, known]) => crossEntropy(net(p, seen), known))
    : forward(given, start, input, net);
}

function digitsNet({ side, channels: [few, many], hidden, classes }: DigitsShape) {
  const filters = { taps: [3, 3], padding: 'same' } as const;
  const first = convolution({ ...filters, inputs: 1, outputs: few });
  const second = convolution({ ...filters, inputs: few, outputs: many });
  const flat = (side / 4) ** 2 * many;
  const inner = linear({ inputs: flat, outputs: hidden });
  const outer = linear({ inputs: hidden, outputs: classes });
  const halved = (x: NDArray): NDArray => maxPool(relu(x), { taps: [2, 2] });
  return (p: Digits<NDArray>, images: NDArray): NDArray => {
    const wide = halved(first.apply(p.first, images));
    const deep = halved(second.apply(p.second, wide));
    const rows = reshape(deep, [deep.shape[0] ?? 0, flat]);
    return outer.apply(p.scores, relu(inner.apply(p.hidden, rows)));
  };
}

function forward<P>(
  { arrays }: Given,
  parameters: P,
  x: NDArray,
  net: (parameters: P, x: NDArray) => NDArray,
): NetworkRun {
  const compiled = arrays.compile((p: P, input: NDArray) => astype(net(p, input), 'float32'));
  return repeated(arrays, () => compiled(parameters, x), [parameters, x, compiled]);
}

/** Adam: of bfloat16 parameters with copies in float32. */
function steps<P>(
  { arrays, dtype }: Given,
  start: P,
  inputs: readonly [NDArray, NDArray],
  lossOf: (parameters: P, inputs: readonly [NDArray, NDArray]) => NDArray,
): NetworkRun {
  const { rate, ...moments } = ADAM;
  const rule: Optimiser = adam({ learningRate: rate, ...moments, master: dtype !== 'float32' });
  const names = leaves(start, isArray).map(([name]) => name);
  const step = arrays.compile((p: P, state: OptimiserState, given: readonly [NDArray, NDArray]) => {
    const [loss, gradients] = valueAndGrad((each: P) => lossOf(each, given))(p);
    return [...rule.update(p, gradients, state), loss] as const;
  });
  let [parameters, state] = [start, rule.init(start)];
  let loss: NDArray | undefined;
  return {
    async run(count) {
      for (let done = 0; done < count; done++) {
        const before = [parameters, state, loss];
        [parameters, state, loss] = await step(parameters, state, inputs);
        for (const [, array] of leaves(before, isArray)) array.dispose();
      }
      await finished(arrays);
    },
    async read() {
      const moment = (i: number): NDArray | undefined => state.slots[i]?.[0];
      const read = async (array: NDArray | undefined): Promise<Float32Array> => floats(array);
      return {
        loss: await read(loss),
        ...(await readAll(Object.fromEntries(names.map((name, i) => [name, moment(i)])), isArray, read)),
      };
    },
    release() {
      step[Symbol.dispose]();
      for (const [, array] of leaves([parameters, state, loss, inputs], isArray)) array.dispose();
    },
  };
}

function eagerAdds(given: Given): NetworkRun {
  const { x, step, chain } = chainOf(given);
  const { arrays } = given;
  const once = async (): Promise<NDArray> => {
    const result = arrays.scope(() => chain(x, step));
    await arrays.realize(result);
    return result;
  };
  return repeated(arrays, once, [x, step]);
}

function compiledAdds(given: Given): NetworkRun {
  const { x, step, chain } = chainOf(given);
  const compiled = given.arrays.compile(chain);
  return repeated(given.arrays, () => compiled(x, step), [x, step, compiled]);
}

function chainOf(given: Given) {
  const { x, step, shape } = drawAdds(given.sizes.adds, given.seed);
  const place = placing(given);
  const chain = (start: NDArray, each: NDArray): NDArray => {
    let sum = start;
    for (let done = 0; done < shape.count; done++) sum = add(sum, each);
    return sum;
  };
  return { x: place(x), step: place(step), chain };
}

/** What gives one array, again and again; what it was made of is let go of at the end. */
function repeated(arrays: Arrays, once: () => Promise<NDArray>, owned: readonly unknown[]): NetworkRun {
  let output: NDArray | undefined;
  return {
    async run(count) {
      for (let done = 0; done < count; done++) {
        output?.dispose();
        output = await once();
      }
      await finished(arrays);
    },
    read: async () => ({ output: await floats(output) }),
    release() {
      for (const each of owned) if (isCompiled(each)) each[Symbol.dispose]();
      for (const [, array] of leaves([owned, output], isArray)) array.dispose();
    },
  };
}

const isCompiled = (value: unknown): value is Compiled<readonly [], unknown> => typeof value === 'function';

async function floats(array: NDArray | undefined): Promise<Float32Array> {
  if (array === undefined) throw new Error('not run yet');
  return Float32Array.from(await array.data());
}

/** On the CPU a run that has resolved is done. */
const finished = async ({ executor }: Arrays): Promise<void> => {
  await executor.device?.queue.onSubmittedWorkDone();
};
