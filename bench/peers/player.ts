/** One contestant at one shape: its first run and check, its turns, its result. */
import { decodeArray, encodeArray, type Dtype } from '../../src/numerics';
import { planMatmul } from '../../src/lower';
import { flops } from '../cases';
import { randomOperands } from '../check';
import { summarise } from '../timing';
import { Truth, type ContestantCheck } from './check';
import type { Contestant, ContestantProduct, OpenContestant, Shape } from './contestant';
import type { ContestantName, ContestantResult, Ratio } from './report';

/** A turn is at least this long, well past any clock's quantum. */
const TURN_MS = 200;

/** A first run shorter than this may be mostly compilation: another one tells how many runs make a turn. */
const QUICK_MS = 2000;

export interface Seat {
  readonly contestant: Contestant;
  readonly open: OpenContestant;
}

/** A contestant at one shape, checked. */
export interface Player extends Seat {
  readonly product: ContestantProduct;
  readonly truth: Truth;
  check: ContestantCheck;
  readonly firstRunMs: number;
  readonly runsPerTurn: number;
  readonly rounds: (number | null)[];
  spentMs: number;
  failed: boolean;
}

export interface Drawn {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly truth: Truth;
}

/** The same operands for all, rounded to each dtype once, with the product that its results are compared with. */
export function drawOperands(shape: Shape, seed: number): (dtype: Dtype) => Drawn {
  const codes = randomOperands(planMatmul({ ...shape, a: 'float32', b: 'float32' }), seed);
  const drawn = new Map<Dtype, Drawn>();
  const inFormat = (dtype: Dtype, values: Float32Array): Float32Array =>
    decodeArray(dtype, encodeArray(dtype, values, { saturate: true }));
  return (dtype) => {
    const a = inFormat(dtype, decodeArray('float32', codes.a));
    const b = inFormat(dtype, decodeArray('float32', codes.b));
    const found = drawn.get(dtype) ?? { a, b, truth: new Truth(shape, a, b) };
    drawn.set(dtype, found);
    return found;
  };
}

/** The first run and its check; the operands are let go, the product stays on the adapter. */
export async function enter(
  seat: Seat,
  shape: Shape,
  { a, b, truth }: Drawn,
  now: () => number,
): Promise<Player> {
  const product = await seat.open.prepare(shape, a, b);
  try {
    const run = async (): Promise<number> => {
      const start = now();
      await product.run(1);
      return now() - start;
    };
    const firstRunMs = await run();
    const check = truth.compare(await product.read());
    const again = check.passed && firstRunMs < QUICK_MS ? await run() : undefined;
    const runsPerTurn = Math.ceil(TURN_MS / Math.max(again ?? firstRunMs, TURN_MS / MOST_RUNS));
    const spentMs = firstRunMs + (again ?? 0);
    return { ...seat, product, truth, check, firstRunMs, runsPerTurn, spentMs, rounds: [], failed: false };
  } catch (error) {
    product.release();
    throw error;
  }
}
const MOST_RUNS = 1000;

/** Milliseconds per run, of which a rest before them is no part. */
export async function turn(
  player: Player,
  now: () => number,
  rest: (() => Promise<void>) | undefined,
): Promise<number> {
  const begun = now();
  await rest?.();
  const start = now();
  await player.product.run(player.runsPerTurn);
  const end = now();
  player.spentMs += end - begun;
  return (end - start) / player.runsPerTurn;
}

/** The result that the timed runs left: what was not computed was not timed. */
export async function checkAgain({ product, truth }: Player): Promise<ContestantCheck> {
  return truth.compare(await product.read());
}

export function resultOf(
  { contestant, open: { variant }, check, firstRunMs, runsPerTurn, rounds }: Player,
  shape: Shape,
): ContestantResult {
  const samples = check.passed ? rounds.filter((ms) => ms !== null) : [];
  const ms = samples.length > 0 ? summarise(samples, runsPerTurn) : null;
  return {
    ...nameOf(contestant),
    ...(variant !== undefined && { variant }),
    check,
    firstRunMs,
    ms,
    gflops: ms && flops(shape) / ms.median / 1e6,
    rounds,
  };
}

/** Per round, so that what slowed a round slowed both. */
export function ratiosOf(results: readonly ContestantResult[]): Ratio[] {
  return results
    .filter(({ ours }) => ours)
    .flatMap((our) =>
      results
        .filter(({ ours }) => !ours)
        .flatMap((peer) => {
          if (our.ms === null || peer.ms === null) return [];
          const ratios = our.rounds.flatMap((ms, round) => {
            const theirs = peer.rounds[round] ?? null;
            return ms === null || theirs === null ? [] : [theirs / ms];
          });
          if (ratios.length === 0) return [];
          const { median, spread, count } = summarise(ratios, 1);
          return [{ ours: our.dtype, peer: peer.name, median, spread, count }];
        }),
    );
}

export const nameOf = ({ name, version, dtype, ours }: Contestant): ContestantName => ({
  name,
  version,
  dtype,
  ours,
});
