import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gpu, USAGE } from '../../../src/execute/webgpu/gpu';
import { POOL_BYTES } from '../../../src/execute/webgpu/buffers';
import type { Host } from '../../../src/host';
import { ADAPTERS, open } from './devices';

const STORAGE = USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC;
const ADD_ONE = (step: number) => `
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(1) fn main() { words[0] += ${step}u; }`;

describe.each(ADAPTERS)('a device on %s', (name) => {
  let host: Host;
  beforeAll(async () => {
    host = await open(name);
  });
  afterAll(() => {
    host.close();
  });

  const write = (buffer: GPUBuffer, ...words: number[]): void => {
    host.device.queue.writeBuffer(buffer, 0, new Uint32Array(words));
  };

  it('gives a released buffer to the next of its size and usage, as zeros', async () => {
    const gpu = new Gpu(host.device);
    const first = await gpu.createBuffer('first', 16, STORAGE, 'scratch');
    write(first, 1, 2, 3, 4);
    gpu.release(first);
    expect(gpu.live.scratch).toBe(0);
    expect(gpu.pool).toMatchObject({ bytes: 16, hits: 0, misses: 1 });
    const larger = await gpu.createBuffer('larger', 32, STORAGE, 'scratch');
    expect(larger).not.toBe(first);
    const again = await gpu.createBuffer('again', 16, STORAGE, 'operands');
    expect(again).toBe(first);
    expect(again.label).toBe('again');
    expect([...(await gpu.read(again, 0, 16))]).toEqual([0, 0, 0, 0]);
    expect(gpu.live).toMatchObject({ scratch: 32, operands: 16 });
    expect(gpu.peak).toMatchObject({ scratch: 32, operands: 16 });
    gpu.close();
    expect(gpu.pool.bytes).toBe(0);
  });

  it('leaves what a buffer held only to those who do not mind', async () => {
    const gpu = new Gpu(host.device);
    const first = await gpu.createBuffer('first', 16, STORAGE, 'scratch');
    write(first, 1, 2, 3, 4);
    gpu.release(first);
    const again = await gpu.createBuffer('again', 16, STORAGE, 'scratch', 'any');
    expect(again).toBe(first);
    expect([...(await gpu.read(again, 0, 16))]).toEqual([1, 2, 3, 4]);
    gpu.close();
  });

  it('takes no buffer without COPY_DST from the pool, which nobody could clear', async () => {
    const gpu = new Gpu(host.device);
    const first = await gpu.createBuffer('first', 16, USAGE.STORAGE, 'scratch');
    gpu.release(first);
    expect(await gpu.createBuffer('second', 16, USAGE.STORAGE, 'scratch')).not.toBe(first);
    gpu.close();
  });

  it('destroys results, so that whoever held one is told, and keeps none of them', async () => {
    const gpu = new Gpu(host.device);
    const result = await gpu.createBuffer('a result', 16, STORAGE, 'result');
    gpu.release(result);
    expect(gpu.pool.bytes).toBe(0);
    await expect(gpu.read(result, 0, 16)).rejects.toThrow('destroyed');
    gpu.release(result); // a second time does nothing
    expect(gpu.live.result).toBe(0);
    gpu.close();
  });

  it('hands back what was released longest ago where too much is kept', async () => {
    const gpu = new Gpu(host.device);
    const half = POOL_BYTES / 2;
    const made = await Promise.all(
      [0, 1, 2].map((index) => gpu.createBuffer(`buffer ${index}`, half - 16 * index, STORAGE, 'scratch')),
    );
    for (const buffer of made) gpu.release(buffer);
    expect(gpu.pool).toMatchObject({ bytes: 2 * half - 48, peakBytes: 2 * half - 16, handedBack: 1 });
    expect(await gpu.createBuffer('again', half, STORAGE, 'scratch')).not.toBe(made[0]);
    const huge = await gpu.createBuffer('huge', POOL_BYTES + 4, STORAGE, 'scratch');
    gpu.release(huge);
    expect(gpu.pool.handedBack).toBe(1); // it never was in the pool
    gpu.close();
    expect(gpu.pool.bytes).toBe(0);
    expect(Object.values(gpu.live).every((bytes) => bytes === 0)).toBe(true);
  });

  it('compiles a text once, and binds the same buffers once, until one of them is destroyed', async () => {
    const gpu = new Gpu(host.device);
    const [one, same, other] = await Promise.all([
      gpu.createPipeline('one', ADD_ONE(1), [undefined, 'write']),
      gpu.createPipeline('one', ADD_ONE(1), [undefined, 'write']),
      gpu.createPipeline('other', ADD_ONE(2), [undefined, 'write']),
    ]);
    expect(same).toBe(one);
    expect(other.pipeline).not.toBe(one.pipeline);
    expect(other.layout).toBe(one.layout);
    const words = await gpu.createBuffer('words', 16, STORAGE, 'scratch');
    const group = await gpu.bind(one, [undefined, words], 0);
    expect(await gpu.bind(other, [undefined, words], 0)).toBe(group);
    gpu.release(words);
    const again = await gpu.createBuffer('words', 16, STORAGE, 'scratch');
    expect(await gpu.bind(one, [undefined, again], 0)).toBe(group);
    for (const { pipeline } of [one, other]) {
      await gpu.submit('adding', (encoder) => {
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(1);
        pass.end();
      });
    }
    expect((await gpu.read(again, 0, 4))[0]).toBe(3);
    const result = await gpu.createBuffer('words', 16, STORAGE, 'result');
    const short = await gpu.bind(one, [undefined, result], 0);
    gpu.release(result); // destroyed
    const next = await gpu.createBuffer('words', 16, STORAGE, 'result');
    expect(await gpu.bind(one, [undefined, next], 0)).not.toBe(short);
    const theirs = host.device.createBuffer({ size: 16, usage: STORAGE });
    expect(await gpu.bind(one, [undefined, theirs], 0)).not.toBe(await gpu.bind(one, [undefined, theirs], 0));
    gpu.close();
  });

  it('compiles a text again that did not compile, and says why each time', async () => {
    const gpu = new Gpu(host.device);
    const broken = (): Promise<unknown> =>
      gpu.createPipeline('broken', 'fn main() { nothing(); }', ['write']);
    await expect(broken()).rejects.toThrow('"broken" does not compile');
    await expect(broken()).rejects.toThrow('"broken" does not compile');
    gpu.close();
  });

  it('reads chunk by chunk, in order, and the last one short', async () => {
    const gpu = new Gpu(host.device);
    const buffer = await gpu.createBuffer('words', 64, STORAGE, 'scratch');
    write(buffer, ...Array.from({ length: 16 }, (_, index) => index));
    const chunks: number[][] = [];
    for await (const words of gpu.readChunks(buffer, 8, 52, 20)) chunks.push([...words]);
    expect(chunks).toEqual([
      [2, 3, 4, 5, 6],
      [7, 8, 9, 10, 11],
      [12, 13, 14],
    ]);
    expect(gpu.live.staging).toBe(0);
    for await (const words of gpu.readChunks(buffer, 0, 0, 20)) chunks.push([...words]);
    expect(chunks).toHaveLength(3);
    for await (const words of gpu.readChunks(buffer, 0, 64, 4)) {
      expect(words).toHaveLength(1);
      break;
    }
    await gpu.submit('nothing', () => undefined);
    gpu.close();
    expect(gpu.live.staging).toBe(0);
  });

  it('gives back what is kept where the adapter has no room, and tries again', async () => {
    const gpu = new Gpu(host.device);
    gpu.release(await gpu.createBuffer('kept', 64, STORAGE, 'scratch'));
    let isFull = (): boolean => gpu.pool.bytes > 0;
    let popped = 0;
    const full = new Proxy(host.device, {
      get(device, name) {
        const value: unknown = Reflect.get(device, name, device);
        if (name === 'popErrorScope')
          return async () => {
            const isMemorys = popped++ % 2 === 1; // that of validation ends first
            await device.popErrorScope();
            return isMemorys && isFull() ? { message: 'no room' } : null;
          };
        return typeof value === 'function' ? (value.bind(device) as unknown) : value;
      },
    });
    Object.defineProperty(gpu, 'device', { value: full });
    const buffer = await gpu.createBuffer('wanted', 32, STORAGE, 'scratch');
    expect(buffer.size).toBe(32);
    expect(gpu.pool).toMatchObject({ bytes: 0, handedBack: 1 });
    isFull = () => true;
    await expect(gpu.createBuffer('wanted', 16, STORAGE, 'scratch')).rejects.toThrow('out of memory');
    gpu.close();
  });
});
