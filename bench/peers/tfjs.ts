/** TensorFlow.js (npm @tensorflow/tfjs-core with @tensorflow/tfjs-backend-webgpu): `matMul`, its backend choosing the kernel. */
import type { OpenContestant } from './contestant';

/** The part of the library that is used here. */
interface Tfjs {
  setBackend(name: 'webgpu'): Promise<boolean>;
  backend(): TfjsWebGpuBackend;
  tensor2d(values: Float32Array, shape: [rows: number, columns: number]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  removeBackend(name: 'webgpu'): void;
}

/** The part of its WebGPU backend by which it is waited for. */
export interface TfjsWebGpuBackend {
  readonly queue: GPUQueue;
  /** Kernels are recorded and submitted some fifteen at a time; these two submit what is left, if anything is. */
  readonly commandEncoder: unknown;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

export async function finished(backend: TfjsWebGpuBackend): Promise<void> {
  if (backend.commandEncoder !== null) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.queue.onSubmittedWorkDone();
}

interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

export async function openTfjs(library: unknown): Promise<OpenContestant> {
  const tf = library as Tfjs;
  if (!(await tf.setBackend('webgpu'))) throw new Error('its WebGPU backend did not start');
  const backend = tf.backend();
  return {
    prepare({ m, n, k }, aValues, bValues) {
      const a = tf.tensor2d(aValues, [m, k]);
      const b = tf.tensor2d(bValues, [k, n]);
      let result: Tensor | undefined;
      return Promise.resolve({
        async run(count) {
          for (let done = 0; done < count; done++) {
            result?.dispose(); // its buffer is taken again once its kernel was submitted
            result = tf.matMul(a, b);
          }
          await finished(backend);
        },
        read: () => result?.data() ?? Promise.reject(new Error('not run yet')),
        release() {
          for (const tensor of [result, a, b]) tensor?.dispose();
        },
      });
    },
    close() {
      tf.removeBackend('webgpu');
    },
  };
}
