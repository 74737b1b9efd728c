/** ONNX Runtime Web (npm onnxruntime-web, its WebGPU build): a model of one MatMul between buffers of the adapter. */
import type { OpenContestant, Shape } from './contestant';
import { matmulModel } from './onnx';

/** The part of the library that is used here. */
interface Ort {
  readonly env: {
    logLevel: 'error';
    readonly wasm: { numThreads: number; wasmPaths?: string };
    readonly webgpu: { readonly device: GPUDevice | Promise<GPUDevice> };
  };
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: ['webgpu']; preferredOutputLocation: 'gpu-buffer' },
    ): Promise<Session>;
  };
  readonly Tensor: {
    fromGpuBuffer(buffer: GPUBuffer, options: { dataType: 'float32'; dims: readonly number[] }): Tensor;
  };
}

interface Session {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

interface Tensor {
  getData(): Promise<Float32Array>;
  dispose(): void;
}

export async function openOnnxRuntimeWeb(library: unknown): Promise<OpenContestant> {
  const ort = library as Ort;
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = 1; // all that is left to the CPU is to submit
  const session = await ort.InferenceSession.create(matmulModel(), {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
  });
  const device = await ort.env.webgpu.device;
  return {
    prepare({ m, n, k }: Shape, aValues, bValues) {
      const buffers = [upload(device, aValues), upload(device, bValues)] as const;
      const a = ort.Tensor.fromGpuBuffer(buffers[0], { dataType: 'float32', dims: [m, k] });
      const b = ort.Tensor.fromGpuBuffer(buffers[1], { dataType: 'float32', dims: [k, n] });
      let result: Tensor | undefined;
      return Promise.resolve({
        async run(count) {
          for (let done = 0; done < count; done++) {
            result?.dispose();
            result = (await session.run({ a, b }))['c'];
          }
          await device.queue.onSubmittedWorkDone();
        },
        read: () => result?.getData() ?? Promise.reject(new Error('not run yet')),
        release() {
          result?.dispose();
          for (const buffer of buffers) buffer.destroy();
        },
      });
    },
    close() {
      void session.release();
    },
  };
}

function upload(device: GPUDevice, values: Float32Array): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: values.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
  return buffer;
}
