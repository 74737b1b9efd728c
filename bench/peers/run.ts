/**
 * The comparison: for each shape every contestant multiplies the same seeded operands, is checked, and is timed in turns, so
 * that what disturbs the machine disturbs all. A contestant that fails or is wrong is listed with the reason; the others go on.
 */
import { planMatmul } from '../../src/lower';
import { decodeArray, encodeArray, type Dtype } from '../../src/numerics';
import { flops, selectCases } from '../cases';
import { randomOperands } from '../check';
import { summarise } from '../timing';
import { Truth, type ContestantCheck } from './check';
import type { Contestant, ContestantProduct, OpenContestant, Shape } from './contestant';
import type {
  ContestantName,
  ContestantResult,
  PeerLeftOut,
  PeersProgress,
  PeersRequest,
  PeersResult,
  Ratio,
  ShapeResult,
} from './report';

/** A turn is at least this long, well past any clock's quantum. */
const TURN_MS = 200;

/** A first run shorter than this may be mostly compilation: another one tells how many runs make a turn. */
const QUICK_MS = 2000;

/** After this long without an answer, a contestant is given up. */
const PATIENCE_MS = 300_000;

interface Seat {
  readonly contestant: Contestant;
  readonly open: OpenContestant;
}

/** A contestant at one shape, checked. */
interface Player extends Seat {
  readonly product: ContestantProduct;
  readonly truth: Truth;
  check: ContestantCheck;
  readonly firstRunMs: number;
  readonly runsPerTurn: number;
  readonly rounds: (number | null)[];
  spentMs: number;
  failed: boolean;
}

/** Never throws for a contestant that goes wrong. @throws UserError for a shape that is none or cannot be planned. */
export async function comparePeers(
  contestants: readonly Contestant[],
  {
    shapes: texts,
    seed,
    rounds,
    budgetSeconds,
    signal,
    onProgress,
    now = () => performance.now(),
  }: PeersRequest,
): Promise<PeersResult> {
  const wanted = selectCases({ shapes: texts, dtypes: ['fp32'] }).cases.map(({ m, n, k }) => ({ m, n, k }));
  for (const shape of wanted) planFor(shape);
  const leftOut: PeerLeftOut[] = [];
  const shapes: ShapeResult[] = [];

  /** Undefined when the work failed, which is listed. Throws only the signal's reason. */
  async function attempt<T>(
    contestant: Contestant,
    progress: Pick<PeersProgress, 'stage' | 'shape' | 'round'>,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    onProgress?.({ ...progress, name: contestant.name, dtype: contestant.dtype });
    signal?.throwIfAborted();
    try {
      return await answerOf(work(), signal);
    } catch (error) {
      signal?.throwIfAborted();
      const { shape } = progress;
      leftOut.push({ ...nameOf(contestant), ...(shape && { shape }), reason: messageOf(error) });
      return undefined;
    }
  }

  async function compare(seats: readonly Seat[], shape: Shape): Promise<void> {
    const players: Player[] = [];
    try {
      const drawn = drawOperands(shape, seed);
      for (const { contestant, open } of seats) {
        const player = await attempt(contestant, { stage: 'check', shape }, () =>
          enter({ contestant, open }, shape, drawn(contestant.dtype), now),
        );
        if (player !== undefined) players.push(player);
      }
      const shareMs = (1000 * budgetSeconds) / wanted.length / Math.max(1, players.length);
      for (let round = 1; round <= rounds; round++) {
        for (const player of players) {
          const sitsOut = !player.check.passed || player.failed || (round > 1 && player.spentMs > shareMs);
          const ms = sitsOut
            ? undefined
            : await attempt(player.contestant, { stage: 'time', shape, round }, () => turn(player, now));
          player.rounds.push(ms ?? null);
          player.failed ||= !sitsOut && ms === undefined;
        }
      }
      for (const player of players.filter(({ check, failed }) => check.passed && !failed)) {
        const check = await attempt(player.contestant, { stage: 'check', shape }, () => checkAgain(player));
        if (check !== undefined) player.check = check;
      }
    } finally {
      for (const { product } of players)
        quietly(() => {
          product.release();
        });
      const results = players.map((player) => resultOf(player, shape));
      if (results.length > 0) shapes.push({ shape, contestants: results, ratios: ratiosOf(results) });
    }
  }

  const seats: Seat[] = [];
  try {
    for (const contestant of contestants) {
      const open = await attempt(contestant, { stage: 'open' }, () => contestant.open());
      if (open !== undefined) seats.push({ contestant, open });
    }
    for (const shape of wanted) await compare(seats, shape);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    for (const { open } of seats)
      quietly(() => {
        open.close();
      });
  }
  const oursFailed =
    leftOut.some(({ ours }) => ours) ||
    shapes.some((each) => each.contestants.some(({ ours, check }) => ours && !check.passed));
  const outcome = signal?.aborted === true ? 'interrupted' : oursFailed ? 'failed' : 'complete';
  return { outcome, shapes, leftOut };
}

interface Drawn {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly truth: Truth;
}

/** The first run and its check; the operands are let go, the product stays on the adapter. */
async function enter(seat: Seat, shape: Shape, { a, b, truth }: Drawn, now: () => number): Promise<Player> {
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

/** Milliseconds per run. */
async function turn(player: Player, now: () => number): Promise<number> {
  const start = now();
  await player.product.run(player.runsPerTurn);
  const ms = now() - start;
  player.spentMs += ms;
  return ms / player.runsPerTurn;
}

/** The result that the timed runs left: what was not computed was not timed. */
async function checkAgain({ product, truth }: Player): Promise<ContestantCheck> {
  return truth.compare(await product.read());
}

const planFor = (shape: Shape) => planMatmul({ ...shape, a: 'float32', b: 'float32' });

/** The same operands for all, rounded to each dtype once, with the product that its results are compared with. */
function drawOperands(shape: Shape, seed: number): (dtype: Dtype) => Drawn {
  const codes = randomOperands(planFor(shape), seed);
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

function resultOf(
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
function ratiosOf(results: readonly ContestantResult[]): Ratio[] {
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

/** Rejects when the caller gives up, or after PATIENCE_MS: work on a device that hangs may never settle. */
function answerOf<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const interrupt = (): void => {
      reject(new Error('interrupted'));
    };
    const timer = setTimeout(() => {
      reject(new Error(`gave no answer in ${PATIENCE_MS / 1000} s`));
    }, PATIENCE_MS);
    signal?.addEventListener('abort', interrupt, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
    });
  });
}

/** Other people's clean-up may throw, and there is nothing more to do about it. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    return;
  }
}

const nameOf = ({ name, version, dtype, ours }: Contestant): ContestantName => ({
  name,
  version,
  dtype,
  ours,
});

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
