/**
 * The harness: runs the cases in their order, as many as the time budget admits. It ends early when the device is lost
 * or the caller aborts; what was obtained until then is kept, and every case not run is listed with the reason.
 */
import { planMatmul } from '../src/lower';
import { UserError } from '../src/numerics';
import { doesNotFit, estimateMs, type MeasuredRate, type Rates } from './budget';
import { flops, type BenchCase, type LeftOut } from './cases';
import { checkedFlops, randomOperands } from './check';
import type { BenchResult, CaseResult, Outcome } from './result';
import { runCase } from './run-case';
import { Stopped, stopOf } from './stop';
import { clockQuantum } from './timing';
import type { BenchTools } from './tools';

export interface RunSettings {
  readonly budgetMs: number;
  /** When the budget began to run, on the clock of the tools; now, when left out. */
  readonly startMs?: number;
  readonly seed: number;
  /** GFLOP/s of the adapter's measured multiply-add peak; null when it was not measured. */
  readonly peakGflops: number | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Progress {
  readonly name: string;
  readonly stage: 'calibrate' | 'check' | 'time' | 'done';
  /** Cases dealt with so far, and in all. */
  readonly done: number;
  readonly total: number;
  /** With stage `done`. */
  readonly result?: CaseResult;
}

/** One quarter of what is left of the budget at most goes into timing one case. */
const TIMING_SHARE = 0.25;

const CALIBRATION = { m: 256, n: 256, k: 256, a: 'bfloat16', b: 'bfloat16', chip: 'trn2' } as const;

/** Never throws for a case that goes wrong: its reason is in `leftOut`, and `outcome` says so. */
export async function runCases(
  cases: readonly BenchCase[],
  tools: BenchTools,
  settings: RunSettings,
): Promise<BenchResult> {
  const { budgetMs, startMs = tools.now(), seed, peakGflops, signal: caller, onProgress } = settings;
  const leftMs = (): number => budgetMs - (tools.now() - startMs);
  const quantumMs = clockQuantum(tools.now);
  const stop = stopOf(tools.lost, caller);
  const { signal } = stop;
  const done: CaseResult[] = [];
  const leftOut: LeftOut[] = [];
  const measured: MeasuredRate[] = [];
  let rates: Rates | undefined;
  let outcome: Outcome = 'complete';

  const report = (name: string, stage: Progress['stage']): void => {
    onProgress?.({ name, stage, done: done.length + leftOut.length, total: cases.length });
  };

  async function attempt(each: BenchCase): Promise<void> {
    signal.throwIfAborted();
    if (rates === undefined) {
      report('calibration', 'calibrate');
      rates = await stop.race(calibrate(tools, measured, seed, signal));
    }
    const needed = estimateMs(each, checkedFlops(planMatmul(each)), rates);
    if (needed > leftMs()) throw new UserError(doesNotFit(needed, leftMs(), budgetMs));
    const onStage = (stage: Progress['stage']): void => {
      report(each.name, stage);
    };
    const limitMs = TIMING_SHARE * leftMs();
    const result = await stop.race(
      runCase(each, tools, { seed, limitMs, quantumMs, peakGflops, signal, onStage }),
    );
    done.push(result);
    if (result.gflops !== null)
      measured.push({ shape: each, rate: result.gflops * 1e9, compileMs: result.compileMs });
    onProgress?.({
      name: each.name,
      stage: 'done',
      done: done.length + leftOut.length,
      total: cases.length,
      result,
    });
  }

  for (const each of cases) {
    try {
      await attempt(each);
    } catch (error) {
      await lossToShow();
      const cause: unknown = signal.aborted ? signal.reason : error;
      leftOut.push({ name: each.name, reason: cause instanceof Error ? cause.message : String(cause) });
      if (cause instanceof Stopped) outcome = cause.outcome;
      else if (!(cause instanceof UserError)) outcome = 'failed';
    }
  }
  return { outcome, cases: done, leftOut };
}

/** Operations on a lost device fail just before the loss itself is reported. */
function lossToShow(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** First rates of the device, pushed to `measured`, and of the CPU checker, from one small product that is thrown away. */
async function calibrate(
  { device, reference, now }: BenchTools,
  measured: MeasuredRate[],
  seed: number,
  signal: AbortSignal,
): Promise<Rates> {
  const plan = planMatmul(CALIBRATION);
  const operands = randomOperands(plan, seed);
  const product = await device.prepare(plan, operands, { signal });
  try {
    await product.run(signal);
    const seconds = (await product.runMany(3, signal)) / 3000;
    measured.push({ shape: plan, rate: flops(plan) / seconds, compileMs: product.compileMs });
  } finally {
    product.release();
  }
  reference(plan, operands); // the first call compiles
  const start = now();
  reference(plan, operands);
  return { measured, reference: (1000 * flops(plan)) / (now() - start) };
}
