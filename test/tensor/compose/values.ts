/** Arrays of tests: nodes of numbers, the numbers of nodes, and plain loops over places. */
import { decodeArray, encodeArray, type Dtype } from '../../../src/numerics';
import { make, sizeOf, type Node, type Shape } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';

/** Numbers rounded to the format, row-major. */
export function nodeOf(
  values: ArrayLike<number>,
  shape: Shape = [values.length],
  dtype: Dtype = 'float32',
): Node {
  const codes =
    dtype === 'int32' || dtype === 'uint32'
      ? Uint32Array.from(values, (value) => value >>> 0)
      : encodeArray(dtype, Float32Array.from(values));
  return make.leaf(shape, dtype, { codes, release: () => undefined });
}

export function valuesOf(node: Node): number[] {
  const codes = evaluate(node);
  if (node.dtype === 'int32') return Array.from(codes, (code) => code | 0);
  return Array.from(node.dtype === 'uint32' ? codes : decodeArray(node.dtype, codes));
}

/** The same, zeros without their sign. */
export const numbersOf = (node: Node): number[] => valuesOf(node).map((value) => value + 0);

/** Different numbers, small and exact in every sum of a few hundred products of them: multiples of 1/8 up to 4. */
export const mixed = (shape: Shape, seed = 1): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 37 + seed * 11) % 65) - 32) / 8);

/** Calls back with every place of a shape, row-major. */
export function* places(shape: Shape): Generator<number[]> {
  for (let i = 0; i < sizeOf(shape); i++) {
    let rest = i;
    const place = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] ?? 1;
      place[axis] = rest % extent;
      rest = Math.floor(rest / extent);
    }
    yield place;
  }
}

/** The element at a place; undefined outside. */
export function at(values: readonly number[], shape: Shape, place: readonly number[]): number | undefined {
  let offset = 0;
  for (const [axis, extent] of shape.entries()) {
    const i = place[axis] ?? 0;
    if (i < 0 || i >= extent) return undefined;
    offset = offset * extent + i;
  }
  return values[offset];
}

/** One number for every place. */
export const tabulate = (shape: Shape, of: (place: readonly number[]) => number): number[] =>
  Array.from(places(shape), of);

const whole = new Float64Array(1);
const bits = new BigUint64Array(whole.buffer);

/** The distance between two neighbours of float32 around a double; of subnormals 2^-149. */
export function unitOf(value: number): number {
  whole[0] = value;
  const exponent = Number(((bits[0] ?? 0n) >> 52n) & 0x7ffn) - 1023;
  return 2 ** (Math.max(exponent, -126) - 23);
}
