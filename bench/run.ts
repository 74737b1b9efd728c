/**
 * The harness: runs the cases, as many as the time budget admits, in turns (bench/budget.ts). It ends early when the
 * device is lost or the caller aborts; what was obtained until then is kept, and every case not run is listed with the reason.
 */
import { planMatmul, type MatmulPlan } from '../src/lower';
import { UserError } from '../src/numerics';
import { UNDIVIDED } from './attention';
import { Budget, inTurns } from './budget';
import { flops, planOf, type BenchCase, type LeftOut } from './cases';
import { checkedFlops, checkPlanFor, randomOperands, type CheckBudgets } from './check';
import type { OnEvent, Stage } from './events';
import type { BenchResult, CaseResult, Outcome } from './result';
import { runCase, type WitnessGrant } from './run-case';
import { Stopped, stopOf, type Stop } from './stop';
import { clockQuantum } from './timing';
import type { BenchTools } from './tools';

export interface RunSettings {
  readonly budgetMs: number;
  /** When the budget began to run, on the clock of the tools; now, when left out. */
  readonly startMs?: number;
  readonly seed: number;
  /** GFLOP/s of the adapter's measured multiply-add peak; null when it was not measured. */
  readonly peakGflops: number | null;
  /** What the CPU may recompute in the checks of one case. */
  readonly checks?: CheckBudgets;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/** A short budget may be spent by then on knowing the adapter: one case is shown all the same, if it takes no longer than this. */
const FIRST_CASE_MS = 10_000;

const CALIBRATION = { m: 256, n: 256, k: 256, a: 'bfloat16', b: 'bfloat16', chip: 'trn2' } as const;

/** Never throws for a case that goes wrong: its reason is in `leftOut`, and `outcome` says so. */
export async function runCases(
  cases: readonly BenchCase[],
  tools: BenchTools,
  settings: RunSettings,
): Promise<BenchResult> {
  const { budgetMs, startMs = tools.now(), seed, checks, peakGflops, signal: caller, onEvent } = settings;
  const { attention = UNDIVIDED } = tools;
  const budget = new Budget(budgetMs, startMs, () => tools.now() - attention.hiddenMs, cases.length);
  const quantumMs = clockQuantum(tools.now);
  const stop = stopOf(tools.lost, caller);
  const done: CaseResult[] = [];
  const leftOut: LeftOut[] = [];
  const waiting: BenchCase[] = [];
  let outcome: Outcome = 'complete';

  const count = () => ({ done: done.length + leftOut.length, total: cases.length });
  const enter = (stage: Stage, name: string): void => onEvent?.({ type: 'stage', stage, name, ...count() });

  async function attempt(each: BenchCase, mayWait: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!budget.isCalibrated) {
      enter('calibrate', '');
      await calibrate(tools, budget, seed, signal);
    }
    const plan = planOf(each);
    const neededMs = budget.estimateMs(each, checkedFlops(plan, checks));
    if (mayWait && budget.mustWait(neededMs)) {
      waiting.push(each);
      return;
    }
    const first = done.length === 0 && neededMs < Math.max(budgetMs, FIRST_CASE_MS);
    if (neededMs > budget.leftMs && !first) throw new UserError(budget.doesNotFit(neededMs));
    const witness = await grantWitness(plan, neededMs, tools, budget, settings, signal);
    const onStage = (stage: Stage): void => {
      enter(stage, each.name);
    };
    const limits = { limitMs: budget.timingMs, quantumMs, witness, checks };
    const result = await runCase(each, tools, { seed, peakGflops, signal, onStage, ...limits });
    signal.throwIfAborted(); // given up in the meantime: it is listed as left out
    done.push(result);
    if (result.gflops !== null)
      budget.learn({ shape: each, rate: result.gflops * 1e9, compileMs: result.compileMs });
    onEvent?.({ type: 'result', result, ...count() });
  }

  async function runOrLeaveOut(each: BenchCase, mayWait: boolean): Promise<void> {
    const overdue = new UserError(budget.overdue);
    try {
      await within(
        () => Math.max(budget.patienceMs, done.length === 0 ? FIRST_CASE_MS : 0),
        overdue,
        stop,
        (signal) => attempt(each, mayWait, signal),
      );
    } catch (error) {
      if (!stop.signal.aborted) await lossToShow();
      const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
      const omitted = { name: each.name, reason: cause instanceof Error ? cause.message : String(cause) };
      leftOut.push(omitted);
      onEvent?.({ type: 'left-out', leftOut: omitted, ...count() });
      if (cause instanceof Stopped) outcome = cause.outcome;
      else if (!(cause instanceof UserError)) outcome = 'failed';
    }
  }

  for (const each of inTurns(cases)) await runOrLeaveOut(each, true);
  for (const each of waiting) await runOrLeaveOut(each, false);
  return { outcome, cases: done, leftOut };
}

/**
 * Rejects with `overdue` when no patience is left. The work is told by its signal, but not waited for: on a device that
 * hangs it may never answer.
 */
async function within(
  patienceMs: () => number,
  overdue: Error,
  stop: Stop,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    const wait = (ms: number): void => {
      timer = setTimeout(
        () => {
          const more = patienceMs(); // the page may have been hidden, which is not counted
          if (more > LEAST_WAIT_MS) {
            wait(more);
            return;
          }
          controller.abort(overdue);
          reject(overdue);
        },
        Math.min(ms, LONGEST_TIMER),
      );
    };
    wait(patienceMs());
  });
  try {
    const signal = AbortSignal.any([stop.signal, controller.signal]);
    await Promise.race([stop.race(work(signal)), expiry]);
  } finally {
    clearTimeout(timer);
  }
}
const LONGEST_TIMER = 2 ** 31 - 1;
/** Timers may fire a little early. */
const LEAST_WAIT_MS = 5;

/** Operations on a lost device fail just before the loss itself is reported. */
function lossToShow(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** First rates of the device and of the CPU checker, from one small product that is thrown away. */
async function calibrate(
  { device, reference, now }: BenchTools,
  budget: Budget,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const plan = planMatmul(CALIBRATION);
  const operands = randomOperands(plan, seed);
  reference(plan, operands); // the first call compiles
  const start = now();
  reference(plan, operands);
  budget.referenceRate = (1000 * flops(plan)) / (now() - start);
  const product = await device.prepare(plan, operands, { signal });
  try {
    await product.run(signal);
    const seconds = (await product.runMany(3, signal)) / 3000;
    budget.learn({ shape: plan, rate: flops(plan) / seconds, compileMs: product.compileMs });
  } finally {
    product.release();
  }
}

/** For products that the CPU checker only samples; the rate of the second kernel is measured when it is first needed. */
async function grantWitness(
  plan: MatmulPlan,
  caseMs: number,
  { device }: BenchTools,
  budget: Budget,
  { seed, checks }: RunSettings,
  signal: AbortSignal,
): Promise<WitnessGrant | undefined> {
  if (checkPlanFor(plan, seed, checks).random.coverage === 'full') return undefined;
  if (device.compare === undefined) return { leftOut: 'this device has no second kernel to compare with' };
  const learn = budget.learnWitness.bind(budget);
  if (!budget.knowsWitness) {
    const small = planMatmul(CALIBRATION);
    const product = await device.prepare(small, randomOperands(small, seed), { kernel: 'plain', signal });
    try {
      const ms = await product.runMany(1, signal);
      learn({ shape: small, rate: (1000 * flops(small)) / ms, compileMs: product.compileMs });
    } finally {
      product.release();
    }
  }
  const limit = budget.witnessLimit(plan, caseMs);
  return 'leftOut' in limit ? limit : { ...limit, learn };
}
