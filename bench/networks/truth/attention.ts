/** Causal attention of the truth: scores and weights of one head at a time, in full. */
import { at, product, type Tape, type Value, type Values } from './tape';

/** q, k and v [tokens, width], of which each head takes its part of the width; to the same shape. */
export function attention(
  tape: Tape,
  [q, k, v]: readonly [Value, Value, Value],
  tokens: number,
  heads: number,
): Value {
  const { make, round } = tape.arithmetic;
  const width = q.values.length / tokens;
  const depth = width / heads;
  const scale = 1 / Math.sqrt(depth);
  const extents = { m: tokens, k: depth, n: tokens };
  const head = (x: Values, index: number): Values => {
    const part = make(tokens * depth);
    for (let i = 0; i < part.length; i++)
      part[i] = at(x, Math.floor(i / depth) * width + index * depth + (i % depth));
    return part;
  };
  const addHead = (x: Values, index: number, part: Values): void => {
    for (let i = 0; i < part.length; i++) {
      const place = Math.floor(i / depth) * width + index * depth + (i % depth);
      x[place] = at(x, place) + at(part, i);
    }
  };
  const result = make(q.values.length);
  const kept = Array.from({ length: heads }, (_, index) => {
    const [query, key, value] = [head(q.values, index), head(k.values, index), head(v.values, index)];
    const weights = make(tokens ** 2);
    product(query, key, weights, extents, [depth, 1], [1, depth]);
    softmax(weights, tokens, scale);
    round(weights);
    const mixed = make(tokens * depth);
    product(weights, value, mixed, { m: tokens, k: tokens, n: depth }, [tokens, 1], [depth, 1]);
    addHead(result, index, mixed);
    return { query, key, value, weights };
  });
  return tape.result(result, [q, k, v], (grad) => {
    for (const [index, { query, key, value, weights }] of kept.entries()) {
      const slope = head(grad, index);
      const [onQuery, onKey, onValue] = [make(tokens * depth), make(tokens * depth), make(tokens * depth)];
      const onScores = make(tokens ** 2);
      product(slope, value, onScores, extents, [depth, 1], [1, depth]);
      throughSoftmax(onScores, weights, tokens, scale);
      product(weights, slope, onValue, { m: tokens, k: tokens, n: depth }, [1, tokens], [depth, 1]);
      product(onScores, key, onQuery, { m: tokens, k: tokens, n: depth }, [tokens, 1], [depth, 1]);
      product(onScores, query, onKey, { m: tokens, k: tokens, n: depth }, [1, tokens], [depth, 1]);
      addHead(q.grad, index, onQuery);
      addHead(k.grad, index, onKey);
      addHead(v.grad, index, onValue);
    }
  });
}

/** In place: row i over its first i + 1 columns, the others 0. */
function softmax(scores: Values, tokens: number, scale: number): void {
  for (let row = 0; row < tokens; row++) {
    const seen = scores.subarray(row * tokens, row * tokens + row + 1);
    let largest = -Infinity;
    for (let i = 0; i < seen.length; i++) {
      seen[i] = at(seen, i) * scale;
      largest = Math.max(largest, at(seen, i));
    }
    const sum = seen.slice(0, 1).fill(0);
    for (let i = 0; i < seen.length; i++) {
      seen[i] = Math.exp(at(seen, i) - largest);
      sum[0] = at(sum, 0) + at(seen, i);
    }
    for (let i = 0; i < seen.length; i++) seen[i] = at(seen, i) / at(sum, 0);
    scores.fill(0, row * tokens + row + 1, (row + 1) * tokens);
  }
}

/** In place: derivatives by the weights become those by the products. */
function throughSoftmax(slopes: Values, weights: Values, tokens: number, scale: number): void {
  for (let row = 0; row < tokens; row++) {
    let mean = 0;
    for (let i = row * tokens; i <= row * tokens + row; i++) mean += at(slopes, i) * at(weights, i);
    for (let i = row * tokens; i < (row + 1) * tokens; i++)
      slopes[i] = (at(slopes, i) - mean) * at(weights, i) * scale;
  }
}
