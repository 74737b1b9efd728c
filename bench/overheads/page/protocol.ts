/** What the page of `systole bench --overheads --browser` and its worker tell. */
import type { ColdStart, Overhead, OverheadsReport } from '../report';

export interface ToOverheadsWorker {
  /** When the page began, on the clock that page and worker share (performance.timeOrigin). */
  readonly pageStart: number;
  /** Only the cold start. */
  readonly coldOnly: boolean;
}

/** Any number of `row`, then one of the others. */
export type FromOverheadsWorker =
  | { readonly type: 'row'; readonly name: Overhead }
  | { readonly type: 'cold'; readonly cold: ColdStart }
  | { readonly type: 'report'; readonly report: OverheadsReport }
  /** The user's to mend. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };

/** The link's hash that asks for the cold start alone. */
export const COLD_ONLY = 'cold';
