/**
 * Bounds on the rounding error of a float32 dot product: N. J. Higham, "Accuracy and Stability of Numerical Algorithms",
 * 2nd edition, section 3.1. docs/numerics.md, Error bounds, has the derivation.
 */

/** Half the distance from 1 to the next float32: the largest relative error of one rounding to nearest. */
const UNIT_ROUNDOFF = 2 ** -24;

/** Largest error of rounding a product that falls among float32's subnormals: half of 2^-149. */
const UNDERFLOW = 2 ** -150;

/** gamma_k = k u / (1 - k u) with u = 2^-24: the relative error of k roundings; Infinity from k = 2^24 on. */
export function gamma(k: number): number {
  const error = k * UNIT_ROUNDOFF;
  return error < 1 ? error / (1 - error) : Infinity;
}

/**
 * How far a float32 dot product of `k` terms may be from the true one, in whatever order it adds, fused or not, where
 * nothing overflows and subnormals are kept. `absoluteDot` is the sum of |a_i| |b_i|, from float64 arithmetic. Two such products differ
 * by at most twice this. An accumulated C counts as one more term, |C| as one more summand.
 */
export function dotErrorBound(k: number, absoluteDot: number): number {
  // The summands of absoluteDot were themselves rounded, k times at most, each with half of Number.EPSILON.
  return gamma(k) * absoluteDot * (1 + k * Number.EPSILON) + k * (1 + gamma(k)) * UNDERFLOW;
}
