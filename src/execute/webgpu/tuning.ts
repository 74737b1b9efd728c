/**
 * Which register tile the fused kernel takes on this adapter. Large tiles save loads, which dominate on software adapters;
 * but a compiler's time may explode with the tile's area, so candidates are tried from small to large and the search
 * stops once compiling takes long. A full search over a family of kernels would go here.
 */
import { bitsOf, UserError, type Dtype } from '../../numerics';

/** The register tile of one invocation, rows of K unrolled, and the shape of a workgroup. */
export interface Tuning {
  readonly tileM: 1 | 2 | 4 | 8 | 16;
  readonly tileN: 8;
  readonly unroll: 1 | 2 | 4;
  readonly lanesX: number;
  readonly lanesY: number;
  /** Words of A that the lanes of a subgroup share out among them, which must have as many lanes; 0: each loads all. With lanesY 1. */
  readonly broadcast: 0 | 4 | 8;
  /** Words of B in one load. */
  readonly bWords: 1 | 4;
}

/** A tuning in words. */
export const tuningText = ({ tileM, tileN, unroll, lanesX, lanesY, broadcast, bWords }: Tuning): string =>
  [
    `tile ${tileM}x${tileN}`,
    `unroll ${unroll}`,
    `lanes ${lanesX}x${lanesY}`,
    ...(broadcast > 0 ? [`broadcast ${broadcast}`] : []),
    ...(bWords > 1 ? [`vectors of B`] : []),
  ].join(', ');

const LANES = { lanesX: 16, lanesY: 4, broadcast: 0, bWords: 1 } as const;

/** What is taken before anything was measured: it compiles quickly, and needs nothing but core WebGPU. */
export const FIRST_TUNING: Tuning = { tileM: 8, tileN: 8, unroll: 1, ...LANES };

/** From the quickest to compile to the slowest. docs/kernels.md says what each gains. */
const CANDIDATES: readonly Tuning[] = [
  FIRST_TUNING,
  { tileM: 8, tileN: 8, unroll: 4, lanesX: 16, lanesY: 1, broadcast: 4, bWords: 1 },
  { tileM: 16, tileN: 8, unroll: 2, lanesX: 8, lanesY: 1, broadcast: 8, bWords: 1 },
  { tileM: 16, tileN: 8, unroll: 4, ...LANES },
  { tileM: 16, tileN: 8, unroll: 4, lanesX: 16, lanesY: 1, broadcast: 4, bWords: 1 },
  { tileM: 16, tileN: 8, unroll: 4, lanesX: 16, lanesY: 1, broadcast: 4, bWords: 4 },
];

/** Products that are tuned apart, each by the format that stands for it: operands of 32 bits take twice the words. */
export const TUNED_BY = { narrow: 'bfloat16', wide: 'float32' } as const satisfies Record<string, Dtype>;
export type TuningClass = keyof typeof TUNED_BY;

export const classOf = (stationary: Dtype): TuningClass => (bitsOf(stationary) === 32 ? 'wide' : 'narrow');

/** Those that an adapter can have, whose smallest subgroup has that many lanes; 0 where it has none. */
export const candidatesFor = (subgroupLanes: number): readonly Tuning[] =>
  CANDIDATES.filter(({ broadcast }) => broadcast <= subgroupLanes);

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

/**
 * @param trial proves and times a tuning; what it throws discards the candidate, unless `isFatal` says that nothing can go on.
 */
export async function chooseTuning(
  tunings: readonly Tuning[],
  trial: (tuning: Tuning) => Promise<Trial>,
  isFatal: (error: unknown) => boolean,
): Promise<Choice> {
  let candidates: readonly Candidate[] = [];
  const discarded: Discarded[] = [];
  for (const tuning of tunings) {
    try {
      const found = { tuning, ...(await trial(tuning)) };
      candidates = [...candidates, found];
      if (found.compileMs > PATIENCE_MS) break;
    } catch (error) {
      if (isFatal(error)) throw error;
      discarded.push({ tuning, why: error instanceof Error ? error.message : String(error) });
    }
  }
  for (let round = 1; round < ROUNDS && candidates.length > 1; round++) {
    const again: Candidate[] = [];
    for (const each of candidates) {
      const { gflops } = await trial(each.tuning);
      again.push({ ...each, gflops: Math.max(each.gflops, gflops) });
    }
    candidates = again;
  }
  const [first] = candidates;
  if (first === undefined)
    throw new UserError(
      `No kernel is right on this adapter, which cannot be used: ${discarded.map(({ why }) => why).join(' ')}`,
    );
  const best = candidates.reduce((left, right) => (right.gflops > left.gflops ? right : left), first);
  return { tuning: best.tuning, candidates, discarded };
}

/**
 * The smallest tile that a product with this many rows fills; few rows take more lanes along the columns. Lanes share out the words
 * of A, of `bits` an element, where each has some.
 */
export function tuningFor(tuning: Tuning, m: number, bits: number): Tuning {
  const tileM = ([1, 2, 4, 8, 16] as const).find((tile) => tile >= Math.min(m, tuning.tileM)) ?? tuning.tileM;
  const { lanesX, lanesY, broadcast } = tuning;
  const shared = broadcast > 0 && ((tileM * bits) / 32) % broadcast === 0 ? broadcast : 0;
  if (shared > 0 || tileM < m) return { ...tuning, tileM, broadcast: shared };
  return { ...tuning, tileM, broadcast: 0, lanesX: Math.max(lanesX * lanesY, FEW_ROWS_LANES), lanesY: 1 };
}

const FEW_ROWS_LANES = 64;
