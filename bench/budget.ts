/**
 * How a time budget is spent: in which order, which cases it admits on this adapter, how long each may be timed, and
 * whether a large product can afford its second kernel. Estimates come from rates measured in the same run, first in a
 * calibration and then by every case that finished.
 */
import { flops, type BenchCase } from './cases';

export interface MeasuredRate {
  readonly shape: Pick<BenchCase, 'm' | 'n' | 'k'>;
  /** Floating-point operations per second. */
  readonly rate: number;
  readonly compileMs: number;
}

/** Cases of the first group in a turn, against one of each other. */
const TURN = 3;
/** Of the budget: a case that would take more waits until all others had their turn. */
const CASE_SHARE = 1 / 6;
/** Of the budget: what goes into timing all cases; of many, each has enough that tens of them are seen. */
const TIMING_SHARE = 0.4;
const LEAST_TIMING_SHARE = 1 / 30;
/** Of the budget: how late a case may end. */
const GRACE_SHARE = 0.5;
/** Of what a case leaves of the budget: what its second kernel may take. */
const WITNESS_SHARE = 0.5;

/** Runs that one case costs: two for the checks; two to warm up and one sample at least, five if time allows. */
const CHECK_RUNS = 2;
const LEAST_TIMED = 3;
const MOST_TIMED = 7;
/** Planning, allocating and reading back, which hardly depend on the shape. */
const FIXED_MS = 100;
/** Drawing, encoding, uploading and checking one element of an operand or of the result. */
const MS_PER_ELEMENT = 2e-4;

export class Budget {
  readonly totalMs: number;
  readonly #startMs: number;
  readonly #now: () => number;
  readonly #cases: number;
  readonly #device: MeasuredRate[] = [];
  readonly #witness: MeasuredRate[] = [];
  /** Floating-point operations per second of the CPU checker; 0 until it is measured. */
  referenceRate = 0;

  /** `startMs` is when the budget began to run, on the clock `now`; `cases` is how many want some of it. */
  constructor(totalMs: number, startMs: number, now: () => number, cases: number) {
    this.#cases = cases;
    this.totalMs = totalMs;
    this.#startMs = startMs;
    this.#now = now;
  }

  get leftMs(): number {
    return this.totalMs - (this.#now() - this.#startMs);
  }

  /** After this long, a case that was much slower than estimated is given up. */
  get patienceMs(): number {
    return this.leftMs + GRACE_SHARE * this.totalMs;
  }

  /** After this long, no further sample of a case is begun. */
  get timingMs(): number {
    const share = Math.max(LEAST_TIMING_SHARE, TIMING_SHARE / this.#cases);
    return Math.min(share * this.totalMs, this.leftMs / 4);
  }

  get isCalibrated(): boolean {
    return this.#device.length > 0;
  }

  get knowsWitness(): boolean {
    return this.#witness.length > 0;
  }

  learn(rate: MeasuredRate): void {
    this.#device.push(rate);
  }

  learnWitness(rate: MeasuredRate): void {
    this.#witness.push(rate);
  }

  /** Milliseconds that checking and timing the case will take. `checkedFlops` is what the CPU checker recomputes. */
  estimateMs(each: MeasuredRate['shape'], checkedFlops: number): number {
    const { rate, compileMs } = nearest(each, this.#device);
    const run = (1000 * flops(each)) / rate;
    const timed = Math.max(LEAST_TIMED * run, Math.min(MOST_TIMED * run, this.timingMs + run));
    const onCpu = (1000 * checkedFlops) / this.referenceRate;
    return FIXED_MS + compileMs + CHECK_RUNS * run + timed + onCpu + elementsMs(each);
  }

  /** Whether a case of so many milliseconds waits for the others. */
  mustWait(neededMs: number): boolean {
    return neededMs > CASE_SHARE * this.totalMs;
  }

  /** What the second kernel may take after a case of so many milliseconds, or why it is left out. */
  witnessLimit(
    each: MeasuredRate['shape'],
    caseMs: number,
  ): { readonly limitMs: number } | { readonly leftOut: string } {
    const limitMs = WITNESS_SHARE * (this.leftMs - caseMs);
    const { rate, compileMs } = nearest(each, this.#witness);
    const neededMs = FIXED_MS + compileMs + (1000 * flops(each)) / rate + elementsMs(each);
    if (neededMs <= limitMs) return { limitMs };
    return {
      leftOut: `comparing every output with the one-output kernel's takes an estimated ${seconds(neededMs)} s; ${seconds(limitMs)} s could be spared`,
    };
  }

  doesNotFit(neededMs: number): string {
    return `estimated ${seconds(neededMs)} s, ${seconds(this.leftMs)} s of the budget of ${seconds(this.totalMs)} s were left`;
  }

  get overdue(): string {
    return `given up: not finished ${seconds(GRACE_SHARE * this.totalMs)} s after the budget of ${seconds(this.totalMs)} s was spent`;
  }
}

/**
 * The order in which a budget is spent, so that a short one shows something of everything: the groups (squares, each model)
 * take turns, three cases of the first and one of each other. Within a group the order stays.
 */
export function inTurns(cases: readonly BenchCase[]): readonly BenchCase[] {
  const groups = new Map<string, BenchCase[]>();
  for (const each of cases) {
    const group = each.name.slice(0, each.name.indexOf('/'));
    groups.set(group, [...(groups.get(group) ?? []), each]);
  }
  const ordered: BenchCase[] = [];
  while (ordered.length < cases.length) {
    [...groups.values()].forEach((group, index) => ordered.push(...group.splice(0, index === 0 ? TURN : 1)));
  }
  return ordered;
}

/**
 * The measured shape that is most alike: products of few rows run at a small share of the rate of large ones. Where several
 * are, in other dtypes say, their mean: one that was disturbed should not keep out all that are like it.
 */
function nearest(shape: MeasuredRate['shape'], measured: readonly MeasuredRate[]): MeasuredRate {
  const distance = ({ shape: other }: MeasuredRate): number =>
    Math.hypot(Math.log(shape.m / other.m), Math.log(shape.n / other.n), Math.log(shape.k / other.k));
  const least = Math.min(...measured.map(distance));
  const alike = measured.filter((each) => distance(each) === least);
  const [first] = alike;
  if (first === undefined) throw new Error('Invariant violation: no rate was measured before estimating');
  const mean = (of: (each: MeasuredRate) => number): number =>
    alike.reduce((sum, each) => sum + of(each), 0) / alike.length;
  return {
    shape: first.shape,
    rate: mean(({ rate }) => rate),
    compileMs: mean(({ compileMs }) => compileMs),
  };
}

function elementsMs({ m, n, k }: MeasuredRate['shape']): number {
  return MS_PER_ELEMENT * (m * k + k * n + m * n);
}

const seconds = (ms: number): string => (Math.max(0, ms) / 1000).toFixed(1);
