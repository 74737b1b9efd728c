/** The libraries themselves, on networks of a few values: each computes the truth. Only where `npm run peers` has been run. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NetworkTruth } from '../../bench/networks/check';
import type { NetworkContestant, OpenNetworks } from '../../bench/networks/contestant';
import { networkLineup, type NetworkPackages } from '../../bench/networks/lineup';
import { WORKLOAD_NAMES, type WorkloadName } from '../../bench/networks/workloads';
import { buildPeersForNode, peersAreInstalled } from '../../bench/peers/build.js';
import { giveIteratorsHelpers, openAdapter } from '../../bench/node/navigator-gpu';
import { ADAPTERS } from '../execute/webgpu/devices';
import { TINY } from './networks-bench';

/** Steps compile some hundred kernels: each library takes one at least, and none that another entry covers. */
const TAKEN: Readonly<Record<string, readonly WorkloadName[]>> = {
  'systole/tfjs': ['transformer-forward', 'adds-eager', 'adds-compiled'],
  'jax-js': ['transformer-forward', 'digits-forward', 'digits-step', 'adds-eager', 'adds-compiled'],
  tfjs: WORKLOAD_NAMES,
};

describe.skipIf(!peersAreInstalled())('the libraries', () => {
  const folder = join(import.meta.dirname, '../../build/networks-test');
  const seats = new Map<string, { readonly contestant: NetworkContestant; readonly open: OpenNetworks }>();
  beforeAll(async () => {
    const loader = { '.wgsl': 'text', '.wasm': 'binary' } as const;
    await buildPeersForNode({ bundle: true, format: 'esm', target: 'es2022', loader }, folder);
    giveIteratorsHelpers();
    await openAdapter(ADAPTERS.at(-1));
    const { packages } = (await import(pathToFileURL(join(folder, 'networks.js')).href)) as {
      packages: NetworkPackages;
    };
    for (const contestant of networkLineup('test', packages).filter(({ name }) => name in TAKEN))
      seats.set(contestant.name, { contestant, open: await contestant.open() });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(
    Object.entries(TAKEN).flatMap(([name, taken]) => taken.map((workload) => [name, workload] as const)),
  )('%s computes %s', async (name, workload) => {
    const { contestant, open } = seats.get(name) ?? expect.unreachable();
    const truth = new NetworkTruth(workload, TINY, 1);
    const prepared = await open.prepare(workload, TINY, 1);
    if (prepared === undefined) {
      expect([name, workload]).toEqual([expect.stringContaining('tfjs'), 'adds-compiled']);
      return;
    }
    for (let run = 0; run < truth.compared; run++) {
      await prepared.run(1);
      expect(truth.compare(await prepared.read(), contestant.dtype, run)).toMatchObject({ passed: true });
    }
    prepared.release();
  });
});
