/** Messages between the page and the worker that tunes. To stop it, the page ends it. */
import type { Tunings } from '../../src/execute/webgpu';

export type ToTuner =
  /** What is kept, or a search; `again` searches in any case. */
  | { readonly type: 'tune'; readonly again: boolean }
  /** An exported document. */
  | { readonly type: 'import'; readonly text: string };

/** Any number of `progress` and `note`, then one of the others. */
export type FromTuner =
  | { readonly type: 'progress' | 'note'; readonly words: string }
  | {
      readonly type: 'tuned';
      readonly adapter: string;
      readonly tunings: Tunings;
      /** To be exported. */
      readonly document: string;
    }
  /** The user's to mend, or a device that was lost. */
  | { readonly type: 'refused'; readonly message: string };
