/**
 * The comparison of networks: for each workload every contestant begins with the same parameters and inputs, is checked, and is timed in
 * turns, so that what disturbs the machine disturbs all. One that fails or is wrong is listed with the reason; the others go on.
 */
import { answerOf, messageOf, quietly } from '../peers/patience';
import { NetworkTruth } from './check';
import type { NetworkContestant } from './contestant';
import { checkAgain, enter, nameOf, resultOf, turn, type Player, type Seat } from './player';
import {
  ratiosOf,
  type NetworkLeftOut,
  type NetworksProgress,
  type NetworksRequest,
  type NetworksResult,
  type WorkloadResult,
} from './report';
import { SIZES, type WorkloadName } from './workloads';

/** Never throws for a contestant that goes wrong. */
export async function compareNetworks(
  contestants: readonly NetworkContestant[],
  {
    workloads: wanted,
    sizes = SIZES,
    seed,
    rounds,
    budgetSeconds,
    signal,
    onProgress,
    now = () => performance.now(),
  }: NetworksRequest,
): Promise<NetworksResult> {
  const leftOut: NetworkLeftOut[] = [];
  const workloads: WorkloadResult[] = [];

  /** Undefined when the work failed, which is listed. Throws only the signal's reason. */
  async function attempt<T>(
    contestant: NetworkContestant,
    progress: Pick<NetworksProgress, 'stage' | 'workload' | 'round'>,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    onProgress?.({ ...progress, name: contestant.name, dtype: contestant.dtype });
    signal?.throwIfAborted();
    try {
      return await answerOf(work(), signal);
    } catch (error) {
      signal?.throwIfAborted();
      const { workload } = progress;
      leftOut.push({ ...nameOf(contestant), ...(workload && { workload }), reason: messageOf(error) });
      return undefined;
    }
  }

  async function compare(seats: readonly Seat[], workload: WorkloadName): Promise<void> {
    const players: Player[] = [];
    const truth = new NetworkTruth(workload, sizes, seed);
    try {
      for (const seat of seats) {
        const player = await attempt(seat.contestant, { stage: 'check', workload }, () =>
          enter(seat, workload, { sizes, seed }, truth, now),
        );
        if (player !== undefined) players.push(player);
      }
      const shareMs = (1000 * budgetSeconds) / wanted.length / Math.max(1, players.length);
      for (let round = 1; round <= rounds; round++) {
        for (const player of players) {
          const sitsOut = !player.check.passed || player.failed || (round > 1 && player.spentMs > shareMs);
          const ms = sitsOut
            ? undefined
            : await attempt(player.contestant, { stage: 'time', workload, round }, () => turn(player, now));
          player.rounds.push(ms ?? null);
          player.failed ||= !sitsOut && ms === undefined;
        }
      }
      for (const player of players.filter(({ check, failed }) => check.passed && !failed)) {
        const check = await attempt(player.contestant, { stage: 'check', workload }, () =>
          checkAgain(player, truth),
        );
        if (check !== undefined) player.check = check;
      }
    } finally {
      for (const { prepared } of players)
        quietly(() => {
          prepared.release();
        });
      const results = players.map(resultOf);
      if (results.length > 0) workloads.push({ workload, contestants: results, ratios: ratiosOf(results) });
    }
  }

  const seats: Seat[] = [];
  try {
    for (const contestant of contestants) {
      const open = await attempt(contestant, { stage: 'open' }, () => contestant.open());
      if (open !== undefined) seats.push({ contestant, open });
    }
    for (const workload of wanted) await compare(seats, workload);
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
    workloads.some((each) => each.contestants.some(({ ours, check }) => ours && !check.passed));
  const outcome = signal?.aborted === true ? 'interrupted' : oursFailed ? 'failed' : 'complete';
  return { outcome, workloads, leftOut };
}
