/** What the digits page and its worker tell each other. */
import type { Precision } from './model';
import type { TrainEvent } from './train';

export interface Start {
  readonly type: 'start';
  readonly precisions: readonly Precision[];
  readonly epochs: number;
  readonly seed: number;
  readonly batch: number;
  /** Digits to train on, of the 8,000; all of those held out are always asked. */
  readonly digits: number;
}

export type ToWorker = Start | { readonly type: 'stop' };

export type FromWorker =
  /** What computes. */
  | { readonly type: 'opened'; readonly executor: string }
  | { readonly type: 'event'; readonly precision: Precision; readonly event: TrainEvent }
  | { readonly type: 'end'; readonly outcome: 'complete' | 'stopped' }
  | { readonly type: 'failed'; readonly message: string };
