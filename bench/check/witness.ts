/**
 * All bits of a product that is too large for the CPU: a second kernel, which shares no code with the first, computes the
 * same operands, and the two results are compared where they lie. The second kernel is sampled against the CPU checker
 * like the first, so that two kernels that are wrong alike do not vouch for each other.
 */
import type { MatmulOperands, Window } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import type { CodeArray } from '../../src/numerics';
import { compareCodes, compareTiles, tileAt } from './compare';
import { finding, type CheckKind, type Finding } from './report';

/** Codes of the result, or of a window of it, row-major. */
export type Read = (window?: Window) => Promise<CodeArray>;

/** Computes operands by the second kernel, just after the first had them; or says why it does not. */
export type Witness = (operands: MatmulOperands) => Promise<Testimony | { readonly leftOut: string }>;

export interface Testimony {
  readonly read: Read;
  /** Compares all of the first kernel's result with this one. */
  compare(): Promise<{ readonly mismatches: number; readonly firstRow: number | undefined }>;
  release(): void;
}

export const WITNESS_SAMPLE = 'the one-output kernel on random operands, against the CPU checker';

const AGAINST_WITNESS: Pick<CheckKind, 'name' | 'operands' | 'coverage'> = {
  name: 'random operands against the one-output kernel, on the adapter',
  operands: 'random',
  coverage: 'full',
};

/** Compares on the adapter. Of two results that differ, the CPU checker tells which is wrong, and in which tile. */
export async function compareWithWitness(
  plan: MatmulPlan,
  read: Read,
  witness: Testimony,
  expect: (window: Window) => CodeArray,
): Promise<Finding> {
  const { mismatches, firstRow } = await witness.compare();
  const agreed = finding(plan, AGAINST_WITNESS, []);
  const kind = { ...agreed.kind, elementsCompared: plan.m * plan.n, mismatches };
  if (firstRow === undefined) return { kind };
  const row = { m0: firstRow, m1: firstRow + 1, n0: 0, n1: plan.n };
  const expected = expect(row);
  const accused = [
    { name: AGAINST_WITNESS.name, read },
    { name: WITNESS_SAMPLE, read: witness.read },
  ];
  for (const { name, read: readAccused } of accused) {
    const { firstWrong } = compareCodes(plan.out, expected, await readAccused(row), row);
    if (firstWrong === undefined) continue;
    const { window } = tileAt(plan, firstWrong);
    const tile = compareTiles(plan, window, expect(window), await readAccused(window));
    const shown = finding(plan, { ...AGAINST_WITNESS, name }, tile);
    return { ...shown, kind: { ...kind, maxUlp: shown.kind.maxUlp } };
  }
  throw new Error(
    `Invariant violation: two results differ in row ${firstRow} on the adapter, and both are right`,
  );
}
