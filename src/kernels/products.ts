/** Float64 matrices with the errors of their elements: whole arrays where src/kernels/approx.ts has single numbers. */
import { gamma, UNDERFLOW, type Approx } from './approx';
import type { Expected, ReferenceInput } from './entry';
import type { MatmulShape } from './shapes';

/** A matrix that the chip has as it is. */
export function exactMatrix(values: Float64Array): Expected {
  return { values, bounds: new Float64Array(values.length) };
}

/** As many elements as `count`, each from its index. */
export function collected(count: number, at: (index: number) => Approx): Expected {
  const result = exactMatrix(new Float64Array(count));
  for (let index = 0; index < count; index++) {
    const { value, error } = at(index);
    result.values[index] = value;
    result.bounds[index] = error;
  }
  return result;
}

/** The rows of an input of any rank, along its last dimension, each made into as many elements. */
export function eachRow(
  { shape, values }: ReferenceInput,
  row: (values: Float64Array, index: number) => readonly Approx[],
): Expected {
  const width = shape.at(-1) ?? 1;
  const result = exactMatrix(new Float64Array(values.length));
  for (let start = 0; start < values.length; start += width) {
    for (const [column, { value, error }] of row(
      values.subarray(start, start + width),
      start / width,
    ).entries()) {
      result.values[start + column] = value;
      result.bounds[start + column] = error;
    }
  }
  return result;
}

/**
 * left[K, M]^T right[K, N] on the Tensor engine. What the operands are off by passes into each product, and the sum rounds like any
 * float32 dot product, in whatever order it adds: gamma_K of the sum of magnitudes (Higham, section 3.1), and half a
 * subnormal for each product.
 */
export function product({ m, n, k }: MatmulShape, left: Expected, right: Expected): Expected {
  const values = new Float64Array(m * n);
  const bounds = new Float64Array(m * n);
  const magnitudes = new Float64Array(m * n);
  for (let depth = 0; depth < k; depth++) {
    for (let row = 0; row < m; row++) {
      const a = left.values[depth * m + row] ?? NaN;
      const errorA = left.bounds[depth * m + row] ?? NaN;
      const mostA = Math.abs(a) + errorA;
      const from = row * n;
      for (let column = 0; column < n; column++) {
        const b = right.values[depth * n + column] ?? NaN;
        const errorB = right.bounds[depth * n + column] ?? NaN;
        const at = from + column;
        values[at] = (values[at] ?? NaN) + a * b;
        bounds[at] = (bounds[at] ?? NaN) + mostA * errorB + Math.abs(b) * errorA;
        magnitudes[at] = (magnitudes[at] ?? NaN) + mostA * (Math.abs(b) + errorB);
      }
    }
  }
  const [relative, underflow] = [gamma(k), k * (1 + gamma(k)) * UNDERFLOW];
  for (let at = 0; at < bounds.length; at++) {
    bounds[at] = (bounds[at] ?? NaN) + relative * (magnitudes[at] ?? NaN) + underflow;
  }
  return { values, bounds };
}
