/** Gradients against central differences of the same graph in float64. */
import { expect } from 'vitest';
import { decodeArray, encodeArray } from '../../../src/numerics';
import { backward, Tape } from '../../../src/tensor/gradient';
import { make, sizeOf, type Node, type Shape, type Stored } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';
import { float64 } from './float64';

const held = (codes: Uint32Array<ArrayBuffer>): Stored => ({ codes, release: () => undefined });

export const floats = (shape: Shape, values: ArrayLike<number>): Node => {
  const codes = encodeArray('float32', Float32Array.from(values));
  return make.leaf(shape, 'float32', held(new Uint32Array(codes)));
};
export const places = (shape: Shape, values: readonly number[]): Node =>
  make.leaf(shape, 'int32', held(Uint32Array.from(values, (value) => value >>> 0)));

/** Numbers that look random, from -1 to 1, none of them twice. */
export const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround((Math.sin((i + 1) * 12.9898 + seed) * 43758.5453) % 1));

const STEP = 2 ** -20;

/**
 * The gradient of a weighted sum of what `build` gives, for every element of the inputs. Bound: 128 roundings to float32, each within
 * 2^-24 of numbers as large as the largest gradient (or 1); the differences are exact to STEP^2 and 2^-52 / STEP. Graphs of more
 * roundings say how many times as many.
 */
export function check(
  shapes: readonly Shape[],
  build: (inputs: readonly Node[]) => Node,
  { values, roundings = 1 }: { readonly values?: readonly number[][]; readonly roundings?: number } = {},
): void {
  const given = shapes.map((shape, i) => values?.[i] ?? numbers(sizeOf(shape), i));
  const inputs = shapes.map((shape, i) => floats(shape, given[i] ?? []));
  const tape = new Tape();
  const result = tape.record(() => build(inputs));
  const weights = numbers(result.size, 99);
  const found = backward(tape.entries, new Map([[result, floats(result.shape, weights)]]), inputs);
  /** The weighted sum, with one element of an input moved. */
  const moved = (which: number, element: number, by: number): number => {
    const at = inputs.map((input, j): [Node, Float64Array] => {
      const place = Float64Array.from(given[j] ?? []);
      if (j === which) place[element] = (place[element] ?? 0) + by;
      return [input, place];
    });
    return float64(result, new Map(at)).reduce((total, value, i) => total + value * (weights[i] ?? 0), 0);
  };
  for (const [i, input] of inputs.entries()) {
    const node = found[i];
    const gradient =
      node === undefined ? new Float32Array(input.size) : decodeArray(node.dtype, evaluate(node));
    const differences = Array.from(
      gradient,
      (_, at) => (moved(i, at, STEP) - moved(i, at, -STEP)) / (2 * STEP),
    );
    const bound = roundings * 2 ** -17 * Math.max(1, ...differences.map(Math.abs));
    for (const [at, value] of gradient.entries()) {
      const difference = differences[at] ?? NaN;
      expect(
        Math.abs(value - difference),
        `input ${i}, element ${at}: ${value} for ${difference}`,
      ).toBeLessThan(bound);
    }
  }
  tape.end();
}
