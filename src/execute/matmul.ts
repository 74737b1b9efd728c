/** What every executor of a matmul plan takes and gives. Shapes and order of additions: docs/architecture.md, Contracts. */
import type { MatmulPlan } from '../lower';
import { immunity, requireFields, scanOperand, UserError, type CodeArray, type Dtype } from '../numerics';

export interface MatmulOperands {
  /** A's codes: [M, K] when the plan's aLayout is row-major, [K, M] when it is k-major. */
  readonly a: CodeArray;
  /** B's codes: [K, N]. */
  readonly b: CodeArray;
  /** C's codes: [M, N] in the output's format; present exactly when the plan accumulates. */
  readonly c?: CodeArray;
  /** Of the epilogue: [N], and [M, N], in its formats; present exactly when it adds them. */
  readonly bias?: CodeArray;
  readonly residual?: CodeArray;
}

export type OperandName = keyof MatmulOperands;

/** What a plan may add to its sums, and does not always. */
export const ADDED_OPERANDS = ['c', 'bias', 'residual'] as const satisfies readonly OperandName[];

/** A matrix as it lies: rows of columns. */
export interface OperandShape {
  readonly name: string;
  readonly dtype: Dtype;
  readonly rows: number;
  readonly columns: number;
  /** With the names of its extents, for messages. */
  readonly text: string;
}

/** How each operand of a plan lies; C lies as the result does. What an epilogue would add is left out where it does not. */
export function operandShapes({
  m,
  n,
  k,
  a,
  b,
  out,
  aLayout,
  epilogue: { bias, residual } = {},
}: MatmulPlan): Record<'a' | 'b' | 'c', OperandShape> & Partial<Record<OperandName, OperandShape>> {
  const result = { rows: m, columns: n, text: `[M=${m}, N=${n}]` };
  return {
    a:
      aLayout === 'k-major'
        ? { name: 'A', dtype: a, rows: k, columns: m, text: `[K=${k}, M=${m}]` }
        : { name: 'A', dtype: a, rows: m, columns: k, text: `[M=${m}, K=${k}]` },
    b: { name: 'B', dtype: b, rows: k, columns: n, text: `[K=${k}, N=${n}]` },
    c: { name: 'C', dtype: out, ...result },
    ...(bias && { bias: { name: 'bias', dtype: bias, rows: 1, columns: n, text: `[N=${n}]` } }),
    ...(residual && { residual: { name: 'residual', dtype: residual, ...result } }),
  };
}

/** A rectangle of the output: rows m0 <= m < m1, columns n0 <= n < n1. */
export interface Window {
  readonly m0: number;
  readonly m1: number;
  readonly n0: number;
  readonly n1: number;
}

const WINDOW = Object.keys({ m0: true, m1: true, n0: true, n1: true } satisfies Record<keyof Window, true>);

/** @throws UserError unless the window lies in the output of the plan; it may be empty. */
export function checkWindow({ m, n }: MatmulPlan, window: Window): void {
  requireFields('window', window, WINDOW);
  const { m0, m1, n0, n1 } = window;
  const inside = (low: number, high: number, end: number): boolean =>
    Number.isInteger(low) && Number.isInteger(high) && 0 <= low && low <= high && high <= end;
  if (inside(m0, m1, m) && inside(n0, n1, n)) return;
  throw new UserError(
    `The window must lie in the output [M=${m}, N=${n}], with whole 0 <= m0 <= m1 <= ${m} and 0 <= n0 <= n1 <= ${n}; ` +
      `received rows ${String(m0)} to ${String(m1)}, columns ${String(n0)} to ${String(n1)}.`,
  );
}

/** @throws UserError for what is no AbortSignal, from an untyped caller. */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new UserError('signal must be an AbortSignal: take that of an AbortController.');
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

/** The mode that a result is held to: an adapter that flushes, to the contract itself wherever nothing in the product can be flushed. */
export function heldTo(
  { a, b, out, k }: MatmulPlan,
  operands: MatmulOperands,
  adapter: SubnormalMode,
): SubnormalMode {
  if (adapter === 'exact') return 'exact';
  const scan = (dtype: Dtype, codes: CodeArray) => ({ dtype, ...scanOperand(dtype, codes) });
  const c = operands.c && scan(out, operands.c);
  return immunity(scan(a, operands.a), scan(b, operands.b), k, c).mayFlush ? 'ftz' : 'exact';
}
