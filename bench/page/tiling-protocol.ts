/** Messages between the page and the worker that judges a tiling. To stop it, the page ends it. */
import type { JudgeProgress, TilingVerdict, Wanted } from '../tiling';

export interface ToJudge {
  /** A tiling or a plan as JSON. */
  readonly text: string;
  readonly wanted: Wanted;
  readonly seed: number;
}

/** Any number of `progress`, then one of the others. */
export type FromJudge =
  | { readonly type: 'progress'; readonly progress: JudgeProgress }
  | { readonly type: 'judged'; readonly verdict: TilingVerdict; readonly text: string }
  /** The user's to mend. */
  | { readonly type: 'refused'; readonly message: string };
