/** What a layer is: the parameters that it begins with, and what it does with them. Layers hold nothing themselves. */
import { UserError, type Dtype } from '../../numerics';
import type { Arrays } from '../array/arrays';
import { valuesOnHost } from '../array/index-parts';
import { describe, type ArrayContext, type NDArray } from '../array/ndarray';
import { make, type Node, type Shape } from '../graph';
import { checkSeed } from '../precision/rounding';

/** Parameters P are arrays in lists and objects: what optimisers, `grad` and files take. */
export interface Layer<P, A extends readonly unknown[] = readonly [NDArray]> {
  /** The same seed gives the same parameters, everywhere. */
  init(arrays: Arrays, seed?: number): P;
  /** The parameters that come next in a row of draws: for layers made of layers. */
  draw(draws: Draws): P;
  apply(parameters: P, ...inputs: A): NDArray;
}

/** A layer of its two parts. */
export const layer = <P, A extends readonly unknown[] = readonly [NDArray]>(
  draw: (draws: Draws) => P,
  apply: (parameters: P, ...inputs: A) => NDArray,
): Layer<P, A> => ({ init: (arrays, seed = 0) => draw(new Draws(arrays, seed)), draw, apply });

/** Initial values, one tensor after the other: tensor i draws as instance i of a seed. */
export class Draws {
  readonly arrays: Arrays;
  readonly #seed: number;
  #instance = 0;

  constructor(arrays: Arrays, seed: number) {
    checkSeed('init', seed);
    this.arrays = arrays;
    this.#seed = seed;
  }

  /** Evenly from -bound to bound: 24 random bits for each element. */
  uniform(shape: Shape, bound: number, dtype: Dtype): NDArray {
    const words = make.random(this.#key(), shape);
    const bits = make.map('right_shift', [words, make.fill(shape, 'uint32', 8)], 'uint32');
    const unit = make.map('multiply', [bits, make.fill(shape, 'float32', 2 ** -23)], 'float32');
    const centred = make.map('subtract', [unit, make.fill(shape, 'float32', 1)], 'float32');
    return this.#made(
      make.map('multiply', [centred, make.fill(shape, 'float32', Math.fround(bound))], 'float32'),
      dtype,
    );
  }

  full(shape: Shape, value: number, dtype: Dtype): NDArray {
    return this.#made(make.fill(shape, 'float32', value), dtype);
  }

  #key(): Node {
    const seed = this.#seed;
    const words = [seed % 2 ** 32, Math.floor(seed / 2 ** 32), this.#instance++, 0];
    return make.concat(
      words.map((word) => make.fill([1], 'uint32', word)),
      0,
    );
  }

  #made(node: Node, dtype: Dtype): NDArray {
    return this.arrays.adopt(make.cast(node, this.arrays.checkDtype('init', dtype)));
  }
}

/** @throws UserError unless it is a whole number from 1 on. */
export function requireExtent(op: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new UserError(`${op}: ${name} is a whole number from 1 on; received ${value}.`);
}

/** The node of int32 numbers of 0 to count - 1. @throws UserError where the host knows one outside; else reading what comes of it fails. */
export function numbersBelow(
  op: string,
  arrays: ArrayContext,
  what: string,
  numbers: NDArray,
  count: number,
): Node {
  const node = arrays.nodeOf(op, numbers);
  const bad = valuesOnHost(node)?.find((each) => each < 0 || each >= count);
  if (bad === undefined) return node;
  throw new UserError(`${op}: ${what} are 0 to ${count - 1}; received ${bad} in ${describe(numbers)}.`);
}
