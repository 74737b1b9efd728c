/** One contestant at one workload: its first runs and their check, its turns, its result. */
import { summarise } from '../timing';
import type { NetworkCheck, NetworkTruth } from './check';
import type { NetworkContestant, NetworkRun, OpenNetworks } from './contestant';
import type { NetworkName, NetworkResult } from './report';
import type { Sizes, WorkloadName } from './workloads';

/** A turn is at least this long, well past any clock's quantum. */
const TURN_MS = 200;
const MOST_RUNS = 1000;

export interface Seat {
  readonly contestant: NetworkContestant;
  readonly open: OpenNetworks;
}

/** A contestant at one workload, checked and warm. */
export interface Player extends Seat {
  readonly prepared: NetworkRun;
  readonly firstLoss: number | undefined;
  check: NetworkCheck;
  readonly firstRunMs: number;
  readonly runsPerTurn: number;
  readonly dispatches: number | undefined;
  readonly rounds: (number | null)[];
  spentMs: number;
  failed: boolean;
}

/** The first runs, each compared with the truth, and one more that tells how many make a turn. Undefined where the library has no such way. */
export async function enter(
  seat: Seat,
  workload: WorkloadName,
  { sizes, seed }: { readonly sizes: Sizes; readonly seed: number },
  truth: NetworkTruth,
  now: () => number,
): Promise<Player | undefined> {
  const { contestant, open } = seat;
  const prepared = await open.prepare(workload, sizes, seed);
  if (prepared === undefined) return undefined;
  try {
    const run = async (): Promise<number> => {
      const start = now();
      await prepared.run(1);
      return now() - start;
    };
    const firstRunMs = await run();
    const first = await prepared.read();
    let check = truth.compare(first, contestant.dtype, 0);
    for (let done = 1; check.passed && done < truth.compared; done++) {
      await run();
      check = worseOf(check, truth.compare(await prepared.read(), contestant.dtype, done));
    }
    const before = open.dispatches?.();
    const ms = check.passed ? await run() : TURN_MS;
    return {
      ...seat,
      ...{ prepared, check, firstRunMs },
      firstLoss: first['loss']?.[0],
      dispatches: before === undefined ? undefined : (open.dispatches?.() ?? before) - before,
      runsPerTurn: Math.ceil(TURN_MS / Math.max(ms, TURN_MS / MOST_RUNS)),
      ...{ spentMs: 0, rounds: [], failed: false },
    };
  } catch (error) {
    prepared.release();
    throw error;
  }
}

const worseOf = (a: NetworkCheck, b: NetworkCheck): NetworkCheck =>
  a.passed && (!b.passed || (b.worstShareOfBound ?? 0) > (a.worstShareOfBound ?? 0)) ? b : a;

/** Milliseconds per run. */
export async function turn(player: Player, now: () => number): Promise<number> {
  const start = now();
  await player.prepared.run(player.runsPerTurn);
  const ms = now() - start;
  player.spentMs += ms;
  return ms / player.runsPerTurn;
}

/** What the timed runs left: what was not computed was not timed. A forward run leaves the same again, training a loss below the first. */
export async function checkAgain(player: Player, truth: NetworkTruth): Promise<NetworkCheck> {
  const results = await player.prepared.read();
  const { firstLoss, check, contestant } = player;
  if (firstLoss === undefined) return truth.compare(results, contestant.dtype, 0);
  const loss = results['loss']?.[0] ?? NaN;
  return loss < firstLoss ? check : { ...check, passed: false, worst: `the loss after training, ${loss}` };
}

export function resultOf({
  contestant,
  open: { variant },
  check,
  firstRunMs,
  runsPerTurn,
  rounds,
  dispatches,
}: Player): NetworkResult {
  const samples = check.passed ? rounds.filter((ms) => ms !== null) : [];
  return {
    ...nameOf(contestant),
    ...(variant !== undefined && { variant }),
    check,
    firstRunMs,
    ms: samples.length > 0 ? summarise(samples, runsPerTurn) : null,
    rounds,
    ...(dispatches !== undefined && { dispatches }),
  };
}

export const nameOf = ({ name, version, dtype, ours }: NetworkContestant): NetworkName => ({
  name,
  version,
  dtype,
  ours,
});
