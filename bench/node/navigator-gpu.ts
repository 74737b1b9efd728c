/** Dawn's WebGPU where browsers have theirs: the peers were written for browsers, and find it at `navigator.gpu`. */
import { openDevice, type AdapterFacts } from '../../src/host/node';
import { nodeEnvironment } from './environment';

/** Puts the adapter of that name there, or the best, and gives its facts. */
export async function openAdapter(name: string | undefined): Promise<AdapterFacts> {
  const facts = await adapterOf(name);
  await installWebGpu(facts.name);
  return facts;
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

/** Iterators have these two in every browser of today and from Node 22 on; jax-js's einsum asks for them. */
export function giveIteratorsHelpers(): void {
  const prototype: unknown = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  if (typeof prototype !== 'object' || prototype === null || 'map' in prototype) return;
  const helpers = {
    *map<T, R>(this: Iterable<T>, fn: (each: T, index: number) => R): Generator<R> {
      let index = 0;
      for (const each of this) yield fn(each, index++);
    },
    *filter<T>(this: Iterable<T>, fn: (each: T, index: number) => unknown): Generator<T> {
      let index = 0;
      for (const each of this) if (Boolean(fn(each, index++))) yield each;
    },
  };
  for (const [name, value] of Object.entries(helpers))
    Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
}
