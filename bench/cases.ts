/**
 * The benchmark's cases: squares and the projections of real models (bench/models.ts), each in every dtype pair, in an
 * order that gives variety early, because a slow adapter finishes only the first of them (bench/budget.ts).
 */
import { CHIPS, matmulPairProblem, type ChipName } from '../src/chip';
import { parseDtype, shortName, UserError, type Dtype } from '../src/numerics';
import { planMatmul, type ALayout, type MatmulPlan } from '../src/lower';
import { MODELS, SQUARES, TOKENS } from './models';
import type { GivenOperands } from './weights/accuracy';

/** out[M, N] = A[M, K] B[K, N], in float32 and with A row-major where nothing else is said. */
export interface BenchCase {
  /** `group/what/dtypes`, unique; what `--case` matches. */
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Dtype;
  readonly b: Dtype;
  readonly chip: ChipName;
  readonly out?: Dtype;
  readonly aLayout?: ALayout;
  /** Chosen by the planner when left out. */
  readonly block?: Partial<MatmulPlan['block']>;
  /** Checked on these operands too, before rounding, and timed with them. */
  readonly given?: GivenOperands;
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** What the user asked for; everything is optional. */
export interface CaseFilter {
  /** A regular expression that the case's name must match. */
  readonly pattern?: string | undefined;
  /** Dtype pairs as text, `bf16` or `fp8e4m3xfp8e5m2`, instead of `DTYPE_PAIRS`. */
  readonly dtypes?: readonly string[] | undefined;
  /** Only cases of these names. */
  readonly names?: readonly string[] | undefined;
  /** Shapes as text, `MxNxK`, instead of the squares and the models; beside those of `groups` where both are given. */
  readonly shapes?: readonly string[] | undefined;
  /** Only these of the squares and the models. */
  readonly groups?: readonly Group[] | undefined;
  /** One product on real operands, instead of the squares and the models. */
  readonly weights?:
    (Pick<BenchCase, 'name' | 'm' | 'n' | 'k'> & { readonly given: GivenOperands }) | undefined;
  /** Every case on this chip, instead of trn2 (trn3 where trn2 lacks the dtype). */
  readonly chip?: ChipName | undefined;
  /** The output's format, instead of float32. */
  readonly out?: Dtype | undefined;
  /** How A lies in HBM, instead of row-major. */
  readonly aLayout?: ALayout | undefined;
}

type Pair = readonly [a: Dtype, b: Dtype];

export type Group = 'square' | keyof typeof MODELS;

export const GROUPS: readonly Group[] = ['square', ...typedKeys(MODELS)];

/** The first is the one that large shapes are tried in first. */
export const DTYPE_PAIRS: readonly Pair[] = [
  ['bfloat16', 'bfloat16'],
  ['float8_e4m3', 'float8_e4m3'],
  ['float32', 'float32'],
  ['float16', 'float16'],
  ['float8_e5m2', 'float8_e5m2'],
  ['tfloat32', 'tfloat32'],
  ['float8_e4m3fn', 'float8_e4m3fn'],
  ['float8_e4m3', 'float8_e5m2'],
  ['bfloat16', 'float8_e4m3'],
  ['float16', 'bfloat16'],
];

interface Shape extends Pick<BenchCase, 'name' | 'm' | 'n' | 'k' | 'given'> {
  /** See `roundOf`. */
  readonly round: 'every-dtype' | 'first-dtype' | 'later';
}

const squares: readonly Shape[] = SQUARES.map((size) => ({
  name: `square/${size}`,
  m: size,
  n: size,
  k: size,
  round: size === 512 ? 'every-dtype' : size === 1024 ? 'first-dtype' : 'later',
}));

const projections: readonly Shape[] = Object.entries(MODELS).flatMap(([model, layers]) =>
  TOKENS.flatMap((tokens) =>
    layers.map(({ name, k, n }, index): Shape => {
      const round = index === 0 && tokens <= 128 ? 'first-dtype' : 'later';
      return { name: `${model}/${name}/m${tokens}`, m: tokens, n, k, round };
    }),
  ),
);

/**
 * The cases that the filter admits, first things first, and those that the chip refuses.
 * @throws UserError for a bad pattern, dtype or shape, a pair the user named that the chip refuses, or when nothing matches.
 */
export function selectCases(filter: CaseFilter = {}): {
  cases: readonly BenchCase[];
  leftOut: readonly LeftOut[];
} {
  const pattern = parsePattern(filter.pattern);
  const pairs = filter.dtypes?.map(parsePair) ?? DTYPE_PAIRS;
  const shapes = shapesOf(filter);
  const all = pairs.flatMap((pair, rank) =>
    shapes.map((shape) => ({ each: toCase(shape, pair, filter), round: roundOf(shape, rank) })),
  );
  // What was asked for twice is run once.
  const admitted = [...new Map(all.map((one) => [one.each.name, one])).values()]
    .filter(({ each }) => pattern.test(each.name) && (filter.names?.includes(each.name) ?? true))
    .sort(
      (left, right) =>
        left.round - right.round || (left.round === 0 ? 0 : flops(left.each) - flops(right.each)),
    );
  if (admitted.length === 0) throw new UserError(nothingMatches(filter));
  const cases: BenchCase[] = [];
  const leftOut: LeftOut[] = [];
  for (const { each } of admitted) {
    const problem = matmulPairProblem(CHIPS[each.chip], each.a, each.b);
    if (problem === undefined) cases.push(each);
    else if (filter.dtypes !== undefined) throw new UserError(problem);
    else leftOut.push({ name: each.name, reason: problem });
  }
  return { cases, leftOut };
}

/** Multiplications and additions of one product, 2 M N K. */
export function flops({ m, n, k }: { readonly m: number; readonly n: number; readonly k: number }): number {
  return 2 * m * n * k;
}

/** The plan of a case. @throws UserError for one that the chip cannot do. */
export function planOf({ m, n, k, a, b, chip, out, aLayout, block }: BenchCase): MatmulPlan {
  const chosen = { ...(out && { out }), ...(aLayout && { aLayout }), ...(block && { block }) };
  return planMatmul({ m, n, k, a, b, chip, ...chosen });
}

export function pairName(a: Dtype, b: Dtype): string {
  return a === b ? shortName(a) : `${shortName(a)}x${shortName(b)}`;
}

/** `bf16` or `fp8e4m3xfp8e5m2`: A's dtype and B's. */
export function parsePair(text: string): Pair {
  const names = text.trim().split('x');
  const [a, b = a] = names;
  if (a === undefined || b === undefined || names.length > 2) {
    throw new UserError(
      `A dtype pair is one dtype or two joined by x, as in fp8e4m3xfp8e5m2; got "${text}".`,
    );
  }
  return [parseDtype(a), parseDtype(b)];
}

function typedKeys<T extends object>(object: T): (keyof T)[] {
  return Object.keys(object) as (keyof T)[];
}

function shapesOf({ shapes, groups, weights }: CaseFilter): readonly Shape[] {
  if (weights !== undefined)
    return [{ ...weights, name: `weights/${weights.name}/m${weights.m}`, round: 'every-dtype' }];
  const chosen = groups ?? (shapes === undefined ? GROUPS : []);
  const builtIn = [...squares, ...projections].filter(({ name }) =>
    chosen.some((group) => name.startsWith(`${group}/`)),
  );
  return [...(shapes ?? []).map(parseShape), ...builtIn];
}

/** Small shapes in every dtype pair, then one of each kind in the first pair, then that pair's others, then the rest. */
function roundOf(shape: Shape, pairRank: number): number {
  if (shape.round === 'every-dtype') return 0;
  if (pairRank === 0) return shape.round === 'first-dtype' ? 1 : 2;
  return 3;
}

function toCase(
  { name, m, n, k, given }: Shape,
  [a, b]: Pair,
  { chip, out, aLayout }: CaseFilter,
): BenchCase {
  const onTrn2 = matmulPairProblem(CHIPS.trn2, a, b) === undefined;
  return {
    name: `${name}/${pairName(a, b)}`,
    m,
    n,
    k,
    a,
    b,
    chip: chip ?? (onTrn2 ? 'trn2' : 'trn3'),
    ...(out !== undefined && { out }),
    ...(aLayout !== undefined && { aLayout }),
    ...(given !== undefined && { given }),
  };
}

function parseShape(text: string): Shape {
  const match = /^(\d+)x(\d+)x(\d+)$/.exec(text.trim());
  const [m, n, k] = (match ?? []).slice(1).map(Number);
  if (m === undefined || n === undefined || k === undefined || m * n * k === 0) {
    throw new UserError(`A shape is MxNxK, three integers of at least 1, as in 128x768x2304; got "${text}".`);
  }
  return { name: `shape/${m}x${n}x${k}`, m, n, k, round: 'every-dtype' };
}

function parsePattern(text = ''): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new UserError(`--case takes a regular expression; ${detail}.`);
  }
}

function nothingMatches({ pattern, names, shapes, groups }: CaseFilter): string {
  if (names !== undefined)
    return `No case is named ${names.join(' or ')} among the shapes and formats chosen.`;
  if (pattern === undefined && !shapes?.length && !groups?.length)
    return 'Nothing is chosen: take at least one shape or model, and at least one format.';
  return `No case has a name that matches ${pattern ?? ''}. \`systole bench --list\` prints the names.`;
}
