/**
 * The checks of a matmul executor: small integers against the oracle; random operands against the CPU checker and, where
 * that can afford only a sample, against a second kernel. Code by code, with no tolerance. Nothing here knows what executes.
 */
import {
  heldTo,
  type MatmulOperands,
  type MatmulOptions,
  type SubnormalMode,
  type Window,
} from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { decodeArray, type CodeArray } from '../../src/numerics';
import { compareTiles, cut, type Comparison } from './compare';
import { checkPlanFor, type CheckBudgets, type Scope } from './coverage';
import { exactIntegerProduct, freivalds } from './integer';
import { randomOperands, smallIntegerOperands } from './operands';
import { finding, reportOf, type CheckKind, type CheckReport, type Finding } from './report';
import { compareWithWitness, WITNESS_SAMPLE, type Read, type Witness } from './witness';

export interface CheckRequest {
  readonly plan: MatmulPlan;
  /** Runs the plan on these operands; the function it gives reads the result. */
  readonly execute: (operands: MatmulOperands) => Promise<Read>;
  /** The CPU checker (or the reference loop). */
  readonly reference: (plan: MatmulPlan, operands: MatmulOperands, options?: MatmulOptions) => CodeArray;
  readonly seed: number;
  /** A second kernel on the same adapter, asked where the CPU checker cannot recompute everything. */
  readonly witness?: Witness;
  readonly budget?: CheckBudgets | undefined;
  readonly subnormals?: SubnormalMode;
  readonly onProgress?: (progress: CheckProgress) => void;
  /** Looked at between windows. */
  readonly signal?: AbortSignal;
}

export interface CheckProgress {
  readonly operands: CheckKind['operands'];
  /** Of the windows that are compared code by code. */
  readonly share: number;
}

/** Runs the checks, those on random operands last. Rejects with the signal's reason when it aborts. */
export async function runChecks(request: CheckRequest): Promise<CheckReport> {
  const { plan, seed } = request;
  const scopes = checkPlanFor(plan, seed, request.budget);
  const integer = await checkIntegers(request, scopes.integer);
  const { findings, leftOut } = await checkRandom(request, scopes.random);
  return reportOf([integer, ...findings], leftOut);
}

/** Rows that Freivalds' check refused and that are recomputed to show what is wrong with them. */
const ROWS_SHOWN = 16;

async function checkIntegers(request: CheckRequest, { coverage, windows }: Scope): Promise<Finding> {
  const { plan, seed } = request;
  const kind = {
    name: 'small integers against an exact product',
    operands: 'small-integer',
    coverage,
  } as const;
  const operands = smallIntegerOperands(plan, seed);
  const read = await request.execute(operands);
  const expect = (window: Window): CodeArray => exactIntegerProduct(plan, operands, window);
  if (coverage !== 'freivalds+tiles') {
    const [found = []] = await compareAll(request, 'small-integer', { coverage, windows }, expect, [read]);
    return finding(plan, kind, found);
  }
  const all = await read();
  const { wrongRows, falseAccept } = freivalds(plan, operands, decodeArray(plan.out, all), seed);
  const shown = wrongRows.slice(0, ROWS_SHOWN).map((m) => ({ m0: m, m1: m + 1, n0: 0, n1: plan.n }));
  const from = (window?: Window): Promise<CodeArray> =>
    Promise.resolve(window ? part(plan, all, window) : all);
  const scope = { coverage, windows: shown.length > 0 ? shown : windows };
  const [found = []] = await compareAll(request, 'small-integer', scope, expect, [from]);
  const result = finding(plan, kind, found);
  if (shown.length > 0 && result.kind.mismatches === 0) {
    throw new Error("Invariant violation: Freivalds' check refused rows that are right");
  }
  return { ...result, kind: { ...result.kind, falseAccept } };
}

async function checkRandom(
  request: CheckRequest,
  scope: Scope,
): Promise<{ findings: Finding[]; leftOut?: string }> {
  const { plan, seed } = request;
  const { coverage } = scope;
  const operands = randomOperands(plan, seed);
  const subnormals = heldTo(plan, operands, request.subnormals ?? 'exact');
  const read = await request.execute(operands);
  const expect = (window: Window): CodeArray => request.reference(plan, operands, { window, subnormals });
  const asked = coverage === 'full' ? undefined : await request.witness?.(operands);
  const witness = asked && 'compare' in asked ? asked : undefined;
  try {
    const [first = [], second = []] = await compareAll(request, 'random', scope, expect, [
      read,
      ...(witness ? [witness.read] : []),
    ]);
    const name = 'random operands against the CPU checker, in the order of the plan';
    const sampled = finding(plan, { name, operands: 'random', coverage, subnormals }, first);
    if (witness === undefined) {
      return { findings: [sampled], ...(asked && 'leftOut' in asked && { leftOut: asked.leftOut }) };
    }
    return {
      findings: [
        sampled,
        finding(plan, { name: WITNESS_SAMPLE, operands: 'random', coverage, subnormals }, second),
        await compareWithWitness(plan, read, witness, expect),
      ],
    };
  } finally {
    witness?.release();
  }
}

/** Compares the windows of each result with what is expected, which is computed once for all. */
async function compareAll(
  { plan, signal, onProgress }: CheckRequest,
  operands: CheckKind['operands'],
  { coverage, windows }: Pick<Scope, 'coverage' | 'windows'>,
  expect: (window: Window) => CodeArray,
  reads: readonly Read[],
): Promise<readonly Comparison[][]> {
  const results = await Promise.all(
    reads.map(async (read) => ({
      read,
      all: coverage === 'full' ? await read() : undefined,
      found: new Array<Comparison>(),
    })),
  );
  for (const [index, window] of windows.entries()) {
    await turn();
    signal?.throwIfAborted();
    const expected = expect(window);
    for (const { read, all, found } of results) {
      const actual = all ? part(plan, all, window) : await read(window);
      found.push(...compareTiles(plan, window, expected, actual));
    }
    onProgress?.({ operands, share: (index + 1) / windows.length });
  }
  return results.map(({ found }) => found);
}

function part(plan: MatmulPlan, all: CodeArray, window: Window): CodeArray {
  return cut(plan.out, all, { m0: 0, m1: plan.m, n0: 0, n1: plan.n }, window);
}

/** Lets timers and signals act: recomputing a window can take a good part of a second. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
