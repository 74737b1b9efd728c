/** What the peers' page and its workers tell each other, and what the page tells whoever drives it. */
import type { FromField } from '../peers/field';
import type { FieldName } from '../peers/fields';
import type { PeersProgress, PeersReport, PeersRequest } from '../peers/report';

/** A worker runs one field. */
export type ToPeersWorker =
  | {
      readonly type: 'run';
      readonly field: FieldName;
      readonly request: Pick<PeersRequest, 'shapes' | 'seed' | 'rounds' | 'budgetSeconds'>;
    }
  | { readonly type: 'stop' };

export type FromPeersWorker = FromField;

/** Of one run: any number of `progress`, then one of the others; details of `systole` events of the page's window. */
export type FromPeersPage =
  | { readonly type: 'progress'; readonly progress: PeersProgress }
  | { readonly type: 'report'; readonly report: PeersReport }
  | { readonly type: 'failed'; readonly message: string };
