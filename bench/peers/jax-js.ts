/** jax-js (npm @jax-js/jax): `numpy.matmul` under `jit`, its tuner choosing the kernel. */
import type { OpenContestant } from './contestant';

/** The part of the library that is used here. Arrays are consumed by what they are given to, unless `ref` is. */
interface JaxJs {
  readonly numpy: {
    array(values: Float32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
  init(device: Device): Promise<readonly string[]>;
  defaultDevice(device: Device): unknown;
  jit(compute: (a: JaxArray, b: JaxArray) => JaxArray): (a: JaxArray, b: JaxArray) => JaxArray;
  blockUntilReady(arrays: readonly JaxArray[]): Promise<unknown>;
}

type Device = 'webgpu' | 'wasm';

interface JaxArray {
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** Arrays are lazy, so results wait for each other, up to so many, instead of being dropped. */
const RESULTS_AT_ONCE = 4;

export const openJaxJs = (library: unknown): Promise<OpenContestant> => open(library, 'webgpu');

/** Its threads are workers of the page, as many as the processors that it is shown while it loads (processors.ts). */
export async function openJaxJsWasm(library: unknown, threads: number): Promise<OpenContestant> {
  if (threads > 1 && typeof Worker === 'undefined') throw new Error('it starts no threads in Node');
  return open(library, 'wasm');
}

async function open(library: unknown, device: Device): Promise<OpenContestant> {
  const jax = library as JaxJs;
  const devices = await jax.init(device);
  if (!devices.includes(device))
    throw new Error(`it found no ${device === 'webgpu' ? 'WebGPU adapter' : 'WASM'}`);
  jax.defaultDevice(device);
  const multiply = jax.jit((a, b) => jax.numpy.matmul(a, b));
  return {
    async prepare({ m, n, k }, aValues, bValues) {
      const a = jax.numpy.array(aValues).reshape([m, k]);
      const b = jax.numpy.array(bValues).reshape([k, n]);
      await jax.blockUntilReady([a, b]);
      let results: JaxArray[] = [];
      const drop = (): void => {
        for (const result of results) result.dispose();
        results = [];
      };
      return {
        async run(count) {
          for (let left = count; left > 0; left -= RESULTS_AT_ONCE) {
            drop();
            results = Array.from({ length: Math.min(left, RESULTS_AT_ONCE) }, () => multiply(a.ref, b.ref));
            await jax.blockUntilReady(results);
          }
        },
        read: () => results.slice(-1)[0]?.ref.data() ?? Promise.reject(new Error('not run yet')),
        release() {
          for (const array of [...results, a, b]) array.dispose();
        },
      };
    },
    close: () => undefined, // its device is the library's own, for as long as the page or the process lives
  };
}
