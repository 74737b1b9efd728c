/**
 * Which cases a time budget admits on this adapter: an estimate from rates measured in the same run, first in a
 * calibration and then by every case that finished.
 */
import { flops, type BenchCase } from './cases';

export interface Rates {
  /** What this device has done so far; never empty. */
  readonly measured: readonly MeasuredRate[];
  /** Floating-point operations per second of the CPU checker. */
  readonly reference: number;
}

export interface MeasuredRate {
  readonly shape: Pick<BenchCase, 'm' | 'n' | 'k'>;
  /** Floating-point operations per second. */
  readonly rate: number;
  readonly compileMs: number;
}

/** Runs that one case costs: two for the checks, two to warm up, five samples. */
const RUNS = 9;
/** Planning, allocating and reading back, which hardly depend on the shape. */
const FIXED_MS = 300;
/** Drawing, encoding, uploading and checking one element of an operand or of the result. */
const MS_PER_ELEMENT = 2e-4;

/** Milliseconds that checking and timing the case will take. `checkedFlops` is what the CPU checker recomputes. */
export function estimateMs(candidate: BenchCase, checkedFlops: number, rates: Rates): number {
  const { m, n, k } = candidate;
  const { rate, compileMs } = nearest(candidate, rates.measured);
  const onDevice = (RUNS * flops(candidate)) / rate;
  const onCpu = checkedFlops / rates.reference;
  return FIXED_MS + compileMs + 1000 * (onDevice + onCpu) + MS_PER_ELEMENT * (m * k + k * n + m * n);
}

/** The measured shape that is most alike: products of few rows run at a small share of the rate of large ones. */
export function nearest(shape: MeasuredRate['shape'], measured: readonly MeasuredRate[]): MeasuredRate {
  const distance = (other: MeasuredRate['shape']): number =>
    Math.hypot(Math.log(shape.m / other.m), Math.log(shape.n / other.n), Math.log(shape.k / other.k));
  const [first, ...more] = measured;
  if (first === undefined) throw new Error('Invariant violation: no rate was measured before estimating');
  return more.reduce((best, each) => (distance(each.shape) <= distance(best.shape) ? each : best), first);
}

export function doesNotFit(neededMs: number, leftMs: number, budgetMs: number): string {
  const seconds = (ms: number): string => (Math.max(0, ms) / 1000).toFixed(1);
  return `estimated ${seconds(neededMs)} s, ${seconds(leftMs)} s of the budget of ${seconds(budgetMs)} s were left`;
}
