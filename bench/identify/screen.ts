/**
 * Hypotheses on a small sample of outputs: the first output that a hypothesis misses refutes it, so nearly all cost one or two
 * sums. Where none is left, the same hypotheses are ranked by how many of a random sample they meet.
 */
import { integersBelow, words } from '../check/draws';
import { arithmetic, dotProduct } from './arithmetic';
import type { Clock } from './clock';
import {
  outputRules,
  sumHypotheses,
  type Hypothesis,
  type OutputRule,
  type Relevance,
  type SumHypothesis,
} from './hypotheses';
import { scheduleOf, type Order, type Schedule } from './orders';
import { equal, gather, ROUND_OPERAND, type OperandRounding, type Product, type Vectors } from './product';
import { rounder, type Round } from './rounding';
import type { Element } from './survey';

export interface Screening {
  /** The likeliest first. */
  readonly survivors: readonly Hypothesis[];
  readonly tried: number;
  /** Every hypothesis was tried, on all of the sample. */
  readonly complete: boolean;
  readonly sampled: number;
}

/** Values that the vectors of a sample may take together. */
const SAMPLE_VALUES = 2 ** 21;
/** Outputs on which every hypothesis is tried, and survivors that are tried on the others too. */
const FIRST = 12;
const MOST_SURVIVORS = 512;
const RANDOM = 24;
/** A hypothesis that misses so many at the start is not the closest. */
const HOPELESS = 4;
/** What it must meet more of than this, of the random sample. */
const CHANCE = 2;

export async function screen(
  product: Product,
  elements: readonly Element[],
  relevance: Relevance,
  clock: Clock,
): Promise<Screening> {
  const most = Math.min(192, Math.max(24, Math.floor(SAMPLE_VALUES / product.k)));
  const trial = new Trial(product, elements.slice(0, most));
  const rough: { sum: SumHypothesis; outputs: readonly OutputRule[] }[] = [];
  let tried = 0;
  let complete = true;
  for (const sum of sumHypotheses(product.k, relevance)) {
    if (clock.expired || rough.length >= MOST_SURVIVORS) {
      complete = false;
      break;
    }
    const rules = outputRules(sum, relevance);
    tried += rules.length;
    const outputs = trial.met(sum, rules, 0, FIRST);
    if (outputs.length > 0) rough.push({ sum, outputs: relevance.immune ? outputs.slice(0, 1) : outputs });
    if (relevance.immune && rough.length > 0) break; // many others would do as well
    await clock.turn('trying', Math.min(1, tried / (8 * product.k)));
  }
  const survivors: Hypothesis[] = [];
  for (const { sum, outputs } of rough) {
    if (clock.expired) complete = false;
    const left = clock.expired ? outputs : trial.met(sum, outputs, FIRST, most);
    survivors.push(...left.map((output) => ({ ...sum, output })));
    await clock.turn('trying', 1);
  }
  return { survivors, tried, complete, sampled: trial.size };
}

/** Hypotheses by the share of a random sample that they meet, the best first; those that meet a tenth or less are left out. */
export async function rank(
  product: Product,
  relevance: Relevance,
  clock: Clock,
  wanted: number,
): Promise<readonly Hypothesis[]> {
  const next = words(1, 12);
  const row = integersBelow(product.m, next);
  const column = integersBelow(product.n, next);
  const trial = new Trial(
    product,
    Array.from({ length: RANDOM }, () => ({ m: row(), n: column() })),
  );
  let best: { hypothesis: Hypothesis; score: number }[] = [];
  for (const sum of sumHypotheses(product.k, relevance)) {
    if (clock.expired) break;
    const least = best.length < wanted ? CHANCE : (best.at(-1)?.score ?? CHANCE);
    const ranked = trial
      .scores(sum, outputRules(sum, relevance), least)
      .filter(({ score }) => score > least)
      .map(({ output, score }) => ({ hypothesis: { ...sum, output }, score }));
    if (ranked.length > 0) best = [...best, ...ranked].sort((x, y) => y.score - x.score).slice(0, wanted);
    await clock.turn('trying', 1);
  }
  return best.map(({ hypothesis }) => hypothesis);
}

/** A sample of outputs, with the vectors of each as every rounding of the operands has them. */
class Trial {
  readonly size: number;
  private readonly product: Product;
  private readonly elements: readonly Element[];
  private readonly vectors = new Map<string, readonly Vectors[]>();
  private readonly schedules = new Map<Order, Schedule>();
  private readonly rounds = new Map<string, Round>();

  constructor(product: Product, elements: readonly Element[]) {
    this.product = product;
    this.elements = elements;
    this.size = elements.length;
  }

  /** The rules under which the sum meets every output of the sample from `from` to `to`. */
  met(sum: SumHypothesis, rules: readonly OutputRule[], from: number, to: number): readonly OutputRule[] {
    let left = rules;
    for (const { value, given } of this.sums(sum, from, to)) {
      left = left.filter((rule) => equal(this.round(rule)(value), given));
      if (left.length === 0) break;
    }
    return left;
  }

  /** How many outputs each rule meets; stops where none can pass `least` any more. */
  scores(
    sum: SumHypothesis,
    rules: readonly OutputRule[],
    least: number,
  ): readonly { readonly output: OutputRule; readonly score: number }[] {
    const scores = rules.map((output) => ({ output, score: 0 }));
    let left = this.size;
    for (const { value, given } of this.sums(sum, 0, this.size)) {
      left--;
      for (const each of scores) if (equal(this.round(each.output)(value), given)) each.score++;
      if (scores.every(({ score }) => score + left <= least)) return [];
      if (this.size - left === HOPELESS && scores.every(({ score }) => score === 0)) return [];
    }
    return scores;
  }

  private *sums(
    sum: SumHypothesis,
    from: number,
    to: number,
  ): Generator<{ readonly value: number; readonly given: number }> {
    const { product } = this;
    const choice = arithmetic(sum);
    const dot = dotProduct(this.schedule(sum.order), choice);
    const vectors = this.vectorsOf(sum.operands, choice.input, sum.subnormals);
    for (const [each, { rows, columns }] of vectors.slice(from, to).entries()) {
      const { m = 0, n = 0 } = this.elements[from + each] ?? {};
      yield { value: dot(rows, 0, columns, 0), given: product.c.values[m * product.n + n] ?? NaN };
    }
  }

  private vectorsOf(operands: OperandRounding, input: Round, subnormals: string): readonly Vectors[] {
    const key = `${operands} ${subnormals}`;
    let vectors = this.vectors.get(key);
    if (vectors === undefined) {
      const roundOperand = ROUND_OPERAND[operands];
      vectors = this.elements.map(({ m, n }) =>
        gather(this.product, { m0: m, m1: m + 1, n0: n, n1: n + 1 }, roundOperand, input),
      );
      this.vectors.set(key, vectors);
    }
    return vectors;
  }

  /** The common orders are tried with many arithmetics; those of the search come once for each. */
  private schedule(order: Order): Schedule {
    let schedule = this.schedules.get(order);
    if (schedule === undefined) {
      schedule = scheduleOf(this.product.k, order);
      if (this.schedules.size < 128) this.schedules.set(order, schedule);
    }
    return schedule;
  }

  private round(rule: OutputRule): Round {
    const key = JSON.stringify(rule);
    let round = this.rounds.get(key);
    if (round === undefined) {
      round = outputRounder(rule);
      this.rounds.set(key, round);
    }
    return round;
  }
}

/** From a sum to an element of C. */
export function outputRounder({ dtype, throughFloat32, ...rule }: OutputRule): Round {
  const round = rounder(dtype, rule);
  return throughFloat32 ? (x) => round(Math.fround(x)) : round;
}
