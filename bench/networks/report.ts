/** What the comparison of networks gives, workload by workload, as JSON has it. */
import type { AdapterFacts } from '../../src/host';
import type { Dtype } from '../../src/numerics';
import type { Environment } from '../environment';
import { summarise, type Timing } from '../timing';
import type { NetworkCheck } from './check';
import type { Sizes, WorkloadName } from './workloads';

export interface NetworksRequest {
  readonly workloads: readonly WorkloadName[];
  /** Those of the comparison when left out. */
  readonly sizes?: Sizes;
  readonly seed: number;
  /** Rounds for each workload, at most. */
  readonly rounds: number;
  /**
   * For the timed turns of all workloads. Contestants of one have equal shares; one that has spent its own sits out the rounds that are left.
   */
  readonly budgetSeconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: NetworksProgress) => void) | undefined;
  /** Milliseconds; `performance.now` when left out. */
  readonly now?: () => number;
}

export interface NetworksProgress {
  readonly name: string;
  readonly dtype: Dtype;
  readonly stage: 'open' | 'check' | 'time';
  readonly workload?: WorkloadName;
  /** With stage `time`, from 1. */
  readonly round?: number;
}

export interface NetworkName {
  readonly name: string;
  readonly version: string;
  readonly dtype: Dtype;
  readonly ours: boolean;
}

export interface NetworkLeftOut extends NetworkName {
  readonly workload?: WorkloadName;
  readonly reason: string;
}

export interface NetworkResult extends NetworkName {
  readonly variant?: string;
  readonly check: NetworkCheck;
  /** Milliseconds of the first run, which compiles. */
  readonly firstRunMs: number;
  /** Milliseconds per run, over the rounds; null when the check withholds it. */
  readonly ms: Omit<Timing, 'discarded'> | null;
  /** Milliseconds per run of each round; null for a round that was sat out. */
  readonly rounds: readonly (number | null)[];
  /** Kernels started by one run, where the library counts them. */
  readonly dispatches?: number;
}

/** How many times as fast ours was as the other, over the rounds in which both ran. */
export interface NetworkRatio {
  readonly ours: Pick<NetworkName, 'name' | 'dtype'>;
  readonly peer: string;
  readonly median: number;
  readonly spread: Timing['spread'];
  readonly count: number;
}

export interface WorkloadResult {
  readonly workload: WorkloadName;
  /** Those that ran, ours first, in the order of their turns. */
  readonly contestants: readonly NetworkResult[];
  /** Each of ours against each of the others. */
  readonly ratios: readonly NetworkRatio[];
}

/** `failed`: something of ours did not run, or its result was wrong. Peers may fail: they are listed. */
export interface NetworksResult {
  readonly outcome: 'complete' | 'interrupted' | 'failed';
  readonly workloads: readonly WorkloadResult[];
  readonly leftOut: readonly NetworkLeftOut[];
}

/** What a process or a worker gives: the result and where it ran, or why none of it could be run. */
export interface NetworksField extends NetworksResult {
  readonly adapter?: AdapterFacts;
  readonly problem?: string;
}

export interface NetworksReport extends NetworksField {
  readonly kind: 'networks';
  readonly systole: { readonly version: string; readonly revision: string };
  /** ISO 8601. */
  readonly started: string;
  readonly environment: Environment;
  readonly settings: {
    readonly seed: number;
    readonly budgetSeconds: number;
    readonly rounds: number;
    readonly sizes: Sizes;
  };
}

/** Per round, so that what slowed a round slowed both. */
export function ratiosOf(results: readonly NetworkResult[]): NetworkRatio[] {
  const timed = results.filter(({ ms }) => ms !== null);
  return timed
    .filter(({ ours }) => ours)
    .flatMap((our) =>
      timed
        .filter(({ ours }) => !ours)
        .flatMap((peer) => {
          const ratios = our.rounds.flatMap((ms, round) => {
            const theirs = peer.rounds[round] ?? null;
            return ms === null || theirs === null ? [] : [theirs / ms];
          });
          if (ratios.length === 0) return [];
          const { median, spread, count } = summarise(ratios, 1);
          return [{ ours: { name: our.name, dtype: our.dtype }, peer: peer.name, median, spread, count }];
        }),
    );
}

/** The ratios that matter most: ours against the peer of the shortest median. Empty where no peer was timed. */
export function againstFastest({ contestants, ratios }: WorkloadResult): readonly NetworkRatio[] {
  const [fastest] = contestants
    .filter(({ ours, ms }) => !ours && ms !== null)
    .toSorted((a, b) => (a.ms?.median ?? 0) - (b.ms?.median ?? 0));
  return ratios.filter(({ peer }) => peer === fastest?.name);
}

/** 0 fine; 1 ours failed or was wrong; 2 no peer could be compared with; 130 interrupted. */
export function networksExitCode({
  outcome,
  workloads,
}: Pick<NetworksReport, 'outcome' | 'workloads'>): 0 | 1 | 2 | 130 {
  if (outcome === 'interrupted') return 130;
  if (outcome === 'failed') return 1;
  return workloads.some(({ ratios }) => ratios.length > 0) ? 0 : 2;
}
