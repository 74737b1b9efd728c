/** Losses: float32 of shape [], computed in float32. */
import { UserError } from '../../numerics';
import { describe, type NDArray } from '../array/ndarray';
import { log } from '../compose';
import { make, withRecorder, type MapFunction, type Node } from '../graph';
import { numbersBelow } from './layer';

const f32 = 'float32' as const;
const apply = (fn: MapFunction, ...inputs: readonly Node[]): Node => make.map(fn, inputs, f32);
const across = (x: Node, shape: readonly number[]): Node =>
  make.broadcast(make.reshape(x, [...x.shape, 1]), shape);

function meanOf(x: Node): Node {
  const sum = make.reduce(x, 'add', x.shape.length, f32);
  return apply('multiply', sum, make.fill([], f32, Math.fround(1 / Math.max(x.size, 1))));
}

/** The mean of -log softmax(scores)[label]: scores [..., classes], labels int32 [...]. */
export function crossEntropy(scores: NDArray, labels: NDArray): NDArray {
  const classes = scores.shape.at(-1) ?? 0;
  const fits =
    labels.ndim === scores.ndim - 1 && labels.shape.every((extent, axis) => extent === scores.shape[axis]);
  if (!fits || labels.dtype !== 'int32')
    throw new UserError(
      `crossEntropy: takes scores [..., classes] and labels int32 [...]; received ${describe(scores)} and ${describe(labels)}.`,
    );
  const x = make.reshape(make.cast(scores.nodeFor('crossEntropy'), f32), [labels.size, classes]);
  const label = make.reshape(numbersBelow('crossEntropy', scores.arrays, 'labels', labels, classes), [
    labels.size,
    1,
  ]);
  const largest = withRecorder(undefined, () => make.reduce(x, 'maximum', 1, f32));
  const shifted = apply('subtract', x, across(largest, x.shape));
  const logSum = log(make.reduce(apply('exp', shifted), 'add', 1, f32), f32);
  const chosen = make.gather(make.reshape(shifted, [labels.size, classes, 1]), label, {
    outside: 'fault',
    what: `crossEntropy of labels ${describe(labels)} for ${classes} classes`,
  });
  return scores.arrays.adopt(meanOf(apply('subtract', logSum, make.reshape(chosen, [labels.size]))));
}

/** The mean of the squares of differences. */
export function meanSquaredError(x: NDArray, y: NDArray): NDArray {
  const [a, b] = [x.nodeFor('meanSquaredError'), x.arrays.nodeOf('meanSquaredError', y)];
  if (a.shape.join() !== b.shape.join())
    throw new UserError(`meanSquaredError: ${describe(x)} and ${describe(y)} must have one shape.`);
  return x.arrays.adopt(meanOf(apply('square', apply('subtract', a, b))));
}
