/** The comparison in a headless Chromium, by its page of the local build (page/). */
import { drivePage, withProcessor } from '../peers/driven-page';
import type { AskedOfPage } from './page/protocol';
import type { NetworksProgress, NetworksReport, NetworksRequest } from './report';

/** @param adapter as `--adapter` takes it. @throws UserError when the peers are not installed, and when no browser or no WebGPU is there. */
export async function runNetworksInBrowser(
  { workloads, seed, rounds, budgetSeconds, ...listener }: NetworksRequest,
  adapter: string | undefined,
): Promise<NetworksReport> {
  const asked: AskedOfPage = { workloads, seed, rounds, budgetSeconds };
  const path = `networks.html#${encodeURIComponent(JSON.stringify(asked))}`;
  return withProcessor(await drivePage<NetworksProgress, NetworksReport>(path, adapter, listener));
}
