/**
 * Which register tile the fused kernel takes on this adapter. Large tiles save loads, which dominate on software adapters;
 * but a compiler's time may explode with the tile's area, so candidates are tried from small to large and the search
 * stops once compiling takes long. A full search over a family of kernels would go here.
 */
import type { Tuning } from './kernels';

const LANES = { lanesX: 16, lanesY: 4 } as const;

export const FIRST_TUNING: Tuning = { tileM: 8, tileN: 8, unroll: 1, ...LANES };

const CANDIDATES: readonly Tuning[] = [FIRST_TUNING, { tileM: 16, tileN: 8, unroll: 4, ...LANES }];

/** A compile time beyond which larger tiles are not tried: a busy machine takes twice as long as a quiet one. */
const PATIENCE_MS = 1200;

export interface Candidate extends Trial {
  readonly tuning: Tuning;
}

export interface Trial {
  readonly compileMs: number;
  readonly gflops: number;
}

/** Rounds over the candidates: they take turns, so that a machine busy for a moment does not decide. */
const ROUNDS = 3;

export async function chooseTuning(
  trial: (tuning: Tuning) => Promise<Trial>,
): Promise<{ tuning: Tuning; candidates: readonly Candidate[] }> {
  let candidates: readonly Candidate[] = [];
  for (const tuning of CANDIDATES) {
    const found = { tuning, ...(await trial(tuning)) };
    candidates = [...candidates, found];
    if (found.compileMs > PATIENCE_MS) break;
  }
  for (let round = 1; round < ROUNDS && candidates.length > 1; round++) {
    const again: Candidate[] = [];
    for (const each of candidates) {
      const { gflops } = await trial(each.tuning);
      again.push({ ...each, gflops: Math.max(each.gflops, gflops) });
    }
    candidates = again;
  }
  const best = candidates.reduce((left, right) => (right.gflops > left.gflops ? right : left));
  return { tuning: best.tuning, candidates };
}

/** The smallest tile that a product with this many rows fills; few rows take more lanes along the columns. */
export function tuningFor(tuning: Tuning, m: number): Tuning {
  const tileM = ([1, 2, 4, 8, 16] as const).find((tile) => tile >= Math.min(m, tuning.tileM)) ?? tuning.tileM;
  const { lanesX, lanesY } = tuning;
  return tileM < m ? { ...tuning, tileM } : { ...tuning, tileM, lanesX: lanesX * lanesY, lanesY: 1 };
}
