/** One field of the comparison, where its libraries are loaded: in a process of Node, or in a worker of the page. */
import type { StartThread } from '../../src/execute/wasm';
import type { AdapterFacts } from '../../src/host';
import { SYSTOLE } from '../environment';
import { FIELDS, type FieldName } from './fields';
import { lineup, type PeerPackages } from './lineup';
import type { FieldReport, PeersProgress, PeersRequest } from './report';
import { comparePeers } from './run';

export interface FieldHost {
  readonly packages: PeerPackages;
  /** Where WebGPU is looked for; what it finds is in `navigator.gpu`. */
  readonly openAdapter: () => Promise<AdapterFacts>;
  /** A page's own when left out. */
  readonly startThread?: StartThread;
}

/** What whoever runs a field says of it: any number of `progress`, then one of the others. */
export type FromField =
  | { readonly type: 'progress'; readonly progress: PeersProgress }
  | { readonly type: 'report'; readonly report: FieldReport }
  | { readonly type: 'failed'; readonly message: string };

/** Never rejects: what keeps the whole field from running is its `problem`. */
export async function runField(
  field: FieldName,
  request: PeersRequest,
  { packages, openAdapter, startThread }: FieldHost,
): Promise<FieldReport> {
  const { device, restMs } = FIELDS[field];
  const rest =
    restMs > 0 ? (): Promise<void> => new Promise((resolve) => setTimeout(resolve, restMs)) : undefined;
  try {
    const adapter = device === 'webgpu' ? await openAdapter() : undefined;
    const contestants = lineup(field, SYSTOLE.version, packages, startThread);
    return {
      field,
      ...(adapter && { adapter }),
      ...(await comparePeers(contestants, { ...request, rest })),
    };
  } catch (error) {
    return withoutResult(field, error);
  }
}

export const withoutResult = (field: FieldName, error: unknown): FieldReport => ({
  field,
  problem: error instanceof Error ? error.message : String(error),
  outcome: 'complete',
  shapes: [],
  leftOut: [],
});
