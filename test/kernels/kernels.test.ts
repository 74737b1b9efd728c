/**
 * Our kernels on every chip: the verifier finds nothing, and the result is within the derived bound of the float64 one. The
 * Tensor engine's part is exact where operands are small integers.
 */
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../src/chip';
import { runProgram } from '../../src/execute/reference';
import {
  KERNELS,
  matmulBlockedAll,
  matmulBlockedFree,
  matmulHoisted,
  matmulTile,
  matmulTiled,
  rmsnorm,
  softmax,
  transpose,
} from '../../src/kernels';
import { trace, type Kernel } from '../../src/kernel';
import { decodeArray, encodeArray, type Dtype } from '../../src/numerics';
import { toJSON } from '../../src/program';
import { verifyProgram } from '../../src/verify';

interface Input {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly values: Float32Array<ArrayBuffer>;
}

function input(shape: readonly number[], dtype: Dtype, value: (index: number) => number): Input {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const codes = encodeArray(
    dtype,
    Float32Array.from({ length: count }, (_, index) => Math.fround(value(index))),
  );
  return { shape, dtype, values: decodeArray(dtype, codes) };
}

function traced(kernel: Kernel, inputs: Readonly<Record<string, Input>>, chip: (typeof CHIP_NAMES)[number]) {
  return trace(kernel, { chip, inputs }).program;
}

function run(kernel: Kernel, inputs: Readonly<Record<string, Input>>, chip: (typeof CHIP_NAMES)[number]) {
  const program = traced(kernel, inputs, chip);
  expect(verifyProgram(program).findings).toEqual([]);
  const codes = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, values }]) => [name, encodeArray(dtype, values)]),
  );
  const { result } = runProgram(program, codes);
  const [tensor] = program.tensors.filter(({ name }) => name === 'result');
  if (result === undefined || tensor === undefined) throw new Error('no result');
  return decodeArray(tensor.dtype, result);
}

const whole = (index: number) => ((index * 7919) % 17) - 8;
const wave = (index: number) => Math.sin(index * 12.9898) * 3;

/** Exact: sums of small integers. */
function product({ m, n, k }: { m: number; n: number; k: number }, lhsT: Float32Array, rhs: Float32Array) {
  return Float32Array.from({ length: m * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    let sum = 0;
    for (let depth = 0; depth < k; depth++)
      sum += (lhsT[depth * m + row] ?? NaN) * (rhs[depth * n + column] ?? NaN);
    return sum;
  });
}

describe.each(CHIP_NAMES)('on %s', (chip) => {
  test.each([
    [matmulTile, { m: 64, n: 512, k: 128 }],
    [matmulTiled, { m: 200, n: 700, k: 300 }],
    [matmulHoisted, { m: 200, n: 700, k: 300 }],
    [matmulBlockedFree, { m: 300, n: 1100, k: 200 }],
    [matmulBlockedAll, { m: 300, n: 1100, k: 600 }],
  ])('$name multiplies, ragged edges and all', (kernel, shape) => {
    const { m, n, k } = shape;
    const lhsT = input([k, m], 'bfloat16', whole);
    const rhs = input([k, n], 'bfloat16', whole);
    expect(run(kernel, { lhsT, rhs }, chip)).toEqual(product(shape, lhsT.values, rhs.values));
  });

  test.each(['bfloat16', 'float32'] as const)('transpose keeps the bits of %s', (dtype) => {
    const [m, n] = [200, 150];
    const x = input([m, n], dtype, wave);
    const turned = Float32Array.from(
      { length: m * n },
      (_, index) => x.values[(index % m) * n + Math.floor(index / m)] ?? NaN,
    );
    expect(run(transpose, { x }, chip)).toEqual(turned);
  });

  test('softmax is within its bound of float64', () => {
    const [rows, columns] = [150, 300];
    const x = input([rows, columns], 'float32', wave);
    const result = run(softmax, { x }, chip);
    // With u = 2^-24: x - max rounds once, an absolute error of at most max|x - max| u in the exponent; exp is within 2 ulp
    // (docs/functions.md), 4 u; the sum of positive terms adds (columns - 1) u, the reciprocal and the product one u each.
    const u = 2 ** -24;
    for (let row = 0; row < rows; row++) {
      const values = Array.from(x.values.subarray(row * columns, (row + 1) * columns));
      const max = Math.max(...values);
      const exps = values.map((value) => Math.exp(value - max));
      const sum = exps.reduce((total, each) => total + each, 0);
      const spread = max - Math.min(...values);
      const bound = 2 * (spread + 4) * u + (columns + 2) * u;
      exps.forEach((each, column) => {
        const expected = each / sum;
        const error = Math.abs((result[row * columns + column] ?? NaN) - expected);
        expect(error).toBeLessThanOrEqual(expected * bound);
      });
    }
  });

  test('rmsnorm is within its bound of float64', () => {
    const [rows, columns] = [150, 257];
    const x = input([rows, columns], 'float32', wave);
    const gain = input([1, columns], 'float32', (index) => 1 + index / columns);
    const result = run(rmsnorm, { x, gain }, chip);
    // The sum of squares: columns roundings; 1 / columns, epsilon, product and sum: four; half of all that survives the root, which
    // is within 2 ulp (docs/functions.md), 4 u; two products.
    const bound = ((columns + 4) / 2 + 4 + 2) * 2 ** -24;
    for (let row = 0; row < rows; row++) {
      const values = Array.from(x.values.subarray(row * columns, (row + 1) * columns));
      const mean = values.reduce((sum, value) => sum + value * value, 0) / columns;
      values.forEach((value, column) => {
        const expected = (value / Math.sqrt(mean + 1e-6)) * (gain.values[column] ?? NaN);
        const error = Math.abs((result[row * columns + column] ?? NaN) - expected);
        expect(error).toBeLessThanOrEqual(Math.abs(expected) * bound);
      });
    }
  });
});

test('the first four matmuls have the same bits, whatever is loaded when', () => {
  const lhsT = input([300, 100], 'bfloat16', wave);
  const rhs = input([300, 600], 'bfloat16', (index) => wave(index + 5));
  const [first, ...others] = [matmulTiled, matmulHoisted, matmulBlockedFree].map((kernel) =>
    run(kernel, { lhsT, rhs }, 'trn2'),
  );
  for (const other of others) expect(other).toEqual(first);
});

test('every kernel has a name of its own, and its Program is plain data', () => {
  expect(new Set(KERNELS.map(({ name }) => name)).size).toBe(KERNELS.length);
  const x = input([130, 40], 'float32', wave);
  expect(JSON.parse(JSON.stringify(toJSON(traced(softmax, { x }, 'trn2'))))).toMatchObject({ chip: 'trn2' });
});

test.each([
  [matmulTiled, { lhsT: [10, 4], rhs: [11, 5] }, /equal K, received 10 and 11/],
  [softmax, { x: [4] }, /x must be a matrix, received shape \[4\]/],
  [rmsnorm, { x: [4, 8], gain: [8, 1] }, /gain must be \[1, 8\], received \[8, 1\]/],
])('$name refuses shapes that do not fit', (kernel, shapes, message) => {
  const inputs = Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' }] as const);
  expect(() => trace<string>(kernel, { chip: 'trn2', inputs: Object.fromEntries(inputs) })).toThrow(message);
});
