/** The comparison in Node: in a process of its own, because the libraries keep what they find in their surroundings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../src/numerics';
import { nodeEnvironment } from '../node/environment';
import { peersFolder } from '../peers/node';
import { inChild, tellParent } from '../peers/node-child';
import { giveIteratorsHelpers, openAdapter } from '../node/navigator-gpu';
import { networksReport, runNetworks, withoutNetworks } from './field';
import type { NetworkPackages } from './lineup';
import type { NetworksField, NetworksProgress, NetworksReport, NetworksRequest } from './report';

/** @param command is what runs `tellNetworks` of the same request. @throws UserError when the peers are not installed. */
export async function runNetworksInNode(
  request: NetworksRequest,
  command: readonly [string, ...string[]],
): Promise<NetworksReport> {
  bundle();
  return networksReport(request, nodeEnvironment(), () =>
    inChild<NetworksProgress, NetworksField>(command, request).catch(withoutNetworks),
  );
}

/** @throws UserError in a process that has nobody to tell. */
export async function tellNetworks(request: NetworksRequest, adapter: string | undefined): Promise<void> {
  if (process.send === undefined)
    throw new UserError(
      'The networks are run by "systole bench --peers --networks", which starts a process.',
    );
  giveIteratorsHelpers();
  const { packages } = (await import(pathToFileURL(bundle()).href)) as { packages: NetworkPackages };
  await tellParent<NetworksProgress, NetworksField>((listener) =>
    runNetworks({ ...request, ...listener }, packages, () => openAdapter(adapter)),
  );
}

/** The libraries as scripts/build.js bundles them. */
function bundle(): string {
  const file = join(peersFolder(), '../../dist/peers/networks.js');
  if (existsSync(file)) return file;
  throw new UserError(`The peers' networks are not built: run "npm run build" after "npm run peers".`);
}
