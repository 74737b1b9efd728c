/** Numbers in even steps, and drawn ones. */
import type { LinSpaceAttrs, MultinomialAttrs, MultinomialInputs, RangeAttrs } from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { float as floatMap, whole } from '../../tensor/compose/steps';
import { make, type Node } from '../../tensor/graph';
import { float, int, kernel, type KernelTable } from '../kernel';

/** start + i step, in float32. */
const spaced = (start: number, step: number, count: number): Node =>
  floatMap('add', floatMap('multiply', make.iota([count], 0), step), start);

const LIN_SPACE = kernel<object, LinSpaceAttrs>((_, { start, stop, num }) =>
  float(spaced(start, num > 1 ? (stop - start) / (num - 1) : 0, num)),
);

/**
 * As tfjs has it: a step of 1 stands for -1 where the range falls, since tfjs-core gives it where none was given; only longer ones are then too
 * much.
 */
const RANGE = kernel<object, RangeAttrs>((_, { start, stop, step: given, dtype }) => {
  const none = start === stop || (start < stop && given < 0) || (stop < start && given > 1);
  const count = none ? 0 : Math.abs(Math.ceil((stop - start) / given));
  const step = stop < start && given === 1 ? -1 : given;
  if (dtype !== 'int32') return float(spaced(start, step, count));
  const along = whole('multiply', make.iota([count], 0), Math.trunc(step));
  return int(whole('add', along, Math.trunc(start)));
});

/** Of all the bits of a seed, which may be a fraction: a key's has 53 of them, and the rest goes to the instance. */
function keyOf(seed: number): Node {
  const [low = 0, high = 0] = new Uint32Array(new Float64Array([seed]).buffer);
  return make.concat(
    [low, high % 2 ** 21, high >>> 21, 0].map((word) => make.fill([1], 'uint32', word)),
    0,
  );
}

const MULTINOMIAL = kernel<MultinomialInputs, MultinomialAttrs>(
  ({ logits }, { numSamples, seed, normalized }) => {
    const weights = normalized ? compose.log(logits.node) : logits.node;
    return int(compose.categorical(keyOf(seed), weights, numSamples));
  },
);

export const SEQUENCES: KernelTable = {
  LinSpace: LIN_SPACE,
  Multinomial: MULTINOMIAL,
  Range: RANGE,
};
