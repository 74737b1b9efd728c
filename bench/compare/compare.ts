/** Two benchmark results side by side: what differs between the machines, and each case's rate with what its spread allows to say. */
import { readReport, type NamedReport, type ReadCase, type ReadReport } from './result-file';

/**
 * `faster` and `slower` are of the right one, where even the middle halves of the two timings do not overlap; `within-spread` where
 * they do; `one-sample` where a timing has no spread to judge by; `withheld` where a check failed.
 */
export type Judgement = 'faster' | 'slower' | 'within-spread' | 'one-sample' | 'withheld';

export interface Comparison {
  readonly left: Side;
  readonly right: Side;
  /** Facts of machine, software and settings that are not the same, null where one does not tell. */
  readonly differing: readonly DifferingFact[];
  readonly cases: readonly CaseComparison[];
  /** Names of cases that only one of them has. */
  readonly onlyLeft: readonly string[];
  readonly onlyRight: readonly string[];
  readonly judged: Readonly<Record<Judgement, number>>;
  /** Geometric mean of the ratios that are known; null when none is. */
  readonly meanRatio: number | null;
}

export type Side = Pick<ReadReport, 'name' | 'started' | 'outcome' | 'peaks'>;

export interface DifferingFact {
  readonly fact: string;
  readonly left: string | null;
  readonly right: string | null;
}

export interface CaseComparison {
  readonly name: string;
  readonly left: Rate;
  readonly right: Rate;
  /** Right over left, in GFLOP/s; null where a number is withheld. */
  readonly ratio: number | null;
  /** From the one middle half's slow end to the other's fast end; null where a timing has one sample. */
  readonly ratioRange: readonly [number, number] | null;
  readonly judgement: Judgement;
  /** What the two did not do alike although the case has one name: shape, formats or chip. */
  readonly otherWork: readonly [string, string] | null;
}

export interface Rate {
  readonly passed: boolean;
  readonly gflops: number | null;
  /** Interquartile range over the median; null where there is one sample or none. */
  readonly spread: number | null;
}

/** @throws UserError, naming file and field, for what is no benchmark result. */
export function compareReports(left: NamedReport, right: NamedReport): Comparison {
  const [first, second] = [readReport(left), readReport(right)];
  const byName = new Map(second.cases.map((each) => [each.name, each]));
  const names = new Set(first.cases.map(({ name }) => name));
  const cases = first.cases.flatMap((each) => {
    const other = byName.get(each.name);
    return other === undefined ? [] : [compareCase(each, other)];
  });
  return {
    left: sideOf(first),
    right: sideOf(second),
    differing: differingFacts(first, second),
    cases,
    onlyLeft: first.cases.map(({ name }) => name).filter((name) => !byName.has(name)),
    onlyRight: second.cases.map(({ name }) => name).filter((name) => !names.has(name)),
    judged: countJudgements(cases),
    meanRatio: geometricMean(cases.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]))),
  };
}

function compareCase(left: ReadCase, right: ReadCase): CaseComparison {
  const known = left.gflops !== null && right.gflops !== null;
  const ratio = known ? right.gflops / left.gflops : null;
  const range = ratio === null ? null : rangeOf(left, right);
  return {
    name: left.name,
    left: rateOf(left),
    right: rateOf(right),
    ratio,
    ratioRange: range,
    judgement: judge(ratio, range),
    otherWork: left.work === right.work ? null : [left.work, right.work],
  };
}

function rangeOf({ ms: left }: ReadCase, { ms: right }: ReadCase): readonly [number, number] | null {
  if (left === null || right === null || left.count < 2 || right.count < 2) return null;
  return [left.lowerQuartile / right.upperQuartile, left.upperQuartile / right.lowerQuartile];
}

function judge(ratio: number | null, range: readonly [number, number] | null): Judgement {
  if (ratio === null) return 'withheld';
  if (range === null) return 'one-sample';
  return range[0] > 1 ? 'faster' : range[1] < 1 ? 'slower' : 'within-spread';
}

function rateOf({ passed, gflops, ms }: ReadCase): Rate {
  const spread = ms === null || ms.count < 2 ? null : (ms.upperQuartile - ms.lowerQuartile) / ms.median;
  return { passed, gflops, spread: gflops === null ? null : spread };
}

function differingFacts(left: ReadReport, right: ReadReport): readonly DifferingFact[] {
  return [...new Set([...left.facts.keys(), ...right.facts.keys()])]
    .map((fact) => ({
      fact,
      left: left.facts.get(fact) ?? null,
      right: right.facts.get(fact) ?? null,
    }))
    .filter((fact) => fact.left !== fact.right);
}

function countJudgements(cases: readonly CaseComparison[]): Readonly<Record<Judgement, number>> {
  const count = (wanted: Judgement): number => cases.filter(({ judgement }) => judgement === wanted).length;
  return {
    faster: count('faster'),
    slower: count('slower'),
    'within-spread': count('within-spread'),
    'one-sample': count('one-sample'),
    withheld: count('withheld'),
  };
}

function geometricMean(ratios: readonly number[]): number | null {
  if (ratios.length === 0) return null;
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

function sideOf({ name, started, outcome, peaks }: ReadReport): Side {
  return { name, started, outcome, peaks };
}
