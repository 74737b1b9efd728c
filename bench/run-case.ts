/**
 * One case: planned, prepared, checked, and only then timed, with the operands of the last check on the device. A failed
 * check withholds the numbers; a result whose bits change while it is being timed is an error.
 */
import type { MatmulOperands, Window } from '../src/execute/matmul';
import type { MatmulPlan } from '../src/lower';
import { UserError, type CodeArray } from '../src/numerics';
import type { MeasuredRate } from './budget';
import { flops, planOf, type BenchCase } from './cases';
import { runChecks, type CheckBudgets, type Witness } from './check';
import { summarisePlan, type CaseResult } from './result';
import { measure } from './timing';
import type { BenchTools, DeviceComparison, MatmulDevice, PreparedProduct } from './tools';
import { checkWeights } from './weights/accuracy';

/** What the second kernel may take, on a product too large for the CPU checker; or why it is not asked. */
export type WitnessGrant =
  { readonly limitMs: number; readonly learn: (rate: MeasuredRate) => void } | { readonly leftOut: string };

export interface CaseSettings {
  readonly seed: number;
  /** Milliseconds after which no further timing sample is begun. */
  readonly limitMs: number;
  /** The clock's smallest step, in milliseconds. */
  readonly quantumMs: number;
  /** GFLOP/s of the adapter's measured multiply-add peak; null when it was not measured. */
  readonly peakGflops: number | null;
  /** Left out where the CPU checker recomputes everything. */
  readonly witness?: WitnessGrant | undefined;
  /** What the CPU may recompute. */
  readonly checks?: CheckBudgets | undefined;
  readonly signal: AbortSignal;
  readonly onStage: (stage: 'check' | 'time') => void;
}

/** @throws UserError when the adapter cannot hold the case. */
export async function runCase(
  each: BenchCase,
  tools: BenchTools,
  settings: CaseSettings,
): Promise<CaseResult> {
  const { signal, seed, peakGflops } = settings;
  const { device, reference } = tools;
  const plan = planOf(each);
  const slot = new Slot(plan, tools, signal);
  try {
    settings.onStage('check');
    const execute = (operands: MatmulOperands) => slot.execute(operands);
    const witness = settings.witness && witnessOf(plan, slot, tools, settings.witness, signal);
    const check = await runChecks({
      plan,
      execute,
      reference,
      seed,
      ...(witness && { witness }),
      budget: settings.checks,
      subnormals: device.subnormals,
      signal,
    });
    const accuracy = each.given && (await checkWeights(plan, each.given, execute, tools, seed));
    const passed = check.passed && (accuracy?.mismatches ?? 0) === 0;
    settings.onStage('time');
    const ms = passed ? await measureUnchanged(slot.product, settings, tools) : null;
    const gflops = ms && flops(each) / ms.median / 1e6;
    const { memory, kernel, dispatches } = slot.product;
    return {
      name: each.name,
      shape: { m: each.m, n: each.n, k: each.k },
      dtypes: { a: plan.a, b: plan.b, out: plan.out },
      plan: summarisePlan(plan),
      check: { ...check, passed },
      ms,
      gflops,
      shareOfPeak: gflops !== null && peakGflops !== null ? gflops / peakGflops : null,
      memory,
      compileMs: slot.compileMs,
      kernel,
      dispatches,
      ...(accuracy && { accuracy }),
    };
  } finally {
    slot.release();
  }
}

/** Keeps one prepared product on the device at a time. */
class Slot {
  #product: PreparedProduct | undefined;
  /** Milliseconds that compiling the slowest kernel took; products of one kernel share it. */
  compileMs = 0;

  private readonly plan: MatmulPlan;
  private readonly tools: BenchTools;
  private readonly signal: AbortSignal;

  constructor(plan: MatmulPlan, tools: BenchTools, signal: AbortSignal) {
    this.plan = plan;
    this.tools = tools;
    this.signal = signal;
  }

  get product(): PreparedProduct {
    if (this.#product === undefined) throw new Error('Invariant violation: no product was prepared');
    return this.#product;
  }

  /** Runs the plan once on these operands; the function it gives reads the result. */
  async execute(operands: MatmulOperands): Promise<(window?: Window) => Promise<CodeArray>> {
    this.release();
    const product = await this.tools.device.prepare(this.plan, operands, { signal: this.signal });
    this.#product = product;
    this.compileMs = Math.max(this.compileMs, product.compileMs);
    await product.run(this.signal);
    return (window) => product.read(window);
  }

  release(): void {
    this.#product?.release();
    this.#product = undefined;
  }
}

/** The one-output kernel on the same device, within its limit. */
function witnessOf(
  plan: MatmulPlan,
  slot: Slot,
  { device }: BenchTools,
  grant: WitnessGrant,
  signal: AbortSignal,
): Witness {
  return async (operands) => {
    if ('leftOut' in grant) return grant;
    const limit = AbortSignal.timeout(Math.min(Math.ceil(grant.limitMs), 2 ** 31 - 1));
    const either = AbortSignal.any([signal, limit]);
    const learn = (ms: number, compileMs: number): void => {
      grant.learn({ shape: plan, rate: (1000 * flops(plan)) / ms, compileMs });
    };
    let prepared: PreparedProduct | undefined;
    try {
      const product = await device.prepare(plan, operands, { kernel: 'plain', signal: either });
      prepared = product;
      learn(await product.runMany(1, either), product.compileMs);
      return {
        read: (window) => product.read(window),
        compare: () => compareOn(device, slot.product, product),
        release: () => {
          product.release();
        },
      };
    } catch (error) {
      prepared?.release();
      signal.throwIfAborted();
      if (limit.aborted) {
        learn(grant.limitMs, prepared?.compileMs ?? 0);
        return { leftOut: `the one-output kernel did not finish in ${(grant.limitMs / 1000).toFixed(1)} s` };
      }
      if (error instanceof UserError) return { leftOut: error.message };
      throw error;
    }
  };
}

function compareOn(
  device: MatmulDevice,
  left: PreparedProduct,
  right: PreparedProduct,
): Promise<DeviceComparison> {
  const comparing = device.compare?.(left, right);
  if (comparing === undefined)
    throw new Error('Invariant violation: a device that cannot compare was granted to');
  return comparing;
}

/** The runs that are timed must leave the very bits that were checked. */
async function measureUnchanged(
  product: PreparedProduct,
  settings: CaseSettings,
  { attention, device: { noticeMs = 0 } }: BenchTools,
): Promise<CaseResult['ms']> {
  const before = await product.read();
  const timing = await measure((count, signal) => product.runMany(count, signal), {
    ...settings,
    noticeMs,
    attention,
  });
  const after = await product.read();
  const changed = after.findIndex((code, index) => code !== before[index]);
  if (changed >= 0) throw new Error(`element ${changed} of the result changed while it was being timed`);
  return timing;
}
