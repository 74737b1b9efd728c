/** One field of the comparison in a process of its own, which tells its parent (node.ts) how it goes. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startNodeThread } from '../../src/host/node-thread';
import { allowRelaxedSimd } from '../../src/host/relaxed-simd';
import { UserError } from '../../src/numerics';
import { runField } from './field';
import { FIELDS, isField } from './fields';
import type { PeerPackages } from './lineup';
import { peersFolder, type NodePeersRequest } from './node';
import { tellParent } from './node-child';
import { openAdapter } from '../node/navigator-gpu';
import type { FieldReport, PeersProgress } from './report';

/** @throws UserError in a process that has nobody to tell, and for what is no field. */
export async function tellField(name: string, request: NodePeersRequest): Promise<void> {
  if (process.send === undefined || !isField(name))
    throw new UserError('One field is run by "systole bench --peers", which starts a process for each.');
  allowRelaxedSimd();
  const { device, threads } = FIELDS[name];
  if (device === 'wasm' && threads === 1) keepWorkersAway();
  const { packages } = (await import(pathToFileURL(join(peersFolder(), 'packages.js')).href)) as {
    packages: PeerPackages;
  };
  await tellParent<PeersProgress, FieldReport>((listener) =>
    runField(
      name,
      { ...request, ...listener },
      { packages, startThread: startNodeThread, openAdapter: () => openAdapter(request.adapter) },
    ),
  );
}

/** onnxruntime-web puts a global Worker there while it loads, by which jax-js then goes though it began without. */
function keepWorkersAway(): void {
  Object.defineProperty(globalThis, 'Worker', { get: () => undefined, set: () => undefined });
}
