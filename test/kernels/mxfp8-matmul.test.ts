/** What MXFP8 costs beside the true product, by a bound from its definition; and what the kernel asks of its inputs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import { trace } from '../../src/kernel';
import { sizesOf } from '../../src/kernels/entry';
import { mxfp8Matmul, mxfp8MatmulEntry, mxfp8Values } from '../../src/kernels/mxfp8-matmul';
import { randomInputs } from '../../src/kernels/random';
import { decodeArray, gamma } from '../../src/numerics';
import { instructionsOf } from '../../src/program';
import { tried } from './trial';

const traced = (k: number, m: number, n: number) =>
  trace(mxfp8Matmul, {
    chip: 'trn3',
    inputs: { lhsT: { shape: [k, m], dtype: 'bfloat16' }, rhs: { shape: [k, n], dtype: 'bfloat16' } },
  }).program;

test.each([
  { m: 2, n: 1, k: 128 },
  { m: 130, n: 40, k: 640 },
  { m: 6, n: 520, k: 2560 },
])('is within the bound of its sums: %o', (sizes) => {
  for (const dtype of mxfp8MatmulEntry.dtypes) {
    const { result } = tried({ entry: mxfp8MatmulEntry, chip: 'trn3', sizes, dtype });
    expect(result).toMatchObject({ elements: sizes.m * sizes.n, wrong: 0 });
  }
});

describe('beside the true product', () => {
  /**
   * An element of e4m3fn is x / s within 2^-4 of itself, or within 2^-10 below 2^-6, where s, the scale, is at most 2^-7 of the group's largest magnitude:
   * |q(x) - x| <= max(2^-4 |x|, 2^-17 largest).
   */
  const quantizationError = (x: number, largest: number) =>
    Math.max(2 ** -4 * Math.abs(x), 2 ** -17 * largest);

  const errorsOf = (values: Float32Array, k: number, width: number) =>
    values.map((x, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      const start = row - (row % 32);
      const group = Array.from({ length: Math.min(32, k - start) }, (_, step) =>
        Math.abs(values[(start + step) * width + column] ?? NaN),
      );
      return quantizationError(x, Math.max(...group));
    });

  test('the result is off by what the elements are rounded, and its sums', () => {
    const [k, m, n] = [640, 6, 5];
    const inputs = randomInputs(mxfp8MatmulEntry, sizesOf(mxfp8MatmulEntry, { k, m, n }), 'bfloat16', 3);
    const codesOf = (name: string) => inputs[name]?.codes ?? new Uint16Array(0);
    const [a, b] = [decodeArray('bfloat16', codesOf('lhsT')), decodeArray('bfloat16', codesOf('rhs'))];
    const [errorsA, errorsB] = [errorsOf(a, k, m), errorsOf(b, k, n)];
    const program = traced(k, m, n);
    const output = runProgram(program, { lhsT: codesOf('lhsT'), rhs: codesOf('rhs') })['result'];
    const values = decodeArray('float32', output ?? new Uint32Array(0));
    expect(values).toHaveLength(m * n);
    for (const [at, value] of values.entries()) {
      const [row, column] = [Math.floor(at / n), at % n];
      let [product, bound, magnitude] = [0, 0, 0];
      for (let p = 0; p < k; p++) {
        const [x, y] = [a[p * m + row] ?? NaN, b[p * n + column] ?? NaN];
        const [ex, ey] = [errorsA[p * m + row] ?? NaN, errorsB[p * n + column] ?? NaN];
        product += x * y;
        bound += Math.abs(x) * ey + Math.abs(y) * ex + ex * ey;
        magnitude += (Math.abs(x) + ex) * (Math.abs(y) + ey);
      }
      expect(Math.abs(value - product)).toBeLessThanOrEqual(bound + gamma(k) * magnitude);
    }
  });

  test('what MXFP8 holds is within that of every number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: 32, maxLength: 32 }),
        (drawn) => {
          const values = Float64Array.from(
            decodeArray('float32', new Uint32Array(Float32Array.from(drawn).buffer)),
          );
          const held = mxfp8Values({ shape: [32, 1], dtype: 'float32', values });
          const largest = Math.max(...values.map(Math.abs));
          held.forEach((value, at) => {
            const x = values[at] ?? NaN;
            // Scales end at 2^-127.
            const bound = Math.max(quantizationError(x, largest), 2 ** -137);
            expect(Math.abs(value - x)).toBeLessThanOrEqual(bound);
          });
        },
      ),
    );
  });
});

test('scales of four passes share a tile', () => {
  const scales = [...instructionsOf(traced(2560, 2, 1).instructions)].flatMap(({ opcode, results }) =>
    opcode === 'quantize_mx' && results !== undefined ? [results.dst_scale] : [],
  );
  // Five passes of two operands.
  expect(scales).toHaveLength(10);
  expect(new Set(scales.map(({ tensor }) => tensor)).size).toBe(4);
  expect(scales.slice(0, 5).map(({ partition }) => partition)).toEqual([0, 4, 8, 12, 0]);
});

test('what it cannot multiply is refused', () => {
  expect(() => traced(96, 2, 1)).toThrow('K must be a multiple of 128, received 96: pad with zeros.');
  expect(() => traced(128, 3, 1)).toThrow('M must be even, received 3: pad with zeros.');
});
