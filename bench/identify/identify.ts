/**
 * Whose numbers are these? Given operands and somebody's product, the first element that differs from the systolic order, and the
 * hypotheses about order, accumulator, fusing, subnormals and rounding that give every element of it. docs/identify.md.
 */
import { CHIPS, matmulPairProblem, type ChipName } from '../../src/chip';
import { planMatmul, type MatmulPlan } from '../../src/lower';
import { FORMATS } from '../../src/numerics';
import { COMMAND_LINE, type Controls, type MatrixFile, type StoredDtype } from '../weights';
import { Clock, type IdentifyOptions } from './clock';
import { confirm, type Confirmation } from './confirm';
import {
  hypothesisMeaning,
  hypothesisTitle,
  operandRoundings,
  outputDtypes,
  type Hypothesis,
  type Relevance,
} from './hypotheses';
import { writtenElement, type Explanation, type Identification, type Verdict } from './identification';
import { layoutNotes } from './layout';
import { bitRange, chipDtype, productOf, type BitRange, type Product } from './product';
import { rank, screen } from './screen';
import { survey, TILE, type Survey } from './survey';

export interface IdentifyRequest {
  /** [M, K], [K, N] and [M, N], as `readMatrixFile` gives them. */
  readonly a: MatrixFile;
  readonly b: MatrixFile;
  readonly c: MatrixFile;
  /** Whose systolic order C is compared with; trn2 when left out. */
  readonly chip?: ChipName | undefined;
  /** Time for all of it, 20 when left out. A large product is then compared in part, and the result says in what part. */
  readonly budgetSeconds?: number | undefined;
  /** What messages tell the user to set; the command line's when left out. */
  readonly controls?: Controls | undefined;
}

/** Shares of the budget at the ends of the stages. */
const SURVEY_END = 0.4;
const SCREEN_END = 0.65;
const CONFIRM_END = 0.85;
const RANK_END = 0.9;
/** Hypotheses that are compared on all elements at once. */
const BATCH = 16;
const RANKED = 4;

/** @throws UserError when the shapes are not those of a product. Rejects with the signal's reason when it aborts. */
export async function identify(
  { a, b, c, chip = 'trn2', budgetSeconds = 20, controls = COMMAND_LINE }: IdentifyRequest,
  options: IdentifyOptions = {},
): Promise<Identification> {
  const clock = new Clock(budgetSeconds, options);
  const product = productOf(a, b, c, controls);
  const plan = systolicPlan(product, chip);
  clock.until(SURVEY_END);
  const outputs = outputDtypes(product.c);
  const seen = await survey(product, plan, outputs, clock);
  const relevance = relevanceOf(product, plan, outputs, seen);
  clock.until(SCREEN_END);
  const { survivors, tried, complete, sampled } = await screen(product, seen.sample, relevance, clock);
  clock.until(CONFIRM_END);
  const { explained, left } = await confirmInBatches(product, survivors, clock);
  const best = explained.length > 0 ? undefined : await closest(product, relevance, clock);
  const verdict = verdictOf(explained, relevance);
  return {
    verdict,
    shape: { m: product.m, n: product.n, k: product.k },
    files: { a: factsOf(product.a), b: factsOf(product.b), c: factsOf(product.c) },
    systolic: systolicPart(product, plan, seen),
    float64: { ...seen.float64, at: seen.float64.at ?? null },
    explanations: explained.map((each) => explanationOf(product, each)),
    further: left,
    best: best
      ? {
          ...explanationOf(product, best),
          exception: best.exception ? writtenElement(product.c.dtype, best.exception) : null,
        }
      : null,
    tried,
    complete,
    notes: [...layoutNotes(product, seen, controls), ...relevanceNotes(product, relevance, sampled)],
    seconds: clock.seconds,
  };
}

/** planMatmul's own order for these formats; a pair that the chip does not multiply takes the order of float32. */
function systolicPlan({ m, n, k, a, b }: Product, chip: ChipName): MatmulPlan {
  const pair = { a: chipDtype(a.dtype), b: chipDtype(b.dtype) };
  const legal = matmulPairProblem(CHIPS[chip], pair.a, pair.b) === undefined;
  return planMatmul({ m, n, k, chip, ...(legal ? pair : { a: 'float32', b: 'float32' }) });
}

/** What these operands can show of each axis. */
function relevanceOf(
  product: Product,
  plan: MatmulPlan,
  outputs: readonly StoredDtype[],
  { overflow, tinyOutputs }: Survey,
): Relevance {
  const { k, a, b } = product;
  const [left, right] = [bitRange(a), bitRange(b)];
  const lowest = left.lowest + right.lowest;
  const width = left.width + right.width;
  return {
    fused: width > 24 || lowest < -149,
    fusedDouble: width > 53,
    subnormals: lowest < -126 || left.lowest < -126 || right.lowest < -126,
    operands: operandRoundings(product),
    outputs,
    overflow,
    tinyOutputs,
    doubleRow: plan.doubleRow,
    immune: exactSums(left, right, k),
  };
}

/** Every partial sum is a multiple of the lowest bits' product, and below 2^24 of them. */
function exactSums(a: BitRange, b: BitRange, k: number): boolean {
  if (!a.finite || !b.finite) return false;
  const lowest = a.lowest + b.lowest;
  const highest = a.highest + b.highest + 2 + Math.ceil(Math.log2(k));
  return lowest === Infinity || (highest - lowest <= 24 && lowest >= -126 && highest < 127);
}

async function confirmInBatches(
  product: Product,
  survivors: readonly Hypothesis[],
  clock: Clock,
): Promise<{ explained: readonly Confirmation[]; left: number }> {
  for (let start = 0; start < survivors.length; start += BATCH) {
    if (start > 0 && clock.expired) return { explained: [], left: survivors.length - start };
    const found = await confirm(product, survivors.slice(start, start + BATCH), clock, true);
    const explained = found.filter(({ exception }) => exception === undefined);
    if (explained.length > 0) return { explained, left: Math.max(0, survivors.length - start - BATCH) };
  }
  return { explained: [], left: 0 };
}

async function closest(
  product: Product,
  relevance: Relevance,
  clock: Clock,
): Promise<Confirmation | undefined> {
  clock.until(RANK_END);
  const ranked = await rank(product, relevance, clock, RANKED);
  clock.until(1);
  const [first, ...others] = await confirm(product, ranked, clock, false);
  return others.reduce((best, each) => (best && each.matching <= best.matching ? best : each), first);
}

function verdictOf(explained: readonly Confirmation[], { immune }: Relevance): Verdict {
  const [first] = explained;
  if (first === undefined) return 'unexplained';
  if (immune && first.hypothesis.accumulator === 'float32') return 'immune';
  return explained.length === 1 ? 'explained' : 'explained-equally';
}

function explanationOf({ c }: Product, { hypothesis, matching, compared }: Confirmation): Explanation {
  return {
    title: hypothesisTitle(hypothesis, c.dtype),
    meaning: hypothesisMeaning(hypothesis, c.dtype),
    hypothesis,
    matching,
    compared,
  };
}

function systolicPart(product: Product, plan: MatmulPlan, seen: Survey): Identification['systolic'] {
  const { m, n, c } = product;
  return {
    chip: plan.chip,
    title: plan.doubleRow ? 'double-row passes of 256' : '128-row passes',
    compared: seen.compared,
    elements: m * n,
    differing: seen.differing,
    first: seen.first ? writtenElement(c.dtype, seen.first) : null,
    maxUlp: seen.maxUlp,
    tiles: {
      ...TILE,
      rows: Math.ceil(m / TILE.m),
      columns: Math.ceil(n / TILE.n),
      differing: seen.tiles,
    },
  };
}

function relevanceNotes(product: Product, relevance: Relevance, sampled: number): readonly string[] {
  const { c, k } = product;
  const [stored, ...narrower] = relevance.outputs;
  const finite = c.values.some(Number.isFinite);
  const notes: readonly (string | false)[] = [
    finite &&
      narrower.length > 0 &&
      `C is stored as ${String(stored)}, and every element of it is a value of ${narrower.join(', ')} too.`,
    relevance.immune &&
      'Every sum of these operands is exact in float32, so that all orders, fused or not, give the same bits: use random operands to tell orders apart.',
    k <= 128 && 'K is at most 128: one pass of the array is the untiled order.',
    finite &&
      !relevance.immune &&
      !relevance.fused &&
      'Products of these operands are exact, so that a fused multiply-add gives the same bits as a multiply and an add.',
    c.dtype !== 'float64' &&
      FORMATS[c.dtype].bits <= 16 &&
      !relevance.immune &&
      `C is narrow: orders show only where a sum lies close to a point between two ${c.dtype} values, and ${sampled} such elements were tried first.`,
  ];
  return notes.filter((note) => note !== false);
}

function factsOf({ name, dtype }: Product['a']): Identification['files']['a'] {
  return { name, dtype };
}
