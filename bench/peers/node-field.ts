/**
 * One field of the comparison in a process of its own, which tells its parent (node.ts) how it goes. The peers were written for
 * browsers: they find WebGPU at `navigator.gpu`, so Dawn's is put there, with the adapter that was asked for.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openDevice, type AdapterFacts } from '../../src/host/node';
import { startNodeThread } from '../../src/host/node-thread';
import { allowRelaxedSimd } from '../../src/host/relaxed-simd';
import { UserError } from '../../src/numerics';
import { nodeEnvironment } from '../node/environment';
import { runField, type FromField } from './field';
import { FIELDS, isField } from './fields';
import type { PeerPackages } from './lineup';
import { peersFolder, type NodePeersRequest } from './node';

/** @throws UserError in a process that has nobody to tell, and for what is no field. */
export async function tellField(name: string, request: NodePeersRequest): Promise<void> {
  if (process.send === undefined || !isField(name))
    throw new UserError('One field is run by "systole bench --peers", which starts a process for each.');
  const stop = new AbortController();
  process.once('message', () => {
    stop.abort();
  });
  process.once('disconnect', () => process.exit(1)); // nobody is left to be told
  process.on('SIGINT', () => undefined); // the parent gets it too, and says when to stop
  allowRelaxedSimd();
  const { device, threads } = FIELDS[name];
  if (device === 'wasm' && threads === 1) keepWorkersAway();
  const { packages } = (await import(pathToFileURL(join(peersFolder(), 'packages.js')).href)) as {
    packages: PeerPackages;
  };
  const report = await runField(
    name,
    {
      ...request,
      signal: stop.signal,
      onProgress: (progress) => void tell({ type: 'progress', progress }),
    },
    {
      packages,
      startThread: startNodeThread,
      openAdapter: async () => {
        const facts = await adapterOf(request.adapter);
        await installWebGpu(facts.name);
        return facts;
      },
    },
  );
  await tell({ type: 'report', report });
  process.exit(0); // other libraries keep devices and workers alive
}

/** onnxruntime-web puts a global Worker there while it loads, by which jax-js then goes though it began without. */
function keepWorkersAway(): void {
  Object.defineProperty(globalThis, 'Worker', { get: () => undefined, set: () => undefined });
}

const tell = (message: FromField): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, () => {
      resolve();
    });
  });

async function adapterOf(name: string | undefined): Promise<AdapterFacts> {
  const host = await openDevice(name === undefined ? {} : { adapter: name });
  host.close();
  return host.facts;
}

interface Dawn {
  readonly globals: { readonly GPUQueue: typeof GPUQueue };
  create(flags: string[]): GPU;
}

/** Peers keep their devices for as long as the process lives, and Dawn aborts it when the instance is collected before them. */
const alive = new Set<GPU>();

/** Puts Dawn's WebGPU where browsers have theirs. Dawn must have been loaded by `openDevice`. */
async function installWebGpu(adapter: string): Promise<void> {
  const dawn = (await import('webgpu')) as Dawn;
  const gpu = dawn.create([`adapter=${adapter}`]);
  alive.add(gpu);
  Object.assign(globalThis, dawn.globals);
  acceptSharedMemory(dawn.globals.GPUQueue.prototype);
  if (!('navigator' in globalThis)) {
    const value = { userAgent: 'Node', hardwareConcurrency: nodeEnvironment().cores };
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value });
  }
  Object.defineProperty(navigator, 'gpu', { configurable: true, value: gpu });
}

/** Browsers let writeBuffer read from shared memory, where onnxruntime-web's WASM has its heap; Dawn in Node wants a copy. */
function acceptSharedMemory(queue: GPUQueue): void {
  const write: unknown = Reflect.get(queue, 'writeBuffer');
  if (typeof write !== 'function') throw new Error('Invariant violation: a GPUQueue has no writeBuffer');
  Object.assign(queue, {
    writeBuffer(this: GPUQueue, buffer: GPUBuffer, offset: number, data: unknown, ...range: number[]) {
      const shared = data instanceof Uint8Array && data.buffer instanceof SharedArrayBuffer;
      Reflect.apply(write, this, [buffer, offset, shared ? Uint8Array.from(data) : data, ...range]);
    },
  });
}
