/** jax-js (npm @jax-js/jax): each network one function under `jit`, with its own layers; Adam written out, as its own library of optimisers does. */
import type { NetworkRun, OpenNetworks } from './contestant';
import { following, permuted, readAll } from './trees';
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

/** The part of the library that is used here. Arrays are consumed by what they are given to, unless `ref` is. */
interface JaxJs {
  readonly numpy: {
    array(values: Float32Array | Int32Array | number): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    max(a: JaxArray): JaxArray;
    mean(a: JaxArray): JaxArray;
    power(base: number, exponent: JaxArray): JaxArray;
    reciprocal(a: JaxArray): JaxArray;
    sqrt(a: JaxArray): JaxArray;
    square(a: JaxArray): JaxArray;
    sum(a: JaxArray, axis?: number): JaxArray;
    zerosLike(a: JaxArray): JaxArray;
  };
  readonly nn: {
    dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray, options: { isCausal: boolean }): JaxArray;
    gelu(x: JaxArray, options: { approximate: boolean }): JaxArray;
    logSoftmax(x: JaxArray): JaxArray;
    oneHot(x: JaxArray, classes: number): JaxArray;
    relu(x: JaxArray): JaxArray;
    standardize(x: JaxArray, axis: number, options: { epsilon: number }): JaxArray;
  };
  readonly lax: {
    convGeneralDilated(x: JaxArray, filter: JaxArray, strides: number[], padding: 'SAME'): JaxArray;
    reduceWindow(x: JaxArray, join: (x: JaxArray) => JaxArray, window: number[], strides: number[]): JaxArray;
  };
  readonly tree: {
    map<P>(fn: (...leaves: JaxArray[]) => JaxArray, tree: P, ...others: P[]): P;
    ref<P>(tree: P): P;
    dispose(tree: unknown): void;
  };
  init(device: 'webgpu'): Promise<readonly string[]>;
  defaultDevice(device: 'webgpu'): unknown;
  jit<A extends readonly unknown[], R>(
    compute: (...args: A) => R,
  ): ((...args: A) => R) & { dispose?(): void };
  valueAndGrad<P, A extends readonly unknown[]>(
    compute: (parameters: P, ...args: A) => JaxArray,
  ): (parameters: P, ...args: A) => [JaxArray, P];
  blockUntilReady(tree: unknown): Promise<unknown>;
}

interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** Arrays are lazy: results wait for each other, up to so many, instead of being dropped before they are computed. */
const RESULTS_AT_ONCE = 4;

export async function openJaxJsNetworks(library: unknown): Promise<OpenNetworks> {
  const jax = library as JaxJs;
  const devices = await jax.init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('it found no WebGPU adapter');
  jax.defaultDevice('webgpu');
  return {
    prepare: (workload, sizes, seed) => PREPARE[workload]({ jax, sizes, seed }),
    close: () => undefined, // its device is the library's own, for as long as the page or the process lives
  };
}

interface Given {
  readonly jax: JaxJs;
  readonly sizes: Sizes;
  readonly seed: number;
}

const PREPARE = {
  'transformer-forward': (given) => transformer(given, false),
  'transformer-step': (given) => transformer(given, true),
  'digits-forward': (given) => digits(given, false),
  'digits-step': (given) => digits(given, true),
  'adds-eager': (given) => adds(given, false),
  'adds-compiled': (given) => adds(given, true),
} as const satisfies Record<WorkloadName, (given: Given) => Promise<NetworkRun>>;

const isArray = (value: unknown): value is JaxArray =>
  typeof value === 'object' && value !== null && 'ref' in value && 'dispose' in value;

async function transformer({ jax, sizes, seed }: Given, training: boolean): Promise<NetworkRun> {
  const { shape, parameters, x, target } = drawTransformer(sizes.transformer, seed);
  const place = ({ values, shape: extents }: Tensor): JaxArray => jax.numpy.array(values).reshape(extents);
  const net = transformerNet(jax, shape);
  const start = transformerOf(shape, following(parameters, place));
  const loss = (p: Transformer<JaxArray>, input: JaxArray, wanted: JaxArray): JaxArray =>
    jax.numpy.mean(jax.numpy.square(net(p, input).sub(wanted)));
  return training ? steps(jax, start, [place(x), place(target)], loss) : forward(jax, start, place(x), net);
}

function transformerNet({ numpy, nn }: JaxJs, { tokens, width, heads }: TransformerShape) {
  const linear = (x: JaxArray, { weight, bias }: Linear<JaxArray>): JaxArray =>
    numpy.matmul(x, weight).add(bias);
  const norm = (x: JaxArray, { scale, shift }: Norm<JaxArray>): JaxArray =>
    nn.standardize(x, -1, { epsilon: NORM_EPSILON }).mul(scale).add(shift);
  const split = (x: JaxArray): JaxArray => x.reshape([tokens, heads, width / heads]);
  return ({ blocks }: Transformer<JaxArray>, x: JaxArray): JaxArray =>
    blocks.reduce((stream, block) => {
      const seen = norm(stream.ref, block.before);
      const query = split(linear(seen.ref, block.query));
      const key = split(linear(seen.ref, block.key));
      const value = split(linear(seen, block.value));
      const mixed = nn.dotProductAttention(query, key, value, { isCausal: true }).reshape([tokens, width]);
      const attended = stream.add(linear(mixed, block.output));
      const inner = nn.gelu(linear(norm(attended.ref, block.between), block.up), { approximate: false });
      return attended.add(linear(inner, block.down));
    }, x);
}

/** Images and filters have their channels first here: [N, C, H, W] and [outputs, inputs, H, W]; so have the places of `hidden`. */
async function digits({ jax, sizes, seed }: Given, training: boolean): Promise<NetworkRun> {
  const { shape, parameters, images, labels } = drawDigits(sizes.digits, seed);
  const layouts = channelsFirst(shape);
  const start = digitsOf(
    shape,
    following(parameters, (tensor, name) => {
      const { values, shape: extents } = layouts[name]?.given(tensor) ?? tensor;
      return jax.numpy.array(values).reshape(extents);
    }),
  );
  const net = digitsNet(jax, shape);
  const input = jax.numpy.array(images.values).reshape([shape.images, 1, shape.side, shape.side]);
  const loss = (p: Digits<JaxArray>, seen: JaxArray, known: JaxArray): JaxArray => {
    const chosen = jax.nn.logSoftmax(net(p, seen)).mul(jax.nn.oneHot(known, shape.classes));
    return jax.numpy.mean(jax.numpy.sum(chosen, -1)).neg();
  };
  if (!training) return forward(jax, start, input, net);
  return steps(
    jax,
    start,
    [input, jax.numpy.array(labels)],
    loss,
    (values, name) => layouts[name]?.back(values) ?? values,
  );
}

interface Layout {
  readonly given: (tensor: Tensor) => Tensor;
  readonly back: (values: Float32Array) => Float32Array;
}

function channelsFirst({
  side,
  channels: [few, many],
  hidden,
}: DigitsShape): Readonly<Record<string, Layout>> {
  const filter = (inputs: number, outputs: number): Layout => ({
    given: (tensor) => permuted(tensor, [3, 2, 0, 1]),
    back: (values) => permuted({ values, shape: [outputs, inputs, 3, 3] }, [2, 3, 1, 0]).values,
  });
  const quarter = side / 4;
  const places = {
    given: ({ values, shape }: Tensor): Tensor => ({
      values: permuted({ values, shape: [quarter, quarter, many, hidden] }, [2, 0, 1, 3]).values,
      shape,
    }),
    back: (values: Float32Array) =>
      permuted({ values, shape: [many, quarter, quarter, hidden] }, [1, 2, 0, 3]).values,
  };
  return { 'first.filter': filter(1, few), 'second.filter': filter(few, many), 'hidden.weight': places };
}

function digitsNet({ numpy, nn, lax }: JaxJs, { images, side, channels: [few, many] }: DigitsShape) {
  const linear = (x: JaxArray, { weight, bias }: Linear<JaxArray>): JaxArray =>
    numpy.matmul(x, weight).add(bias);
  const layer = (x: JaxArray, { filter, bias }: Digits<JaxArray>['first'], outputs: number): JaxArray => {
    const sums = lax.convGeneralDilated(x, filter, [1, 1], 'SAME').add(bias.reshape([outputs, 1, 1]));
    return lax.reduceWindow(nn.relu(sums), (window) => numpy.max(window), [2, 2], [2, 2]);
  };
  return (p: Digits<JaxArray>, x: JaxArray): JaxArray => {
    const deep = layer(layer(x, p.first, few), p.second, many);
    const rows = deep.reshape([images, (side / 4) ** 2 * many]);
    return linear(nn.relu(linear(rows, p.hidden)), p.scores);
  };
}

async function forward<P>(
  jax: JaxJs,
  parameters: P,
  x: JaxArray,
  net: (parameters: P, x: JaxArray) => JaxArray,
): Promise<NetworkRun> {
  const compiled = jax.jit(net);
  await jax.blockUntilReady([parameters, x]);
  const run = repeated(jax, () => compiled(jax.tree.ref(parameters), x.ref));
  return {
    ...run,
    release() {
      run.release();
      compiled.dispose?.();
      jax.tree.dispose([parameters, x]);
    },
  };
}

/** What gives one array, again and again. */
function repeated(jax: JaxJs, once: () => JaxArray): NetworkRun {
  let results: JaxArray[] = [];
  const drop = (): void => {
    for (const result of results) result.dispose();
    results = [];
  };
  return {
    async run(count) {
      for (let left = count; left > 0; left -= RESULTS_AT_ONCE) {
        drop();
        results = Array.from({ length: Math.min(left, RESULTS_AT_ONCE) }, once);
        await jax.blockUntilReady(results);
      }
    },
    async read() {
      const [last] = results.slice(-1);
      if (last === undefined) throw new Error('not run yet');
      return { output: await last.ref.data() };
    },
    release: drop,
  };
}

interface State<P> {
  readonly parameters: P;
  readonly first: P;
  readonly second: P;
  readonly count: JaxArray;
}

/** `back` gives values in the layout of workloads.ts. */
async function steps<P>(
  jax: JaxJs,
  parameters: P,
  [x, target]: readonly [JaxArray, JaxArray],
  lossOf: (parameters: P, x: JaxArray, target: JaxArray) => JaxArray,
  back: (values: Float32Array, name: string) => Float32Array = (values) => values,
): Promise<NetworkRun> {
  const { numpy, tree } = jax;
  const gradient = jax.valueAndGrad(lossOf);
  const update = adam<P>(jax);
  const step = jax.jit((state: State<P>, input: JaxArray, wanted: JaxArray): [State<P>, JaxArray] => {
    const [loss, gradients] = gradient(tree.ref(state.parameters), input, wanted);
    return [update(state, gradients), loss];
  });
  const zeros = (each: P): P => tree.map((leaf) => numpy.zerosLike(leaf), tree.ref(each));
  let state: State<P> = {
    first: zeros(parameters),
    second: zeros(parameters),
    count: numpy.array(0),
    parameters,
  };
  let losses: JaxArray[] = [];
  const drop = (): void => {
    for (const loss of losses) loss.dispose();
    losses = [];
  };
  await jax.blockUntilReady([state, x, target]);
  return {
    async run(count) {
      for (let left = count; left > 0; left -= RESULTS_AT_ONCE) {
        drop();
        for (let done = 0; done < Math.min(left, RESULTS_AT_ONCE); done++) {
          const [next, loss] = step(state, x.ref, target.ref);
          state = next;
          losses.push(loss);
        }
        await jax.blockUntilReady([state, losses]);
      }
    },
    async read() {
      const [loss] = losses.slice(-1);
      if (loss === undefined) throw new Error('not run yet');
      const moments = await readAll(state.first, isArray, async (leaf, name) =>
        back(await leaf.ref.data(), name),
      );
      return { loss: await loss.ref.data(), ...moments };
    },
    release() {
      drop();
      step.dispose?.();
      tree.dispose([state, x, target]);
    },
  };
}

function adam<P>({ numpy, tree }: JaxJs): (state: State<P>, gradients: P) => State<P> {
  const { rate, beta1, beta2, epsilon } = ADAM;
  return ({ parameters, first, second, count }, gradients) => {
    const next = count.add(1);
    const m = tree.map((old, g) => old.mul(beta1).add(g.mul(1 - beta1)), first, tree.ref(gradients));
    const v = tree.map((old, g) => old.mul(beta2).add(numpy.square(g).mul(1 - beta2)), second, gradients);
    const correction = (beta: number): JaxArray =>
      numpy.reciprocal(numpy.power(beta, next.ref).mul(-1).add(1));
    const [forFirst, forSecond] = [correction(beta1), correction(beta2)];
    const moved = tree.map(
      (p, m1, v1) => {
        const root = numpy.sqrt(v1.mul(forSecond.ref)).add(epsilon);
        return p.sub(m1.mul(forFirst.ref).mul(rate).div(root));
      },
      parameters,
      tree.ref(m),
      tree.ref(v),
    );
    forFirst.dispose();
    forSecond.dispose();
    return { parameters: moved, first: m, second: v, count: next };
  };
}

async function adds({ jax, sizes, seed }: Given, compiled: boolean): Promise<NetworkRun> {
  const { x, step, shape } = drawAdds(sizes.adds, seed);
  const [start, each] = [jax.numpy.array(x.values), jax.numpy.array(step.values)];
  await jax.blockUntilReady([start, each]);
  const chain = (from: JaxArray, one: JaxArray): JaxArray => {
    let sum = from;
    for (let done = 0; done < shape.count; done++) sum = sum.add(one.ref);
    one.dispose();
    return sum;
  };
  const once = compiled ? jax.jit(chain) : chain;
  const run = repeated(jax, () => once(start.ref, each.ref));
  return {
    ...run,
    release() {
      run.release();
      jax.tree.dispose([start, each]);
    },
  };
}
