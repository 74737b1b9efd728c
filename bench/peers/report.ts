/** What a comparison with the peers gives, field by field, as JSON has it. */
import type { AdapterFacts } from '../../src/host';
import type { Dtype } from '../../src/numerics';
import { SYSTOLE, type Environment } from '../environment';
import type { Timing } from '../timing';
import type { ContestantCheck } from './check';
import type { Shape } from './contestant';
import { FIELDS, type FieldName } from './fields';

export interface PeersRequest {
  /** `MxNxK`. */
  readonly shapes: readonly string[];
  readonly seed: number;
  /** Rounds for each shape, at most. */
  readonly rounds: number;
  /** For all fields and shapes. Contestants of one shape have equal shares; one that has spent its own sits out the rounds that are left. */
  readonly budgetSeconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PeersProgress) => void) | undefined;
  /** Milliseconds; `performance.now` when left out. */
  readonly now?: () => number;
  /** What is waited for before each turn, and counted as the contestant's time; nothing when left out. */
  readonly rest?: (() => Promise<void>) | undefined;
}

export const DEFAULT_SHAPES = ['1024x1024x1024'] as const;
export const DEFAULT_ROUNDS = 9;

export interface PeersProgress {
  readonly field?: FieldName;
  readonly name: string;
  readonly dtype: Dtype;
  readonly stage: 'open' | 'check' | 'time';
  readonly shape?: Shape;
  /** With stage `time`, from 1. */
  readonly round?: number;
}

/** `failed`: something of ours did not run, or its result was wrong. Peers may fail: they are listed. */
export type PeersOutcome = 'complete' | 'interrupted' | 'failed';

export interface PeersResult {
  readonly outcome: PeersOutcome;
  readonly shapes: readonly ShapeResult[];
  /** Contestants that did not open, or not finish a shape, each with the reason. */
  readonly leftOut: readonly PeerLeftOut[];
}

/** Contestants of one field are compared with each other, and with those of no other. */
export interface FieldReport extends PeersResult {
  readonly field: FieldName;
  /** Where it ran, of a field of WebGPU. */
  readonly adapter?: AdapterFacts;
  /** Why none of it could be run. */
  readonly problem?: string;
}

export interface PeersReport {
  readonly systole: { readonly version: string; readonly revision: string };
  /** ISO 8601. */
  readonly started: string;
  readonly environment: Environment;
  readonly outcome: PeersOutcome;
  readonly fields: readonly FieldReport[];
  readonly settings: { readonly seed: number; readonly budgetSeconds: number; readonly rounds: number };
}

export interface ContestantName {
  readonly name: string;
  readonly version: string;
  readonly dtype: Dtype;
  readonly ours: boolean;
}

export interface PeerLeftOut extends ContestantName {
  readonly shape?: Shape;
  readonly reason: string;
}

export interface ShapeResult {
  readonly shape: Shape;
  /** Those whose result was obtained, ours first, in the order of their turns. */
  readonly contestants: readonly ContestantResult[];
  /** Each of ours against each of the others. */
  readonly ratios: readonly Ratio[];
}

export interface ContestantResult extends ContestantName {
  /** Which of the library's ways was taken, where there are several: a mode of gpu.js, our register tile. */
  readonly variant?: string;
  readonly check: ContestantCheck;
  /** Milliseconds of the first run, which compiles. */
  readonly firstRunMs: number;
  /** Milliseconds per run, over the rounds; null when the check withholds it. */
  readonly ms: Omit<Timing, 'discarded'> | null;
  readonly gflops: number | null;
  /** Milliseconds per run of each round; null for a round that was sat out. */
  readonly rounds: readonly (number | null)[];
}

/** How many times as fast ours was as the other, over the rounds in which both ran. */
export interface Ratio {
  readonly ours: Dtype;
  readonly peer: string;
  readonly median: number;
  readonly spread: Timing['spread'];
  readonly count: number;
}

/** One field after the other, with equal parts of the budget. One that breaks is reported with the reason; after an interrupt none is begun. */
export async function runFields(
  names: readonly FieldName[],
  request: PeersRequest,
  environment: Environment,
  run: (name: FieldName, request: PeersRequest) => Promise<FieldReport>,
): Promise<PeersReport> {
  const started = new Date().toISOString();
  const { seed, budgetSeconds, rounds, signal, onProgress } = request;
  const fields: FieldReport[] = [];
  for (const name of names) {
    if (signal?.aborted === true) break;
    const part = {
      ...request,
      budgetSeconds: budgetSeconds / names.length,
      onProgress: (progress: PeersProgress) => onProgress?.({ ...progress, field: name }),
    };
    fields.push(await run(name, part));
  }
  const outcomes = fields.map(({ outcome }) => outcome);
  const outcome =
    signal?.aborted === true || outcomes.includes('interrupted')
      ? 'interrupted'
      : outcomes.includes('failed')
        ? 'failed'
        : 'complete';
  return {
    systole: SYSTOLE,
    started,
    environment,
    settings: { seed, budgetSeconds, rounds },
    outcome,
    fields,
  };
}

export const titleOf = ({ field }: Pick<FieldReport, 'field'>): string => FIELDS[field].title;

/** The ratios that matter most: ours against the peer of the highest rate. Empty where no peer was timed. */
export function againstFastest({ contestants, ratios }: ShapeResult): readonly Ratio[] {
  const fastest = contestants
    .filter(({ ours, gflops }) => !ours && gflops !== null)
    .reduce<ContestantResult | undefined>(
      (best, each) => ((each.gflops ?? 0) > (best?.gflops ?? 0) ? each : best),
      undefined,
    );
  return ratios.filter(({ peer }) => peer === fastest?.name);
}

/** 0 fine; 1 ours failed or was wrong; 2 no peer could be compared with; 130 interrupted. */
export function peersExitCode({ outcome, fields }: Pick<PeersReport, 'outcome' | 'fields'>): 0 | 1 | 2 | 130 {
  if (outcome === 'interrupted') return 130;
  if (outcome === 'failed') return 1;
  return fields.some(({ shapes }) => shapes.some(({ ratios }) => ratios.length > 0)) ? 0 : 2;
}
