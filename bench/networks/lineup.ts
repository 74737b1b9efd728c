/** Who takes part, in the order of the turns: ours, tfjs on our backend, then the peers that bench/peers/package.json names. */
import { openBrowserDevice } from '../../src/host';
import manifest from '../peers/package.json';
import type { NetworkContestant } from './contestant';
import { openJaxJsNetworks } from './jax-js';
import { systoleNetworks } from './systole';
import { openSystoleTfjs, openTfjsNetworks } from './tfjs';

/** What gives each library: bench/peers/networks.js. */
export type NetworkPackages = Readonly<Record<'jax-js' | 'tfjs' | 'systole/tfjs', () => Promise<unknown>>>;

/** `version` is our own. */
export function networkLineup(version: string, packages: NetworkPackages): NetworkContestant[] {
  const dtype = 'float32' as const;
  return [
    ...systoleNetworks(version),
    {
      ...{ name: 'systole/tfjs', version, dtype, ours: true },
      async open() {
        const library = await packages['systole/tfjs']();
        return openSystoleTfjs(library, (await openBrowserDevice()).device);
      },
    },
    {
      ...{ name: 'jax-js', version: manifest.dependencies['@jax-js/jax'], dtype, ours: false },
      open: async () => openJaxJsNetworks(await packages['jax-js']()),
    },
    {
      ...{
        name: 'tfjs',
        version: manifest.dependencies['@tensorflow/tfjs-backend-webgpu'],
        dtype,
        ours: false,
      },
      open: async () => openTfjsNetworks(await packages.tfjs()),
    },
  ];
}
