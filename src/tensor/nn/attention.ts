/**
 * Attention in the flash form (Dao et al., "FlashAttention", NeurIPS 2022): keys are taken in blocks, and of each query only the largest
 * score, the sum of weights and the weighted sum of values so far are kept, in float32. Products take operands in the input's format.
 */
import { UserError, type Dtype } from '../../numerics';
import { describe, type NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import { make, withRecorder, type MapFunction, type Node } from '../graph';
import { layer, requireExtent, type Layer } from './layer';
import { linear, type LinearParameters } from './linear';
import { rotated } from './rotary';

export interface AttentionOptions {
  /** A query sees keys up to its own place, counted from the end where there are more keys than queries. */
  readonly causal?: boolean;
  /** What scores are multiplied by: 1 / sqrt(depth) when left out. */
  readonly scale?: number;
  /** Keys in a block: 512 when left out. */
  readonly block?: number;
}

const ATTENTION = ['causal', 'scale', 'block'] as const;

const f32 = 'float32' as const;
const apply = (fn: MapFunction, ...inputs: readonly Node[]): Node => make.map(fn, inputs, f32);
const across = (x: Node, shape: readonly number[]): Node =>
  make.broadcast(make.reshape(x, [...x.shape, 1]), shape);

/** So low that its weight is 0, and finite, so that it has a difference with itself. */
const MASKED = -(2 ** 126);

/** q [..., T, D], k [..., S, D], v [..., S, D] to [..., T, D], in q's format. */
export function attention(q: NDArray, k: NDArray, v: NDArray, options: AttentionOptions = {}): NDArray {
  optionsOf('attention', options, ATTENTION);
  const context = q.arrays;
  const [queries, keys, values] = [q, k, v].map((each) => context.nodeOf('attention', each)) as [
    Node,
    Node,
    Node,
  ];
  const [depth = 0, keyCount = 0] = [q.shape.at(-1), k.shape.at(-2)];
  const leading = q.shape.slice(0, -2);
  const fits = (each: NDArray): boolean =>
    each.ndim === q.ndim && leading.every((extent, axis) => each.shape[axis] === extent);
  if (q.ndim < 2 || !fits(k) || !fits(v) || k.shape.at(-1) !== depth || v.shape.at(-2) !== keyCount)
    throw new UserError(
      `attention: takes queries [..., T, D], keys [..., S, D], values [..., S, D]; received ${[q, k, v].map(describe).join(', ')}.`,
    );
  return context.adopt(make.cast(flash(queries, keys, values, options), q.dtype));
}

/** What is known of each query after some blocks. */
interface Running {
  /** [..., T] */
  readonly largest: Node;
  readonly sum: Node;
  /** [..., T, D] */
  readonly total: Node;
}

function flash(q: Node, k: Node, v: Node, { causal = false, scale, block = 512 }: AttentionOptions): Node {
  requireExtent('attention', 'block', block);
  const depth = q.shape.at(-1) ?? 1;
  const count = k.shape.at(-2) ?? 0;
  const factor = scale ?? 1 / Math.sqrt(depth);
  let running: Running | undefined;
  for (let first = 0; first < count; first += block) {
    const width = Math.min(block, count - first);
    const part = (x: Node): Node => {
      const axis = x.shape.length - 2;
      const zeros = x.shape.map(() => 0);
      return make.slice(
        x,
        zeros.with(axis, first),
        x.shape.map(() => 1),
        x.shape.with(axis, width),
      );
    };
    const sums = make.matmul(q, part(k), f32, { bLayout: 'transposed' });
    const scores = apply('multiply', sums, make.fill(sums.shape, f32, Math.fround(factor)));
    running = joined(running, causal ? masked(scores, first, count) : scores, part(v));
  }
  if (running === undefined) return make.fill(q.shape, f32, 0);
  const { total, sum } = running;
  return apply('multiply', total, across(apply('reciprocal', sum), total.shape));
}

/** Scores of keys that a query does not see become too low to count. */
function masked(scores: Node, first: number, count: number): Node {
  const [rows, columns] = [scores.shape.length - 2, scores.shape.length - 1];
  const offset = count - (scores.shape[rows] ?? 0) - first;
  const place = make.map(
    'add',
    [make.iota(scores.shape, rows), make.fill(scores.shape, 'int32', offset)],
    'int32',
  );
  const seen = make.map('greater_equal', [place, make.iota(scores.shape, columns)], 'uint8');
  return apply('select', seen, scores, make.fill(scores.shape, f32, MASKED));
}

/** One more block. The largest score only keeps exponentials in range: the result does not depend on it, nor does a gradient. */
function joined(before: Running | undefined, scores: Node, values: Node): Running {
  const shape = scores.shape;
  const largest = withRecorder(undefined, () => {
    const here = make.reduce(scores, 'maximum', 1, f32);
    return before === undefined ? here : apply('maximum', before.largest, here);
  });
  const weights = apply('exp', apply('subtract', scores, across(largest, shape)));
  const sum = make.reduce(weights, 'add', 1, f32);
  const total = make.matmul(make.cast(weights, values.dtype), values, f32);
  if (before === undefined) return { largest, sum, total };
  const shrink = withRecorder(undefined, () => apply('exp', apply('subtract', before.largest, largest)));
  return {
    largest,
    sum: apply('add', apply('multiply', before.sum, shrink), sum),
    total: apply('add', apply('multiply', before.total, across(shrink, total.shape)), total),
  };
}

export interface MultiHeadOptions extends AttentionOptions {
  readonly width: number;
  readonly heads: number;
  /** Turns queries and keys by their places (`rotary`). */
  readonly rotary?: boolean;
  readonly bias?: boolean;
  readonly dtype?: Dtype;
  readonly fp8?: boolean;
}

export interface MultiHeadParameters {
  readonly query: LinearParameters;
  readonly key: LinearParameters;
  readonly value: LinearParameters;
  readonly output: LinearParameters;
}

const MULTI_HEAD = [...ATTENTION, 'width', 'heads', 'rotary', 'bias', 'dtype', 'fp8'] as const;

/** x [..., T, width] to the same shape: heads attend by themselves, each to its part of the width. */
export function multiHeadAttention(options: MultiHeadOptions): Layer<MultiHeadParameters> {
  const {
    width,
    heads,
    rotary = false,
    bias,
    dtype,
    fp8,
    ...rest
  } = optionsOf('multiHeadAttention', options, MULTI_HEAD);
  requireExtent('multiHeadAttention', 'heads', heads);
  if (width % heads !== 0)
    throw new UserError(`multiHeadAttention: a width of ${width} does not divide into ${heads} heads.`);
  const projection = linear({
    ...{ inputs: width, outputs: width },
    ...(bias !== undefined && { bias }),
    ...(dtype !== undefined && { dtype }),
    ...(fp8 !== undefined && { fp8 }),
  });
  const depth = width / heads;
  return layer(
    (draws) => ({
      query: projection.draw(draws),
      key: projection.draw(draws),
      value: projection.draw(draws),
      output: projection.draw(draws),
    }),
    (parameters, x) => {
      const [tokens = 0] = x.shape.slice(-2);
      const batch = x.size / Math.max(tokens * width, 1);
      const split = (each: LinearParameters): Node => {
        const node = make.reshape(projection.apply(each, x).node, [batch, tokens, heads, depth]);
        return make.reshape(make.permute(node, [0, 2, 1, 3]), [batch * heads, tokens, depth]);
      };
      const turned = (node: Node): Node => (rotary ? rotated(node, x.arrays.executor) : node);
      const seen = flash(
        turned(split(parameters.query)),
        turned(split(parameters.key)),
        split(parameters.value),
        rest,
      );
      const together = make.permute(
        make.reshape(make.cast(seen, x.dtype), [batch, heads, tokens, depth]),
        [0, 2, 1, 3],
      );
      return projection.apply(parameters.output, x.arrays.adopt(make.reshape(together, x.shape)));
    },
  );
}
