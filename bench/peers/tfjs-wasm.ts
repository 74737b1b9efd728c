/** TensorFlow.js (npm @tensorflow/tfjs-core with @tensorflow/tfjs-backend-wasm): `matMul`, by XNNPACK. */
import type { OpenContestant } from './contestant';
import { showingProcessors } from './processors';

/** The part of the library that is used here. Its results are there when a call returns. */
interface TfjsWasm {
  readonly core: {
    env(): { set(flag: 'WASM_HAS_MULTITHREAD_SUPPORT', value: boolean): void };
    setBackend(name: 'wasm'): Promise<boolean>;
    tensor2d(values: Float32Array, shape: [rows: number, columns: number]): Tensor;
    matMul(a: Tensor, b: Tensor): Tensor;
    removeBackend(name: 'wasm'): void;
  };
  readonly wasm: {
    setThreadsCount(count: number): void;
    getThreadsCount(): number;
  };
}

interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

export async function openTfjsWasm(library: unknown, threads: number): Promise<OpenContestant> {
  const { core, wasm } = library as TfjsWasm;
  if (threads === 1) core.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // its build without threads
  wasm.setThreadsCount(threads);
  // It starts no more than half as many as there are processors.
  if (!(await showingProcessors(2 * threads, () => core.setBackend('wasm'))))
    throw new Error('its WASM backend did not start');
  const started = wasm.getThreadsCount();
  if (started !== threads) throw new Error(`it starts ${started} of the ${threads} threads here`);
  return {
    prepare({ m, n, k }, aValues, bValues) {
      const a = core.tensor2d(aValues, [m, k]);
      const b = core.tensor2d(bValues, [k, n]);
      let result: Tensor | undefined;
      return Promise.resolve({
        run(count) {
          for (let done = 0; done < count; done++) {
            result?.dispose();
            result = core.matMul(a, b);
          }
          return Promise.resolve();
        },
        read: () => result?.data() ?? Promise.reject(new Error('not run yet')),
        release() {
          for (const tensor of [result, a, b]) tensor?.dispose();
        },
      });
    },
    close() {
      core.removeBackend('wasm');
    },
  };
}
