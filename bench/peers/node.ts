/**
 * The comparison in Node. The peers were written for browsers: they find WebGPU at `navigator.gpu`, so Dawn's is put there, with
 * the adapter that was asked for.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openDevice, type AdapterFacts } from '../../src/host/node';
import { UserError } from '../../src/numerics';
import { SYSTOLE } from '../environment';
import { nodeEnvironment } from '../node/environment';
import { lineup, type PeerPackages } from './lineup';
import { peersReport, type PeersReport, type PeersRequest } from './report';
import { comparePeers } from './run';

export interface NodePeersRequest extends PeersRequest {
  /** Part of an adapter's name; the best adapter when left out. */
  readonly adapter?: string | undefined;
}

/** @throws UserError when the peers are not installed, when there is no such adapter, or for a shape that cannot be planned. */
export async function runPeersInNode(request: NodePeersRequest): Promise<PeersReport> {
  const started = new Date().toISOString();
  const folder = peersFolder();
  const facts = await adapterOf(request.adapter);
  const uninstall = await installWebGpu(facts.name);
  try {
    const { packages } = (await import(pathToFileURL(join(folder, 'packages.js')).href)) as {
      packages: PeerPackages;
    };
    const result = await comparePeers(lineup(SYSTOLE.version, packages), request);
    return peersReport(result, { started, environment: nodeEnvironment(), adapter: facts, request });
  } finally {
    uninstall();
  }
}

/**
 * Where the peers are installed: bench/peers of the clone that this file is run from, bundled or not.
 * @throws UserError when they are not.
 */
export function peersFolder(from = dirname(fileURLToPath(import.meta.url))): string {
  let root = from;
  while (!existsSync(join(root, 'bench/peers/packages.js')) && dirname(root) !== root) root = dirname(root);
  const folder = join(root, 'bench/peers');
  if (!existsSync(folder)) {
    throw new UserError(
      'Comparing with the peers needs a clone of the repository: the package does not contain bench/peers.',
    );
  }
  if (!existsSync(join(folder, 'node_modules'))) {
    throw new UserError(`The peers are not installed: run "npm run peers" once (225 MB in bench/peers).`);
  }
  return folder;
}

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

/** Puts Dawn's WebGPU where browsers have theirs; the function it gives takes it away. Dawn must have been loaded by `openDevice`. */
async function installWebGpu(adapter: string): Promise<() => void> {
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
  return () => {
    Reflect.deleteProperty(navigator, 'gpu');
  };
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
