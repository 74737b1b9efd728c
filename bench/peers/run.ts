/**
 * The comparison: for each shape every contestant multiplies the same seeded operands, is checked, and is timed in turns, so
 * that what disturbs the machine disturbs all. A contestant that fails or is wrong is listed with the reason; the others go on.
 */
import { planMatmul } from '../../src/lower';
import { selectCases } from '../cases';
import type { Contestant, Shape } from './contestant';
import { answerOf, messageOf, quietly } from './patience';
import {
  checkAgain,
  drawOperands,
  enter,
  nameOf,
  ratiosOf,
  resultOf,
  turn,
  type Player,
  type Seat,
} from './player';
import type { PeerLeftOut, PeersProgress, PeersRequest, PeersResult, ShapeResult } from './report';

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
    rest,
  }: PeersRequest,
): Promise<PeersResult> {
  const wanted = selectCases({ shapes: texts, dtypes: ['fp32'] }).cases.map(({ m, n, k }) => ({ m, n, k }));
  for (const shape of wanted) planMatmul({ ...shape, a: 'float32', b: 'float32' });
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
            : await attempt(player.contestant, { stage: 'time', shape, round }, () =>
                turn(player, now, rest),
              );
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
