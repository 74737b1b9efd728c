/** Random arrays of a key: the same key gives the same bits on every machine and executor. */
import { UserError, type Dtype } from '../../numerics';
import * as compose from '../compose';
import { make, type Node, type Shape } from '../graph';
import { checkShape } from './create';
import { describe, type ArrayContext, type NDArray } from './ndarray';
import { countOf, keyNode, numberNode } from './operands';
import { isFloat } from './promotion';

export interface UniformOptions {
  /**
   * From `low` on and below `high`; 0 and 1 when left out. Their difference must be finite in float32. Values are drawn in float32:
   * rounded to a narrower format they may be `high` itself.
   */
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: Dtype;
}

export interface NormalOptions {
  readonly mean?: number;
  readonly deviation?: number;
  readonly dtype?: Dtype;
}

function drawn(
  op: string,
  key: NDArray,
  shape: Shape,
  dtype: Dtype,
  fn: (key: Node, shape: Shape) => Node,
): NDArray {
  key.arrays.checkDtype(op, dtype);
  const node = keyNode(op, key.arrays, key);
  return key.arrays.adopt(fn(node, checkShape(op, shape)));
}

function floats(op: string, dtype: Dtype, ...numbers: readonly number[]): void {
  if (!isFloat(dtype)) throw new UserError(`${op}: gives floats; received ${dtype}. Use randint().`);
  const bad = numbers.find((each) => !Number.isFinite(each));
  if (bad !== undefined) throw new UserError(`${op}: needs finite numbers; received ${bad}.`);
}

export function uniform(key: NDArray, shape: Shape, options: UniformOptions = {}): NDArray {
  const { low = 0, high = 1, dtype = 'float32' } = options;
  floats('uniform', dtype, low, high);
  if (!Number.isFinite(Math.fround(Math.fround(high) - Math.fround(low))))
    throw new UserError(`uniform: high - low must be finite in float32; received ${low} and ${high}.`);
  return drawn('uniform', key, shape, dtype, (node, own) => compose.uniform(node, own, low, high, dtype));
}

export function normal(key: NDArray, shape: Shape, options: NormalOptions = {}): NDArray {
  const { mean = 0, deviation = 1, dtype = 'float32' } = options;
  floats('normal', dtype, mean, deviation);
  return drawn('normal', key, shape, dtype, (node, own) => compose.normal(node, own, mean, deviation, dtype));
}

/** At most two deviations from the mean. */
export function truncatedNormal(key: NDArray, shape: Shape, options: NormalOptions = {}): NDArray {
  const { mean = 0, deviation = 1, dtype = 'float32' } = options;
  floats('truncatedNormal', dtype, mean, deviation);
  const draw = (node: Node, own: Shape): Node => compose.truncatedNormal(node, own, mean, deviation, dtype);
  return drawn('truncatedNormal', key, shape, dtype, draw);
}

/** int32: from `low` on and below `high`, each as likely as the others. */
export function randint(key: NDArray, shape: Shape, low: number, high: number): NDArray {
  countOf('randint', 'low', low, -(2 ** 31), 2 ** 31 - 1);
  countOf('randint', 'high', high, low + 1, 2 ** 31);
  return drawn('randint', key, shape, 'int32', (node, own) => compose.randint(node, own, low, high));
}

/** uint8: 1 with this probability. */
export function bernoulli(key: NDArray, shape: Shape, probability: number): NDArray {
  if (!(probability >= 0 && probability <= 1))
    throw new UserError(`bernoulli: a probability is 0 to 1; received ${probability}.`);
  return drawn('bernoulli', key, shape, 'uint8', (node, own) => compose.bernoulli(node, own, probability));
}

/** int32: 0 to count - 1 in random order. */
export const permutation = (key: NDArray, count: number): NDArray =>
  drawn('permutation', key, [countOf('permutation', 'the count', count)], 'int32', (node) =>
    compose.permutation(node, count),
  );

/**
 * A key whose numbers have nothing to do with those of this one, or of another `data`: a number or an integer array of no axes, which
 * a compiled step may be given.
 */
export function foldIn(key: NDArray, data: NDArray | number): NDArray {
  const { arrays } = key;
  const node = keyNode('foldIn', arrays, key);
  const words = make.map('add', [node, instance(key, data)], 'uint32');
  // The words that are drawn become a key: a seed has 53 bits, of which the high word keeps 21.
  const mixed = make.random(words, [4]);
  const kept = make.leaf([4], 'uint32', arrays.executor.place(MASK.slice(), 'uint32', [4]));
  return arrays.adopt(make.map('bitwise_and', [mixed, kept], 'uint32'));
}

const MASK = Uint32Array.of(0xffffffff, 0x1fffff, 0xffffffff, 0xffffffff);

/** What is added to the last two words of a key: the number, and a bit that no key of `arrays.key` has. */
function instance({ arrays }: NDArray, data: NDArray | number): Node {
  const op = 'foldIn';
  const word = typeof data === 'number' ? numberNode(op, data, 'uint32', [1]) : wordOf(op, arrays, data);
  return make.pad(make.pad(word, { high: [1] }, 2 ** 31), { low: [2] }, 0);
}

function wordOf(op: string, arrays: ArrayContext, data: NDArray): Node {
  const node = arrays.nodeOf(op, data);
  if (data.size !== 1 || isFloat(data.dtype))
    throw new UserError(`${op}: takes one whole number; received ${describe(data)}.`);
  return make.reshape(make.cast(node, 'uint32'), [1]);
}

/** As many keys that have nothing to do with each other. */
export const splitKey = (key: NDArray, count = 2): readonly NDArray[] =>
  Array.from({ length: countOf('splitKey', 'the count', count, 1) }, (_, i) => foldIn(key, i));
