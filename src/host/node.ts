/**
 * A WebGPU device in Node, from the `webgpu` package (Dawn). Adapters are those of the system's drivers and, on Linux
 * x64, the embedded software adapter; a real GPU is preferred. The object that Dawn's `create` returns must stay alive as
 * long as a device of it, or Dawn aborts the process; and while it is alive, Node does not exit.
 */
import { isMainThread } from 'node:worker_threads';
import { UserError } from '../numerics';
import { requestDevice } from './device';
import { registerEmbeddedDriver, unpackEmbeddedDriver, type Unpacked } from './embedded';
import { adapterFacts, type AdapterFacts } from './facts';
import type { Host } from './types';

export type { AdapterFacts } from './facts';
export type { Host } from './types';

export interface HostOptions {
  /** Part of an adapter's name, as `systole devices` lists them; the best one when left out. */
  readonly adapter?: string;
}

interface Dawn {
  create(flags: string[]): GPU;
}

/** Instances of Dawn in use: see the head of this file. */
const alive = new Set<GPU>();

/** @throws UserError when there is no adapter, or none of the wanted name: it lists what was tried and found. */
export async function openDevice(options: HostOptions = {}): Promise<Host> {
  const { dawn, embedded, names } = await loadDawn();
  const wanted = options.adapter;
  const name =
    wanted === undefined
      ? undefined
      : names.find((each) => each.toLowerCase().includes(wanted.toLowerCase()));
  if (wanted !== undefined && name === undefined) {
    throw new UserError(
      `No adapter is named like "${wanted}". Found: ${names.join(', ') || 'none'}.${names.length === 0 ? ` ${noAdapter(embedded)}` : ''}`,
    );
  }
  const gpu = dawn.create(name === undefined ? [] : [`adapter=${name}`]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new UserError(noAdapter(embedded));
  const facts = named(adapter, names, reasonFor(adapter, names, wanted));
  const device = await requestDevice(adapter);
  alive.add(gpu);
  return {
    adapter,
    device,
    facts,
    lost: device.lost,
    close() {
      device.destroy();
      alive.delete(gpu);
    },
  };
}

/** Every adapter of this machine; the one that `openDevice` takes by default comes first. */
export async function listAdapters(): Promise<AdapterFacts[]> {
  const { dawn, names } = await loadDawn();
  const best = await dawn.create([]).requestAdapter({ powerPreference: 'high-performance' });
  if (best === null) return [];
  const first = named(best, names, reasonFor(best, names, undefined));
  const others: AdapterFacts[] = [];
  for (const name of names.filter((each) => each !== first.name)) {
    const adapter = await dawn.create([`adapter=${name}`]).requestAdapter();
    if (adapter !== null) others.push(named(adapter, names, 'not taken by default'));
  }
  return [first, ...others];
}

interface Loaded {
  readonly dawn: Dawn;
  readonly embedded: Unpacked;
  /** Asked for once: drivers print their warnings anew whenever an instance of Dawn looks for adapters. */
  readonly names: readonly string[];
}

let loading: Promise<Loaded> | undefined;

function loadDawn(): Promise<Loaded> {
  loading ??= (async () => {
    const embedded = await unpackEmbeddedDriver();
    if ('folder' in embedded) registerEmbeddedDriver(embedded.folder);
    const dawn = await importDawn();
    return { dawn, embedded, names: await adapterNames(dawn) };
  })();
  return loading;
}

async function importDawn(): Promise<Dawn> {
  try {
    return await import('webgpu');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `WebGPU in Node needs the package "webgpu": npm install webgpu @sparticuz/chromium (${reason})`,
    );
  }
}

/** Dawn lists its adapters only in the message with which it refuses an unknown one. */
async function adapterNames(dawn: Dawn): Promise<string[]> {
  try {
    await dawn.create(['adapter=none of them']).requestAdapter();
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [...message.matchAll(/backend: '[^']*', name: '([^']*)'/g)].flatMap((match) => match[1] ?? []);
  }
}

/** Facts under the name by which Dawn selects the adapter; WebGPU's own fields have it with every mark made a hyphen. */
function named(adapter: GPUAdapter, names: readonly string[], reason: string): AdapterFacts {
  const facts = adapterFacts(adapter, reason);
  const name = names.find((each) => each.toLowerCase().replace(/[^a-z0-9]+/g, '-') === adapter.info.device);
  return { ...facts, name: name ?? facts.name };
}

function reasonFor(adapter: GPUAdapter, names: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined) return `asked for by name ("${wanted}")`;
  if (!adapter.info.isFallbackAdapter)
    return names.length > 1 ? 'a real GPU is preferred to a software adapter' : 'the only adapter';
  const others = names.length > 1 ? `, first in Dawn's order of ${names.length} software adapters` : '';
  return `no real GPU was found: software adapter${others}`;
}

const HIDES_DRIVERS = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_LOADER_DRIVERS_DISABLE'];

function noAdapter(embedded: Unpacked): string {
  if ('missing' in embedded) {
    return `No WebGPU adapter: the system's Vulkan drivers offer none, and ${embedded.missing}. Install a Vulkan driver, or run "npm install @sparticuz/chromium" on Linux x64.`;
  }
  const set = HIDES_DRIVERS.filter((name) => process.env[name] !== undefined);
  if (set.length > 0) {
    return `No WebGPU adapter: ${set.join(' and ')} keeps every Vulkan driver out, the embedded software adapter too. Unset it, or name a driver that works.`;
  }
  return isMainThread
    ? 'No WebGPU adapter: the Vulkan loader took no driver, not even the embedded software adapter. VK_LOADER_DEBUG=all shows why.'
    : 'No WebGPU adapter: a worker thread cannot show the embedded software adapter to the Vulkan loader. Open a device on the main thread first.';
}
