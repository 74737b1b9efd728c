/**
 * A case on real weights: bits against the CPU checker, and the distance from the same product in float64. Both operands
 * of that one are taken before they were rounded to the format, so the error is that of the format and of the order of
 * additions together. No scale factors are applied before rounding.
 */
import type { MatmulOperands, Window } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { decodeArray, encodeArray, type CodeArray } from '../../src/numerics';
import { sampleTiles } from '../check';
import type { BenchTools } from '../tools';

/** Values before rounding: activations [M, K] and weights [K, N]. */
export interface GivenOperands {
  readonly a: Float32Array<ArrayBuffer>;
  readonly b: Float32Array<ArrayBuffer>;
}

export interface Accuracy {
  /** Output elements compared bit for bit with the CPU checker, in whole tiles, and how many differed. */
  readonly elementsCompared: number;
  readonly mismatches: number;
  /** ||result - float64|| / ||float64||, Frobenius, over the rows compared; null when the result is not finite. */
  readonly relativeFrobenius: number | null;
  readonly maxAbs: number | null;
  readonly rowsCompared: number;
  readonly rows: number;
}

/** Multiply-adds that either comparison may cost: about a third of a second in float64. */
const BUDGET = 2 ** 28;

export async function checkWeights(
  plan: MatmulPlan,
  given: GivenOperands,
  execute: (operands: MatmulOperands) => Promise<(window?: Window) => Promise<CodeArray>>,
  { reference, device: { subnormals } }: Pick<BenchTools, 'reference' | 'device'>,
  seed: number,
): Promise<Accuracy> {
  const operands = { a: encodeArray(plan.a, given.a), b: encodeArray(plan.b, given.b) };
  const read = await execute(operands);
  let elementsCompared = 0;
  let mismatches = 0;
  for (const window of sampleTiles(plan, seed, BUDGET)) {
    const expected = reference(plan, operands, { window, subnormals });
    const actual = await read(window);
    elementsCompared += expected.length;
    expected.forEach((code, index) => (mismatches += Number(code !== actual[index])));
  }
  return { elementsCompared, mismatches, ...distanceFromFloat64(plan, given, await read()) };
}

/** Every row of `result`, codes [M, N] of the plan's output, where that is cheap enough; else rows at equal distances. */
export function distanceFromFloat64(
  plan: MatmulPlan,
  { a, b }: GivenOperands,
  result: CodeArray,
): Omit<Accuracy, 'elementsCompared' | 'mismatches'> {
  const { m, n, k } = plan;
  const rowsCompared = Math.min(m, Math.max(1, Math.floor(BUDGET / (n * k))));
  let errorSquares = 0;
  let squares = 0;
  let maxAbs = 0;
  for (let index = 0; index < rowsCompared; index++) {
    const row = Math.floor((index * m) / rowsCompared);
    const expected = float64Row(a.subarray(row * k, (row + 1) * k), b, n);
    const actual = decodeArray(plan.out, result.slice(row * n, (row + 1) * n));
    expected.forEach((value, column) => {
      const error = Math.abs((actual[column] ?? NaN) - value);
      errorSquares += error * error;
      squares += value * value;
      maxAbs = Math.max(maxAbs, error);
    });
  }
  const relative = Math.sqrt(errorSquares / (squares || 1));
  return { relativeFrobenius: finite(relative), maxAbs: finite(maxAbs), rowsCompared, rows: m };
}

/** One row [N] of the product: row[K] times b[K, N]. */
function float64Row(row: Float32Array, b: Float32Array, n: number): Float64Array {
  const sums = new Float64Array(n);
  row.forEach((value, k) => {
    const offset = k * n;
    for (let column = 0; column < n; column++)
      sums[column] = (sums[column] ?? 0) + value * (b[offset + column] ?? 0);
  });
  return sums;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
