/** What `systole bench --overheads` measures: what everything around the arithmetic costs on one adapter, and a start from cold. */
import type { PoolCounts } from '../../src/execute/webgpu';
import type { AdapterFacts } from '../../src/host';
import type { Environment } from '../environment';
import type { Timing } from '../timing';

/** Median, spread and count of samples, in milliseconds. */
export type Sampled = Omit<Timing, 'discarded'>;

/** From the start of the process or page to a first product that is verified, in order. */
export const COLD_STAGES = {
  load: 'process or page start, until its script runs',
  adapter: 'adapter request',
  device: 'device request',
  probe: 'probes of the arithmetic',
  kernel: 'kernel: compiled and proved, operands uploaded',
  product: 'product: run and read back',
  check: 'check on the CPU',
} as const;

export type ColdStage = keyof typeof COLD_STAGES;

/** One start: milliseconds of each stage, and whether the product was right. */
export interface ColdStart {
  readonly stages: Readonly<Record<ColdStage, number>>;
  readonly verified: boolean;
}

/** What one sample of each row is, and by how many units it is divided. */
export const OVERHEADS = {
  submission: 'an empty submission, awaited',
  'dispatch-together': 'a small dispatch: 1000 in one submission',
  'dispatch-apart': 'a small dispatch: 1000, each in a submission of its own',
  'dispatch-awaited': 'a small dispatch: each awaited before the next',
  'pipeline-cold': 'a pipeline, compiled',
  'pipeline-cached': 'a pipeline that was made before',
  'bind-cold': 'a bind group, made',
  'bind-cached': 'a bind group that was made before',
  'buffer-cold': 'a buffer of 1 MiB, made and destroyed',
  'buffer-pooled': 'a buffer of 1 MiB, from the pool and back',
  'upload-latency': 'an upload of 4 bytes, awaited',
  upload: 'an upload, per MiB of 16',
  'readback-latency': 'a readback of 4 bytes',
  readback: 'a readback, per MiB of 16',
} as const;

export type Overhead = keyof typeof OVERHEADS;

export interface Measured {
  readonly overheads: Readonly<Record<Overhead, Sampled>>;
  /** What the pool of buffers came to. */
  readonly pool: PoolCounts;
}

export interface OverheadsReport extends Measured {
  readonly systole: { readonly version: string; readonly revision: string };
  readonly started: string;
  readonly environment: Environment;
  readonly adapter: AdapterFacts;
  /** Starts from cold, each in a process or browser of its own. */
  readonly cold: readonly ColdStart[];
}

export type OverheadsProgress =
  | { readonly stage: 'cold'; readonly done: number; readonly total: number }
  | { readonly stage: 'overhead'; readonly name: Overhead };
