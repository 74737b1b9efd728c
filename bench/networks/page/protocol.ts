/** What the page of the networks and its worker tell each other, and what the page tells whoever drives it. */
import type { NetworksProgress, NetworksReport, NetworksRequest } from '../report';

/** The page has it as JSON after `#`. */
export type AskedOfPage = Pick<NetworksRequest, 'workloads' | 'seed' | 'rounds' | 'budgetSeconds'>;

export type ToNetworksWorker =
  { readonly type: 'run'; readonly request: AskedOfPage } | { readonly type: 'stop' };

/** Any number of `progress`, then one of the others; of the page, details of `systole` events of its window. */
export type FromNetworksWorker =
  | { readonly type: 'progress'; readonly progress: NetworksProgress }
  | { readonly type: 'report'; readonly report: NetworksReport }
  | { readonly type: 'failed'; readonly message: string };
