/**
 * The check of a contestant's result: against the product of the same operands in float64, whose error is 2^-29 of what is
 * allowed. Any float32 sum of products, in whatever order, fused or not, is within `dotErrorBound`; a result that is not was
 * computed from fewer bits, or is wrong.
 */
import { dotErrorBound } from '../../src/numerics';
import type { Shape } from './contestant';

export interface ContestantCheck {
  readonly passed: boolean;
  /** The largest |result - true product|; null where the result is not finite, or of the wrong size. */
  readonly maxError: number | null;
  /** The largest share of its bound that an output's error takes; null likewise. */
  readonly worstShareOfBound: number | null;
  /** Rows compared, of all: all of them up to 2^30 multiply-adds, else rows evenly spread. */
  readonly rowsCompared: number;
  readonly rows: number;
}

const MOST_MULTIPLY_ADDS = 2 ** 30;

/** The product in float64, of as many rows as the limit allows, and what each output's error may be. */
export class Truth {
  readonly #shape: Shape;
  readonly #rows: readonly {
    readonly m: number;
    readonly sums: Float64Array;
    readonly bounds: Float64Array;
  }[];

  /** `a` is [M, K] and `b` is [K, N], row-major. */
  constructor(shape: Shape, a: Float32Array, b: Float32Array, most = MOST_MULTIPLY_ADDS) {
    const { m, n, k } = shape;
    const count = Math.max(1, Math.min(m, Math.floor(most / (n * k))));
    this.#shape = shape;
    this.#rows = Array.from({ length: count }, (_, index) => {
      const row = count === 1 ? 0 : Math.round((index * (m - 1)) / (count - 1));
      return { m: row, ...product(a.subarray(row * k, (row + 1) * k), b, n) };
    });
  }

  compare(result: Float32Array): ContestantCheck {
    const { m: rows, n } = this.#shape;
    let maxError = result.length === rows * n ? 0 : NaN;
    let worst = maxError;
    for (const { m, sums, bounds } of this.#rows) {
      for (let column = 0; column < n; column++) {
        const error = Math.abs((result[m * n + column] ?? NaN) - (sums[column] ?? NaN));
        maxError = Math.max(maxError, error); // NaN stays
        worst = Math.max(worst, error / (bounds[column] ?? NaN));
      }
    }
    const finite = Number.isFinite(maxError);
    return {
      passed: worst <= 1,
      maxError: finite ? maxError : null,
      worstShareOfBound: finite ? worst : null,
      rowsCompared: this.#rows.length,
      rows,
    };
  }
}

/** One row of A times B in float64, and the bound of each float32 sum. */
function product(
  row: Float32Array,
  b: Float32Array,
  columns: number,
): { sums: Float64Array; bounds: Float64Array } {
  const sums = new Float64Array(columns);
  const absolute = new Float64Array(columns);
  row.forEach((left, k) => {
    const base = k * columns;
    for (let n = 0; n < columns; n++) {
      const term = left * (b[base + n] ?? 0);
      sums[n] = (sums[n] ?? 0) + term;
      absolute[n] = (absolute[n] ?? 0) + Math.abs(term);
    }
  });
  return { sums, bounds: absolute.map((sum) => dotErrorBound(row.length, sum)) };
}
