/** What every executor of a matmul plan takes and gives. Shapes and order of additions: docs/architecture.md, Contracts. */
import type { CodeArray } from '../numerics';

export interface MatmulOperands {
  /** A's codes: [M, K] when the plan's aLayout is row-major, [K, M] when it is k-major. */
  readonly a: CodeArray;
  /** B's codes: [K, N]. */
  readonly b: CodeArray;
  /** C's codes: [M, N] in the output's format; present exactly when the plan accumulates. */
  readonly c?: CodeArray;
}

/** A rectangle of the output: rows m0 <= m < m1, columns n0 <= n < n1. */
export interface Window {
  readonly m0: number;
  readonly m1: number;
  readonly n0: number;
  readonly n1: number;
}

/**
 * `exact` keeps subnormals, as the contract says. `ftz` is what an adapter does that flushes them: subnormal inputs and
 * results of multiply and add become zero of the same sign (docs/numerics.md, Flushing adapters).
 */
export type SubnormalMode = 'exact' | 'ftz';

export interface MatmulOptions {
  /** The whole output when left out. */
  readonly window?: Window;
  readonly subnormals?: SubnormalMode;
}
