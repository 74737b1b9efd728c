/**
 * How parameters are kept: in their own format, rounded to nearest even or stochastically, with or without a copy in float32. A
 * stochastic draw depends on the seed, the parameter's place, the step and the element, and on nothing else: the same run gives the
 * same bits on every executor.
 */
import { UserError, type Dtype } from '../../numerics';
import { make, type Node } from '../graph';

export interface Storage {
  /** How a new value is rounded to the parameter's format: to nearest even when left out. */
  readonly rounding?: 'nearest-even' | 'stochastic';
  /** What stochastic rounding draws from: a whole number of 0 to 2^53 - 1, 0 when left out. */
  readonly seed?: number;
  /** Keeps a copy of each parameter in float32, to which steps are added: what is too small for the format is not lost. */
  readonly master?: boolean;
}

/** @throws UserError for a seed that is none. */
export function checkSeed(op: string, seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UserError(`${op}: a seed is a whole number of 0 to 2^53 - 1; received ${seed}.`);
}

/** @throws UserError for a rounding or a seed that is none. */
export function checkStorage(op: string, { rounding = 'nearest-even', seed = 0 }: Storage): void {
  if (!['nearest-even', 'stochastic'].includes(rounding))
    throw new UserError(`${op}: rounding is one of nearest-even, stochastic; received ${rounding}.`);
  checkSeed(op, seed);
}

const word = (value: number): Node => make.fill([1], 'uint32', value);

/** A key of `random` and `cast`: the seed, which use of it this is, and the step, an int32 of shape []. */
export function stepKey(seed: number, instance: number, step: Node): Node {
  const launch = make.reshape(make.bitcast(step, 'uint32'), [1]);
  return make.concat([word(seed % 2 ** 32), word(Math.floor(seed / 2 ** 32)), word(instance), launch], 0);
}

/** A float32 value in a parameter's format. */
export function kept(
  value: Node,
  dtype: Dtype,
  { rounding = 'nearest-even', seed = 0 }: Storage,
  instance: number,
  step: Node,
): Node {
  if (rounding === 'nearest-even' || dtype === 'float32') return make.cast(value, dtype);
  return make.cast(value, dtype, { rounding, key: stepKey(seed, instance, step) });
}
