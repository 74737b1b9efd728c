/** Messages between the page and its worker. The worker does everything that takes time, so that the page never freezes. */
import type { BenchEvent } from '../events';
import type { Report } from '../report';
import type { BenchSettings } from '../settings';

export type ToWorker =
  | {
      readonly type: 'run';
      readonly settings: BenchSettings;
      readonly link: string;
      readonly hidden: boolean;
    }
  | { readonly type: 'stop' }
  /** The page was hidden or shown. */
  | { readonly type: 'hidden'; readonly hidden: boolean };

/** Of one run: any number of `event`, then one of the others. The page passes each on as the detail of a `systole` event of its window. */
export type FromWorker =
  | { readonly type: 'event'; readonly event: BenchEvent }
  | { readonly type: 'report'; readonly report: Report }
  /** Stopped, or the device lost, before the first case. */
  | { readonly type: 'stopped'; readonly outcome: 'interrupted' | 'device-lost'; readonly message: string }
  /** The user's to mend: no adapter, nothing chosen. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };
