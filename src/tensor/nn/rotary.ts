/**
 * Rotary position embedding (Su et al., "RoFormer", 2021): halves of the last axis are turned by angles that grow with the place. The
 * angles' sines and cosines are computed on the host in float64 and rounded once to float32.
 */
import { UserError } from '../../numerics';
import { describe, type NDArray } from '../array/ndarray';
import type { Executor } from '../executor';
import { make, type Node } from '../graph';

export interface RotaryOptions {
  /** The place of the first row: 0 when left out. */
  readonly offset?: number;
  /** 10,000 when left out. */
  readonly base?: number;
}

const f32 = 'float32' as const;

/** x [..., T, D], D even, in x's format. */
export function rotary(x: NDArray, options: RotaryOptions = {}): NDArray {
  if (x.ndim < 2 || (x.shape.at(-1) ?? 1) % 2 !== 0)
    throw new UserError(`rotary: takes [..., T, D] with an even D; received ${describe(x)}.`);
  return x.arrays.adopt(rotated(x.nodeFor('rotary'), x.arrays.executor, options));
}

/** @param executor where the tables are placed: x's. */
export function rotated(
  x: Node,
  executor: Executor,
  { offset = 0, base = 10_000 }: RotaryOptions = {},
): Node {
  const [tokens = 0, depth = 0] = x.shape.slice(-2);
  const half = depth / 2;
  const table = (fn: (angle: number) => number): Node => {
    const values = Float32Array.from({ length: tokens * half }, (_, i) => {
      const [row, column] = [Math.floor(i / half), i % half];
      return fn((offset + row) * base ** (-column / half));
    });
    const codes = new Uint32Array(values.buffer);
    const leaf = make.leaf([tokens, half], f32, executor.place(codes, f32, [tokens, half]));
    const shape = [...x.shape.slice(0, -1), half];
    return make.broadcast(make.reshape(leaf, [...x.shape.slice(0, -2).map(() => 1), tokens, half]), shape);
  };
  const part = (first: number): Node => {
    const zeros = x.shape.map(() => 0);
    const axis = x.shape.length - 1;
    return make.cast(
      make.slice(
        x,
        zeros.with(axis, first),
        x.shape.map(() => 1),
        x.shape.with(axis, half),
      ),
      f32,
    );
  };
  const multiply = (a: Node, b: Node): Node => make.map('multiply', [a, b], f32);
  const [left, right, cosine, sine] = [part(0), part(half), table(Math.cos), table(Math.sin)];
  return make.concat(
    [
      make.map('subtract', [multiply(left, cosine), multiply(right, sine)], x.dtype),
      make.map('add', [multiply(right, cosine), multiply(left, sine)], x.dtype),
    ],
    x.shape.length - 1,
  );
}
