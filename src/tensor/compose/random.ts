/**
 * Random arrays, made of the words of a key (`make.random`): the same bits wherever they are computed. A key is a node of four uint32; what takes
 * two words for an element takes those of one array of them, the first halves first.
 */
import type { Dtype } from '../../numerics';
import { make, type Node, type Shape } from '../graph';
import { broadcastTo, sliceAxis, squeeze } from './shapes';
import { choose, float, judge, whole, word, type Operand } from './steps';

/** The high `bits` of words, as float32: whole numbers below 2^bits. */
const high = (words: Node, bits: number): Node => float('multiply', word('right_shift', words, 32 - bits), 1);

/** k 2^-24, from 0 on and below 1. */
const unit = (words: Node): Node => float('multiply', high(words, 24), 2 ** -24);

/** Two arrays of words. */
function twoOf(key: Node, shape: Shape): readonly [Node, Node] {
  const words = make.random(key, [2, ...shape]);
  return [squeeze(sliceAxis(words, 0, 0, 1), 0), squeeze(sliceAxis(words, 0, 1, 1), 0)];
}

/** The largest float32 below a number. */
function below(value: number): number {
  const bits = new Int32Array(1);
  const number = new Float32Array(bits.buffer);
  number[0] = value;
  if (number[0] === 0) return -(2 ** -149);
  bits[0] = (bits[0] ?? 0) + (number[0] > 0 ? -1 : 1);
  return number[0];
}

/** low + (high - low) u, u of 24 bits; below `end` in float32, which rounding to a narrow format may reach. */
export function uniform(key: Node, shape: Shape, start = 0, end = 1, dtype: Dtype = 'float32'): Node {
  const u = unit(make.random(key, shape));
  const value = float('add', float('multiply', u, Math.fround(end) - Math.fround(start)), start);
  return make.cast(start < end ? float('minimum', value, below(end)) : value, dtype);
}

/** Box and Muller: sqrt(-2 log u) sin(pi v), u of 24 bits above 0 and up to 1, v of 24 bits from -1 on and below 1. */
export function normal(key: Node, shape: Shape, mean = 0, deviation = 1, dtype: Dtype = 'float32'): Node {
  const [first, second] = twoOf(key, shape);
  const u = float('multiply', float('add', high(first, 24), 1), 2 ** -24);
  const v = float('subtract', float('multiply', high(second, 24), 2 ** -23), 1);
  const radius = float('sqrt', float('multiply', float('log', u), -2));
  const value = float('multiply', radius, float('sin', float('multiply', v, Math.PI)));
  return make.cast(float('add', float('multiply', value, deviation), mean), dtype);
}

/** The inverse error function where it is within 1.6 of 0 (M. Giles, "Approximating the erfinv function", 2012, central part). */
const ERFINV = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];

/** erf sqrt 2: two deviations. */
const ERF_ROOT_2 = 0.9544997361036416;

/** A normal number of at most two deviations, by the inverse of the distribution, of one word. */
export function truncatedNormal(
  key: Node,
  shape: Shape,
  mean = 0,
  deviation = 1,
  dtype: Dtype = 'float32',
): Node {
  const u = float('multiply', float('add', high(make.random(key, shape), 23), 0.5), 2 ** -22);
  const x = float('multiply', float('subtract', u, 1), ERF_ROOT_2);
  const w = float('subtract', float('negate', float('log', float('subtract', 1, float('square', x)))), 2.5);
  const curve = ERFINV.slice(1).reduce<Node>(
    (sum, coefficient) => float('add', float('multiply', sum, w), coefficient),
    make.fill(shape, 'float32', Math.fround(ERFINV[0] ?? 0)),
  );
  const value = float('multiply', float('multiply', curve, x), Math.SQRT2);
  const within = float('minimum', float('maximum', value, -2), 2);
  return make.cast(float('add', float('multiply', within, deviation), mean), dtype);
}

/** 1 with this probability, in steps of 2^-24, else 0. */
export function bernoulli(key: Node, shape: Shape, probability: Operand, dtype: Dtype = 'uint8'): Node {
  const limit = typeof probability === 'number' ? probability : broadcastTo(probability, shape);
  return make.cast(judge('less', unit(make.random(key, shape)), limit), dtype);
}

/** The high word of words times a number below 2^32: by halves of 16 bits. */
function highProduct(words: Node, factor: number): Node {
  const [low, upper] = [factor % 2 ** 16, Math.floor(factor / 2 ** 16)];
  const [a, b] = [word('bitwise_and', words, 0xffff), word('right_shift', words, 16)];
  const over = (x: Node): Node => word('right_shift', x, 16);
  const first = word('add', word('multiply', b, low), over(word('multiply', a, low)));
  const second = word('add', word('multiply', a, upper), word('bitwise_and', first, 0xffff));
  return word('add', word('add', word('multiply', b, upper), over(first)), over(second));
}

/** Whole numbers from `start` on and below `end`: of 64 bits times how many there are, the high word; none is likelier than others by more than 2^-32. */
export function randint(key: Node, shape: Shape, start: number, end: number, dtype: Dtype = 'int32'): Node {
  const count = end - start;
  const [first, second] = twoOf(key, shape);
  const low = word('multiply', first, count);
  const carried = word('less', word('add', low, highProduct(second, count)), low);
  const value = make.bitcast(word('add', highProduct(first, count), carried), 'int32');
  return make.cast(whole('add', value, start), dtype);
}

/** int32: 0 to count - 1 in the order of as many words. */
export const permutation = (key: Node, count: number): Node => make.argsort(make.random(key, [count]));

/** x times 1 / (1 - rate), or 0 with a probability of `rate`. */
export function dropout(key: Node, x: Node, rate: number, dtype: Dtype = x.dtype): Node {
  const kept = judge('greater_equal', unit(make.random(key, x.shape)), rate);
  return make.cast(choose(kept, float('multiply', x, rate < 1 ? 1 / (1 - rate) : 0), 0), dtype);
}

/** -log(-log u), u of 23 bits between 0 and 1. */
export function gumbel(key: Node, shape: Shape): Node {
  const u = float('multiply', float('add', high(make.random(key, shape), 23), 0.5), 2 ** -23);
  return float('negate', float('log', float('negate', float('log', u))));
}

/** int32 [..., count]: places in the last axis of logits [..., k], each by the probability that softmax gives it. */
export function categorical(key: Node, logits: Node, count: number): Node {
  const lead = logits.shape.slice(0, -1);
  const shape = [...lead, count, logits.shape.at(-1) ?? 0];
  const each = make.broadcast(make.reshape(logits, [...lead, 1, ...logits.shape.slice(-1)]), shape);
  return make.reduce(float('add', each, gumbel(key, shape)), 'argmaximum', 1, 'int32');
}
