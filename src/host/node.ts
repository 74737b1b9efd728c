/**
 * A WebGPU device in Node, from the `webgpu` package (Dawn). Adapters are those of the system's drivers and, on Linux
 * x64, the embedded software adapter; a real GPU is preferred. The object that Dawn's `create` returns must stay alive as
 * long as a device of it, or Dawn aborts the process; and while it is alive, Node does not exit.
 */
import { UserError } from '../numerics';
import { requestDevice } from './device';
import { registerEmbeddedDriver, unpackEmbeddedDriver } from './embedded';
import { adapterFacts, type AdapterFacts } from './facts';

export type { AdapterFacts } from './facts';

export interface Host {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
  readonly facts: AdapterFacts;
  readonly lost: Promise<GPUDeviceLostInfo>;
  /** Destroys the device and lets Node exit. */
  close(): void;
}

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
  const { dawn, embedded } = await loadDawn();
  const names = await adapterNames(dawn);
  const wanted = options.adapter;
  const name =
    wanted === undefined
      ? undefined
      : names.find((each) => each.toLowerCase().includes(wanted.toLowerCase()));
  if (wanted !== undefined && name === undefined) {
    throw new UserError(
      `No adapter is named like "${wanted}". Found: ${names.join(', ') || 'none'}. Embedded: ${embedded}.`,
    );
  }
  const gpu = dawn.create(name === undefined ? [] : [`adapter=${name}`]);
  const adapter =
    names.length === 0 ? null : await gpu.requestAdapter({ powerPreference: 'high-performance' });
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
  const { dawn } = await loadDawn();
  const names = await adapterNames(dawn);
  if (names.length === 0) return [];
  const best = await dawn.create([]).requestAdapter({ powerPreference: 'high-performance' });
  const found: AdapterFacts[] = [];
  for (const name of names) {
    const adapter = await dawn.create([`adapter=${name}`]).requestAdapter();
    if (adapter === null) continue;
    if (best?.info.device === adapter.info.device) {
      found.unshift(named(adapter, names, reasonFor(adapter, names, undefined)));
    } else {
      found.push(named(adapter, names, 'not taken by default'));
    }
  }
  return found;
}

let loading: Promise<{ dawn: Dawn; embedded: string }> | undefined;

function loadDawn(): Promise<{ dawn: Dawn; embedded: string }> {
  loading ??= (async () => {
    const driver = await unpackEmbeddedDriver();
    if ('folder' in driver) registerEmbeddedDriver(driver.folder);
    const embedded = 'folder' in driver ? 'SwiftShader, from @sparticuz/chromium' : driver.missing;
    return { dawn: await importDawn(), embedded };
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

function noAdapter(embedded: string): string {
  return `No WebGPU adapter: the system's Vulkan drivers offer none, and the embedded software adapter is not there either (${embedded}). Install a Vulkan driver, or run "npm install @sparticuz/chromium" on Linux x64.`;
}
