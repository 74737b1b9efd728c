/**
 * Which member of the family of fused kernels a class of products takes on this adapter. Large tiles save loads, which dominate on
 * software adapters; but a compiler's time may explode with the tile's area, so candidates are tried from small to large and the
 * search stops once compiling takes long. docs/kernels.md says what each step of the family gains.
 */
import { bitsOf, UserError, type Dtype } from '../../numerics';

/** The register tile of one invocation, rows of K unrolled, and the shape of a workgroup. */
export interface Tuning {
  readonly tileM: 1 | 2 | 4 | 8 | 16;
  readonly tileN: 1 | 2 | 4 | 8 | 16 | 32;
  readonly unroll: 1 | 2 | 4;
  readonly lanesX: number;
  readonly lanesY: number;
  /** Lanes whose parts of a row of B lie side by side, as many as a subgroup has at best; lanesX is a multiple. */
  readonly stripe: number;
  /** Words of A that the lanes of a subgroup share out among them, which must have as many lanes; 0: each loads all. With lanesY 1. */
  readonly broadcast: 0 | 4 | 8;
  /** Words of B in one load. */
  readonly bWords: 1 | 4;
  /** Rows of K that a workgroup fetches for all its lanes at a time, by way of workgroup memory; 0: each lane fetches its own. */
  readonly blockK: 0 | 8 | 16;
  /** Each pass has workgroups of its own; a second dispatch adds them in their order. For products of few rows. */
  readonly split: boolean;
  /** B of 8 bits is brought to bfloat16 before the product, as A always is: where decoding it again for each tile costs more. */
  readonly widen: boolean;
}

/** A tuning in words. */
export const tuningText = (tuning: Tuning): string => {
  const { tileM, tileN, unroll, lanesX, lanesY, stripe, broadcast, bWords, blockK, split, widen } = tuning;
  return [
    `tile ${tileM}x${tileN}`,
    `unroll ${unroll}`,
    `lanes ${lanesX}x${lanesY}`,
    ...(stripe < lanesX ? [`stripes of ${stripe}`] : []),
    ...(broadcast > 0 ? [`broadcast ${broadcast}`] : []),
    ...(bWords > 1 ? ['vectors of B'] : []),
    ...(blockK > 0 ? [`${blockK} rows in workgroup memory`] : []),
    ...(split ? ['split K'] : []),
    ...(widen ? ['B widened'] : []),
  ].join(', ');
};

const PLAIN = {
  unroll: 1,
  lanesX: 16,
  lanesY: 4,
  stripe: 16,
  broadcast: 0,
  bWords: 1,
  blockK: 0,
  split: false,
  widen: false,
} as const;

/** What is taken before anything was measured: it compiles quickly, and needs nothing but core WebGPU. */
export const FIRST_TUNING: Tuning = { tileM: 8, tileN: 8, ...PLAIN };

const ROW_OF_LANES = { ...PLAIN, lanesY: 1 } as const;

/** From the quickest to compile to the slowest. */
const MANY_ROWS: readonly Tuning[] = [
  FIRST_TUNING,
  { tileM: 8, tileN: 8, ...ROW_OF_LANES, unroll: 4, broadcast: 4 },
  { tileM: 16, tileN: 8, ...ROW_OF_LANES, unroll: 2, lanesX: 8, broadcast: 8 },
  { tileM: 16, tileN: 8, ...PLAIN, unroll: 4 },
  { tileM: 16, tileN: 8, ...ROW_OF_LANES, unroll: 4, broadcast: 4 },
  { tileM: 16, tileN: 8, ...ROW_OF_LANES, unroll: 4, broadcast: 4, bWords: 4 },
  { tileM: 8, tileN: 8, ...PLAIN, lanesY: 8, bWords: 4, blockK: 8 },
  { tileM: 8, tileN: 8, ...PLAIN, unroll: 4, lanesY: 8, bWords: 4, blockK: 8 },
];

/** Where subgroups have fewer lanes the adapter is a processor, to which workgroup memory is memory like any other: a detour. */
const LANES_OF_A_GPU = 16;
/** @param subgroupLanes of the smallest subgroup; 0 where nothing is known. */
export const isProcessor = (subgroupLanes: number): boolean =>
  subgroupLanes > 0 && subgroupLanes < LANES_OF_A_GPU;

/** Where the tile has one row for each of the product's, and more lanes along the columns. */
const FEW_ROWS: readonly Tuning[] = [
  FIRST_TUNING,
  { ...FIRST_TUNING, split: true },
  { ...FIRST_TUNING, bWords: 4, split: true },
  { ...FIRST_TUNING, unroll: 4, split: true },
  { ...FIRST_TUNING, tileN: 16, unroll: 2, bWords: 4, split: true },
  { ...FIRST_TUNING, tileN: 32, bWords: 4, split: true },
  { ...FIRST_TUNING, tileN: 32, bWords: 4 },
];

/** Of operands B of 8 bits: some decode them in the kernel, and some have them widened before. */
const BYTES: readonly Tuning[] = [
  FIRST_TUNING,
  { tileM: 16, tileN: 8, ...ROW_OF_LANES, unroll: 2, broadcast: 4 },
  { tileM: 16, tileN: 8, ...ROW_OF_LANES, unroll: 2, lanesX: 8, broadcast: 8 },
  { tileM: 16, tileN: 8, ...PLAIN, unroll: 4 },
  { tileM: 16, tileN: 8, ...ROW_OF_LANES, unroll: 4, broadcast: 4, widen: true },
  { tileM: 16, tileN: 8, ...ROW_OF_LANES, unroll: 4, broadcast: 4, bWords: 4, widen: true },
  { tileM: 8, tileN: 8, ...PLAIN, lanesY: 8, bWords: 4, blockK: 8 },
  { tileM: 8, tileN: 8, ...PLAIN, unroll: 4, lanesY: 8, bWords: 4, blockK: 8 },
];
const FEW_ROWS_BYTES: readonly Tuning[] = [
  ...FEW_ROWS,
  { ...FIRST_TUNING, tileN: 16, unroll: 2, bWords: 4, split: true, widen: true },
  { ...FIRST_TUNING, tileN: 32, bWords: 4, split: true, widen: true },
];

/** Of products with at most so many rows the operand B is most of the work: they are tuned apart. */
export const FEW = 16;

export interface TunedClass {
  /** The product that stands for the class. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly dtype: Dtype;
  readonly candidates: readonly Tuning[];
  readonly words: string;
}

/** Products that are tuned apart: operands of 32 bits take twice the words, and those of 8 bits are dear to decode. */
export const TUNED_CLASSES = {
  narrow: {
    m: 512,
    n: 512,
    k: 256,
    dtype: 'bfloat16',
    candidates: MANY_ROWS,
    words: 'operands of 16 bits',
  },
  bytes: { m: 512, n: 512, k: 256, dtype: 'float8_e4m3', candidates: BYTES, words: 'operands B of 8 bits' },
  wide: { m: 512, n: 512, k: 256, dtype: 'float32', candidates: MANY_ROWS, words: 'operands of 32 bits' },
  'narrow-few': {
    m: 1,
    n: 2048,
    k: 2048,
    dtype: 'bfloat16',
    candidates: FEW_ROWS,
    words: `at most ${FEW} rows, operands of 16 bits`,
  },
  'bytes-few': {
    m: 1,
    n: 2048,
    k: 2048,
    dtype: 'float8_e4m3',
    candidates: FEW_ROWS_BYTES,
    words: `at most ${FEW} rows, operands B of 8 bits`,
  },
  'wide-few': {
    m: 1,
    n: 2048,
    k: 2048,
    dtype: 'float32',
    candidates: FEW_ROWS,
    words: `at most ${FEW} rows, operands of 32 bits`,
  },
} as const satisfies Record<string, TunedClass>;
export type TuningClass = keyof typeof TUNED_CLASSES;
export const TUNING_CLASSES = Object.keys(TUNED_CLASSES) as readonly TuningClass[];

export function classOf({
  a,
  b,
  m,
}: {
  readonly a: Dtype;
  readonly b: Dtype;
  readonly m: number;
}): TuningClass {
  const width = bitsOf(b) === 8 ? 'bytes' : bitsOf(a) === 32 ? 'wide' : 'narrow';
  return m <= FEW ? `${width}-few` : width;
}

/** A choice for each class. */
export const forEachClass = (choice: (name: TuningClass) => Choice): Tunings => ({
  narrow: choice('narrow'),
  bytes: choice('bytes'),
  wide: choice('wide'),
  'narrow-few': choice('narrow-few'),
  'bytes-few': choice('bytes-few'),
  'wide-few': choice('wide-few'),
});

/** Those of a class that an adapter can have, whose smallest subgroup has that many lanes; 0 where it has none. */
export const candidatesFor = (name: TuningClass, subgroupLanes: number): readonly Tuning[] =>
  TUNED_CLASSES[name].candidates
    .filter(({ broadcast }) => broadcast <= subgroupLanes)
    .filter(({ blockK }) => blockK === 0 || !isProcessor(subgroupLanes))
    .map((tuning) => striped(tuning, subgroupLanes));

/** With stripes of a subgroup's lanes. */
export const striped = (tuning: Tuning, subgroupLanes: number): Tuning => ({
  ...tuning,
  stripe: subgroupLanes === 0 ? tuning.lanesX : Math.min(subgroupLanes, tuning.lanesX),
});

/** A compile time beyond which larger tiles are not tried: a busy machine takes twice as long as a quiet one. */
const PATIENCE_MS = 3000;

export interface Candidate extends Trial {
  readonly tuning: Tuning;
}

export interface Trial {
  readonly compileMs: number;
  readonly gflops: number;
}

/** Rounds over the candidates: they take turns, so that a machine busy for a moment does not decide. */
const ROUNDS = 3;

/** Those that reach less of the fastest one’s speed are out of the race: a busy moment may halve it. */
const HOPEFUL = 0.5;

/** A candidate that is not taken, with what was wrong: it does not compile, or its bits are others than the reference's. */
export interface Discarded {
  readonly tuning: Tuning;
  readonly why: string;
}

/** What was measured of a class of products. */
export interface Choice {
  /** What they take: the fastest, or the first one before anything was measured. */
  readonly tuning: Tuning;
  readonly candidates: readonly Candidate[];
  readonly discarded: readonly Discarded[];
}

/** What a candidate may take, compiling and proving included. A kernel that hangs must not hang the search. */
export const BUDGET_MS = 20_000;

/** What goes on beyond it would disturb every timing that followed: the search of the class ends. */
class OverdueError extends Error {
  constructor() {
    super(`It was not done within ${BUDGET_MS / 1000} s.`);
  }
}

/**
 * @param trial proves and times a tuning; what it throws discards the candidate, unless `isFatal` says that nothing can go on.
 * @param before comes before each trial, and may let it wait.
 */
export async function chooseTuning(
  tunings: readonly Tuning[],
  trial: (tuning: Tuning) => Promise<Trial>,
  isFatal: (error: unknown) => boolean,
  before: (tuning: Tuning) => Promise<void> = () => Promise.resolve(),
): Promise<Choice> {
  const found = new Map<Tuning, Candidate>();
  const discarded: Discarded[] = [];
  /** False where the search has to end. */
  const attempt = async (tuning: Tuning): Promise<boolean> => {
    await before(tuning);
    try {
      const { compileMs, gflops } = await withinBudget(trial(tuning));
      const earlier = found.get(tuning) ?? { compileMs, gflops };
      found.set(tuning, { ...earlier, tuning, gflops: Math.max(earlier.gflops, gflops) });
      return true;
    } catch (error) {
      if (isFatal(error)) throw error;
      found.delete(tuning);
      discarded.push({ tuning, why: firstLine(error) });
      return !(error instanceof OverdueError);
    }
  };
  let goesOn = true;
  for (const tuning of tunings) {
    goesOn = await attempt(tuning);
    if (!goesOn || (found.get(tuning)?.compileMs ?? 0) > PATIENCE_MS) break;
  }
  for (let round = 1; round < ROUNDS && found.size > 1; round++) {
    const candidates = [...found.values()];
    const fastest = Math.max(...candidates.map(({ gflops }) => gflops));
    for (const { tuning, gflops } of candidates) {
      if (goesOn && gflops >= HOPEFUL * fastest) goesOn = await attempt(tuning);
    }
  }
  const candidates = [...found.values()];
  const [first] = candidates;
  if (first === undefined)
    throw new UserError(
      `No kernel is right on this adapter, which cannot be used: ${discarded.map(({ why }) => why).join(' ')}`,
    );
  const best = candidates.reduce((left, right) => (right.gflops > left.gflops ? right : left), first);
  return { tuning: best.tuning, candidates, discarded };
}

/** @throws OverdueError when the work is not done in time; nobody waits for it any longer. */
async function withinBudget<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new OverdueError());
    }, BUDGET_MS);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
  }
}

/** A compiler's message goes on with the whole shader. */
export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1).join();

/** What was measured of every class. */
export type Tunings = Readonly<Record<TuningClass, Choice>>;

export interface SearchOptions {
  readonly onTrial?: ((progress: TrialProgress) => void) | undefined;
  /** Awaited before each trial, so that a search in the background leaves the host to others. */
  readonly pause?: (() => Promise<void>) | undefined;
  /** Measures again what was measured or kept. */
  readonly anew?: boolean | undefined;
}

/** What a user says of a search. */
export interface TuneOptions {
  /** Each kernel is tried when the page is idle, so that the search can go on in the background. */
  readonly whenIdle?: boolean;
  /** Measures again what was measured or kept. */
  readonly anew?: boolean;
}

/** A trial that begins. */
export interface TrialProgress {
  readonly name: TuningClass;
  readonly tuning: Tuning;
  /** Classes that are done. */
  readonly done: number;
}

/** Products of one shape, and the bits of an element of A and of B as they lie on the adapter. */
export interface Extents {
  readonly m: number;
  readonly n: number;
  readonly passes: number;
  readonly batch: number;
  readonly bits: { readonly a: number; readonly b: number };
}

/**
 * A tuning as it suits a product: the smallest tile that its rows and columns fill. Where that leaves few workgroups, passes have workgroups
 * of their own.
 */
export function tuningFor(tuning: Tuning, extents: Extents): Tuning {
  const fitted = forColumns(forRows(tuning, extents), extents);
  const { m, n, passes, batch } = extents;
  const { tileM, tileN, lanesX, lanesY, split } = fitted;
  const workgroups = batch * Math.ceil(m / (tileM * lanesY)) * Math.ceil(n / (tileN * lanesX));
  return {
    ...fitted,
    split: passes > 1 && (split || (passes >= MANY_PASSES && workgroups < IDLE_WORKGROUPS)),
  };
}

/** Fewer workgroups than that leave parts of an adapter idle; passes beyond so many are worth the second dispatch that adds them. */
const IDLE_WORKGROUPS = 4;
const MANY_PASSES = 4;

/** Few rows take more lanes along the columns. Lanes share out the words of A where each has some. */
function forRows(tuning: Tuning, { m, bits }: Extents): Tuning {
  const tileM = ([1, 2, 4, 8, 16] as const).find((tile) => tile >= Math.min(m, tuning.tileM)) ?? tuning.tileM;
  const { lanesX, lanesY, broadcast } = tuning;
  const shared = broadcast > 0 && ((tileM * bits.a) / 32) % broadcast === 0 ? broadcast : 0;
  if (shared > 0 || tileM < m) return { ...tuning, tileM, broadcast: shared };
  return {
    ...tuning,
    tileM,
    broadcast: 0,
    blockK: 0,
    lanesX: Math.max(lanesX * lanesY, FEW_ROWS_LANES),
    lanesY: 1,
  };
}

const FEW_ROWS_LANES = 64;

/** Few columns take fewer lanes, and each of them fewer columns where a stripe of lanes would not be full; as many more lanes along the rows. */
function forColumns(tuning: Tuning, { m, n, bits }: Extents): Tuning {
  const { tileM, lanesX, lanesY, stripe, broadcast, blockK } = tuning;
  if (blockK > 0 || n > tuning.tileN * (lanesX - stripe)) return tuning;
  const tileN =
    COLUMNS.find((tile) => tile * bits.b >= 32 && (tile * stripe >= n || tile === tuning.tileN)) ??
    tuning.tileN;
  const across = Math.ceil(n / (tileN * stripe)) * stripe;
  const most = Math.floor((lanesX * lanesY) / across);
  const down = broadcast > 0 ? 1 : Math.min(Math.ceil(m / tileM), most);
  return { ...tuning, tileN, lanesX: across, lanesY: down };
}

const COLUMNS = [1, 2, 4, 8, 16, 32] as const;
