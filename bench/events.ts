/** What a run tells while it goes on: to the progress bar of a terminal, and from the worker to the page. */
import type { Peaks, ProbeReport } from '../src/execute/webgpu';
import type { AdapterFacts } from '../src/host';
import type { LeftOut } from './cases';
import type { Environment } from './environment';
import type { FirstProduct } from './first';
import type { CaseResult } from './result';

/** What is being done, in order; the last two are done for each case in turn. */
export const STAGES = {
  probe: 'probing the adapter’s arithmetic',
  first: 'checking a first product',
  tune: 'choosing a register tile',
  peaks: 'measuring the adapter’s peaks',
  baseline: 'running the CPU baseline',
  calibrate: 'calibrating',
  check: 'checking',
  time: 'timing',
} as const;

export type Stage = keyof typeof STAGES;

/** Cases dealt with so far, and in all. */
interface Count {
  readonly done: number;
  readonly total: number;
}

export type BenchEvent =
  | { readonly type: 'adapter'; readonly adapter: AdapterFacts; readonly environment: Environment }
  /** What is known of the adapter's arithmetic; again when its register tile is chosen. */
  | { readonly type: 'probe'; readonly probe: ProbeReport }
  | { readonly type: 'first'; readonly first: FirstProduct }
  | { readonly type: 'peaks'; readonly peaks: Peaks }
  | ({ readonly type: 'stage'; readonly stage: Stage; readonly name: string } & Count)
  | ({ readonly type: 'result'; readonly result: CaseResult } & Count)
  | ({ readonly type: 'left-out'; readonly leftOut: LeftOut } & Count);

export type OnEvent = (event: BenchEvent) => void;
