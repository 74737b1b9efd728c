/**
 * What a product of small integers must be: an oracle in float64, which is exact below 2^53 and shares no code with the
 * executors but the decoding of formats and the plan's one rounding at the end, and Freivalds' check of a whole result
 * (R. Freivalds, "Probabilistic machines can use less running time", IFIP 1977), which costs a few passes over the operands
 * instead of a product.
 */
import type { MatmulOperands, Window } from '../../src/execute/matmul';
import { finishSums, wholeOutput } from '../../src/execute/reference/matmul';
import type { MatmulPlan } from '../../src/lower';
import { codeArray, decodeArray, type CodeArray, type Dtype } from '../../src/numerics';
import { integersBelow, words } from './draws';
import { EXACT } from './operands';

/** Codes of the window of (C +) A B, row-major. The operands are those of `smallIntegerOperands`. */
export function exactIntegerProduct(
  plan: MatmulPlan,
  operands: MatmulOperands,
  window: Window = wholeOutput(plan),
): CodeArray {
  const { m0, m1, n0, n1 } = window;
  const width = n1 - n0;
  const rows = (
    dtype: Dtype,
    codes: CodeArray,
    pitch: number,
    first: number,
    count: number,
  ): Float32Array[] =>
    Array.from({ length: count }, (_, row) => {
      const start = (first + row) * pitch + n0;
      return decodeArray(dtype, codes.subarray(start, start + width));
    });
  const b = rows(plan.b, operands.b, plan.n, 0, plan.k);
  const c = operands.c && rows(plan.out, operands.c, plan.n, m0, m1 - m0);
  const zero = new Float32Array(width);
  const sums = new Float32Array((m1 - m0) * width);
  for (let m = m0; m < m1; m++) {
    const sum = Float64Array.from(c?.[m - m0] ?? zero);
    const scales = aRow(plan, operands.a, m);
    for (let k = 0; k < plan.k; k += 4) {
      addFour(sum, scales, k, b[k] ?? zero, b[k + 1] ?? zero, b[k + 2] ?? zero, b[k + 3] ?? zero);
    }
    sums.set(sum, (m - m0) * width);
  }
  return finishSums(plan, { a: operands.a, b: operands.b }, sums, { window }); // C is in the sums
}

/** Adds four rows at once, twice as fast as one by one; the order is free where every sum is exact. */
function addFour(
  sums: Float64Array,
  scales: Float32Array,
  k: number,
  row0: Float32Array,
  row1: Float32Array,
  row2: Float32Array,
  row3: Float32Array,
): void {
  const [x0 = 0, x1 = 0, x2 = 0, x3 = 0] = scales.subarray(k, k + 4);
  for (let i = 0; i < sums.length; i++) {
    sums[i] =
      (sums[i] ?? NaN) +
      (x0 * (row0[i] ?? NaN) + x1 * (row1[i] ?? NaN) + x2 * (row2[i] ?? NaN) + x3 * (row3[i] ?? NaN));
  }
}

export interface FreivaldsVerdict {
  /** Rows of the result that are certainly wrong, ascending. */
  readonly wrongRows: readonly number[];
  /** The likelihood at most that a given wrong row was not found. */
  readonly falseAccept: number;
}

/**
 * Checks every row of a float32 result [M, N] of small integers: result x = A (B x) (+ C x) for random integer vectors x
 * of `rounds` rounds. All arithmetic stays below 2^53, so a right row is never refused. A wrong row passes one round
 * with a likelihood of at most N / 2^28.
 */
export function freivalds(
  plan: MatmulPlan,
  operands: MatmulOperands,
  values: Float32Array,
  seed: number,
  rounds = 3,
): FreivaldsVerdict {
  const { m, n } = plan;
  const limit = Math.max(2, Math.floor(2 ** 28 / n)); // with sums below 2^24, N of them times x stay below 2^53
  const wrong = new Set<number>();
  for (let row = 0; row < m; row++) {
    if (!values.subarray(row * n, (row + 1) * n).every(isExactInteger)) wrong.add(row);
  }
  const next = integersBelow(limit, words(seed, 6));
  for (let round = 0; round < rounds; round++) {
    const x = Float64Array.from({ length: n }, next);
    const expected = timesVector(plan, operands, x);
    for (let row = 0; row < m; row++) {
      if (!wrong.has(row) && dot(values.subarray(row * n, (row + 1) * n), x) !== expected[row])
        wrong.add(row);
    }
  }
  return { wrongRows: [...wrong].sort((a, b) => a - b), falseAccept: limit ** -rounds };
}

/** A sum that rounds to nearest is never -0 unless all its terms are. */
function isExactInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < EXACT && !Object.is(value, -0);
}

/** (C +) A B times x, [M]. */
function timesVector(plan: MatmulPlan, { a, b, c }: MatmulOperands, x: Float64Array): Float64Array {
  const { m, n, k } = plan;
  const row = (dtype: Dtype, codes: CodeArray, index: number, length: number): Float32Array =>
    decodeArray(dtype, codes.subarray(index * length, (index + 1) * length));
  const bx = Float64Array.from({ length: k }, (_, index) => dot(row(plan.b, b, index, n), x));
  const product = new Float64Array(m);
  if (plan.aLayout === 'k-major')
    bx.forEach((scale, index) => {
      addScaled(product, scale, row(plan.a, a, index, m));
    });
  else product.forEach((_, index) => (product[index] = dot(row(plan.a, a, index, k), bx)));
  if (c) product.forEach((sum, index) => (product[index] = sum + dot(row(plan.out, c, index, n), x)));
  return product;
}

/** Row m of A, whatever its layout. */
function aRow(plan: MatmulPlan, codes: CodeArray, m: number): Float32Array {
  if (plan.aLayout === 'row-major') return decodeArray(plan.a, codes.subarray(m * plan.k, (m + 1) * plan.k));
  const gathered = codeArray(plan.a, plan.k);
  for (let k = 0; k < plan.k; k++) gathered[k] = codes[k * plan.m + m] ?? 0;
  return decodeArray(plan.a, gathered);
}

function addScaled(sums: Float64Array, scale: number, row: Float32Array): void {
  for (let i = 0; i < row.length; i++) sums[i] = (sums[i] ?? NaN) + scale * (row[i] ?? NaN);
}

function dot(row: Float32Array, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += (row[i] ?? NaN) * (x[i] ?? NaN);
  return sum;
}
