/** The comparison where its libraries are loaded: in a process of Node, or in a worker of the page. */
import type { AdapterFacts } from '../../src/host';
import { SYSTOLE, type Environment } from '../environment';
import { networkLineup, type NetworkPackages } from './lineup';
import type { NetworksField, NetworksReport, NetworksRequest } from './report';
import { compareNetworks } from './run';
import { SIZES } from './workloads';

/** Never rejects: what keeps all of it from running is its `problem`. */
export async function runNetworks(
  request: NetworksRequest,
  packages: NetworkPackages,
  openAdapter: () => Promise<AdapterFacts>,
): Promise<NetworksField> {
  try {
    const adapter = await openAdapter();
    return { adapter, ...(await compareNetworks(networkLineup(SYSTOLE.version, packages), request)) };
  } catch (error) {
    return withoutNetworks(error);
  }
}

export const withoutNetworks = (error: unknown): NetworksField => ({
  problem: error instanceof Error ? error.message : String(error),
  outcome: 'complete',
  workloads: [],
  leftOut: [],
});

/** What the field gave, with what it was run by and where. */
export async function networksReport(
  { seed, budgetSeconds, rounds, sizes = SIZES }: NetworksRequest,
  environment: Environment,
  run: () => Promise<NetworksField>,
): Promise<NetworksReport> {
  const started = new Date().toISOString();
  const field = await run();
  return {
    kind: 'networks',
    systole: SYSTOLE,
    started,
    environment,
    settings: { seed, budgetSeconds, rounds, sizes },
    ...field,
  };
}
