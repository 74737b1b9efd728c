/** Values for products of the library. */
import { stochasticDraws } from '../../src/numerics';

/** Seeded values in (-1, 1) with full mantissas. */
export function valuesOf(length: number, seed: number): Float32Array<ArrayBuffer> {
  const draws = stochasticDraws({ seed, launch: 0, instance: 0, element: 0 }, length);
  return Float32Array.from(draws, (draw) => draw / 2 ** 31 - 1);
}
