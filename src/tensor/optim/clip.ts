/** Keeps gradients from growing too large. */
import { UserError } from '../../numerics';
import type { NDArray } from '../array/ndarray';
import { flatten } from '../array/tree';
import { divide, minimum, sqrt } from '../compose';
import { make, type Node } from '../graph';

const f32 = 'float32' as const;

/** The root of the sum of squares of all elements, in float32: each array's squares are summed by themselves, then the sums in order. */
export function globalNorm(gradients: unknown): NDArray {
  const { arrays } = flatten(gradients);
  const [first] = arrays;
  if (first === undefined) throw new UserError('globalNorm: there is no array.');
  const nodes = arrays.map((array) => first.arrays.nodeOf('globalNorm', array));
  return first.arrays.adopt(normOf(nodes));
}

function normOf(nodes: readonly Node[]): Node {
  const sums = nodes.map((node) =>
    make.reduce(make.map('square', [make.cast(node, f32)], f32), 'add', node.shape.length, f32),
  );
  return sqrt(
    sums.reduce((total, sum) => make.map('add', [total, sum], f32)),
    f32,
  );
}

/** The same gradients where their common norm is at most `most`, else scaled down to it; each keeps its format. */
export function clipByGlobalNorm<G>(gradients: G, most: number): G {
  if (!(most > 0)) throw new UserError(`clipByGlobalNorm: the norm must be more than 0; received ${most}.`);
  const { arrays, rebuild } = flatten(gradients);
  const context = arrays[0]?.arrays;
  if (context === undefined) return gradients;
  const nodes = arrays.map((array) => context.nodeOf('clipByGlobalNorm', array));
  const bound = make.fill([], f32, Math.fround(most));
  // Of a norm of 0 the quotient is infinite, and the factor 1.
  const factor = minimum(divide(bound, normOf(nodes), f32), make.fill([], f32, 1), f32);
  return rebuild(
    nodes.map((node) => {
      const wide = make.broadcast(
        make.reshape(
          factor,
          node.shape.map(() => 1),
        ),
        node.shape,
      );
      return context.adopt(make.map('multiply', [node, wide], node.dtype));
    }),
  );
}
