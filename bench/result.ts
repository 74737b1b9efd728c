/** What a benchmark run gives, as JSON has it. Numbers that a failed check withholds are null. */
import type { ChipName } from '../src/chip';
import type { MatmulPlan } from '../src/lower';
import type { Dtype } from '../src/numerics';
import type { Baseline } from './baseline';
import type { LeftOut } from './cases';
import type { CheckReport } from './check';
import type { Timing } from './timing';
import type { Accuracy } from './weights/accuracy';

export interface CaseResult {
  readonly name: string;
  readonly shape: { readonly m: number; readonly n: number; readonly k: number };
  readonly dtypes: { readonly a: Dtype; readonly b: Dtype; readonly out: Dtype };
  readonly plan: PlanSummary;
  readonly check: CheckReport;
  /** Milliseconds per run. */
  readonly ms: Timing | null;
  readonly gflops: number | null;
  /** Of the peak that the same adapter reached in a micro-benchmark of multiply and add in the same run. */
  readonly shareOfPeak: number | null;
  /** Bytes by purpose. */
  readonly memory: Readonly<Record<string, number>>;
  readonly compileMs: number;
  readonly kernel: string;
  readonly dispatches: number;
  /** Error against float64, where real weights were given. */
  readonly accuracy?: Accuracy;
}

export interface PlanSummary {
  readonly chip: ChipName;
  readonly aLayout: MatmulPlan['aLayout'];
  readonly tile: MatmulPlan['tile'];
  readonly block: MatmulPlan['block'];
  readonly loopOrder: readonly string[];
  readonly doubleRow: boolean;
  readonly passes: number;
  readonly groups: number;
}

/** `failed`: something other than the user, the device or a check went wrong in at least one case. */
export type Outcome = 'complete' | 'interrupted' | 'device-lost' | 'failed';

export interface BenchResult {
  readonly outcome: Outcome;
  readonly cases: readonly CaseResult[];
  /** Cases that were not run, or not to their end, each with the reason. */
  readonly leftOut: readonly LeftOut[];
}

/** What a product takes on the adapter or in WASM. */
export interface MemoryUse {
  readonly bytes: number;
  /** What is promised. */
  readonly limit: number;
  readonly exceeds: boolean;
}

/** Undefined where nothing is promised. */
export function memoryOf({
  memory: { operands = 0, result = 0, scratch = 0, limit },
}: Pick<CaseResult, 'memory'>): MemoryUse | undefined {
  const bytes = operands + result + scratch;
  return limit === undefined ? undefined : { bytes, limit, exceeds: bytes > limit };
}

/**
 * 0 fine; 1 a check or the baseline's failed, a product took more memory than is promised, the device was lost or a case broke; 2 nothing
 * could be run; 130 interrupted.
 */
export function exitCode({
  outcome,
  cases,
  baseline,
}: BenchResult & { baseline?: Baseline | null }): 0 | 1 | 2 | 130 {
  if (outcome === 'interrupted') return 130;
  const refuted =
    cases.some((each) => !each.check.passed || memoryOf(each)?.exceeds === true) ||
    (baseline && 'agrees' in baseline && !baseline.agrees);
  if (outcome !== 'complete' || refuted) return 1;
  return cases.length === 0 ? 2 : 0;
}

export function summarisePlan(plan: MatmulPlan): PlanSummary {
  const { chip, aLayout, tile, block, loopOrder, doubleRow, passes } = plan;
  const groups = new Set(passes.map(({ group }) => group)).size;
  return { chip, aLayout, tile, block, loopOrder, doubleRow, passes: passes.length, groups };
}
