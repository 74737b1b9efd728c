/** ONNX Runtime Web (npm onnxruntime-web, its WASM build): a model of one MatMul. Operands are copied into its memory by every run, as its interface has it. */
import type { OpenContestant } from './contestant';
import { matmulModel } from './onnx';

/** The part of the library that is used here. */
interface Ort {
  readonly env: { logLevel: 'error'; readonly wasm: { numThreads: number } };
  readonly InferenceSession: {
    create(model: Uint8Array, options: { executionProviders: ['wasm'] }): Promise<Session>;
  };
  readonly Tensor: new (type: 'float32', values: Float32Array, dims: readonly number[]) => Tensor;
}

interface Session {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

interface Tensor {
  getData(): Promise<Float32Array>;
  dispose(): void;
}

export async function openOnnxRuntimeWasm(library: unknown, threads: number): Promise<OpenContestant> {
  const ort = library as Ort;
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(matmulModel(), { executionProviders: ['wasm'] });
  // It falls back to one thread without a word.
  if (ort.env.wasm.numThreads !== threads) throw new Error(`it starts ${ort.env.wasm.numThreads} of the ${threads} threads here`); // prettier-ignore
  return {
    prepare({ m, n, k }, aValues, bValues) {
      const a = new ort.Tensor('float32', Float32Array.from(aValues), [m, k]);
      const b = new ort.Tensor('float32', Float32Array.from(bValues), [k, n]);
      let result: Tensor | undefined;
      return Promise.resolve({
        async run(count) {
          for (let done = 0; done < count; done++) {
            result?.dispose();
            result = (await session.run({ a, b }))['c'];
          }
        },
        read: () => result?.getData() ?? Promise.reject(new Error('not run yet')),
        release() {
          for (const tensor of [result, a, b]) tensor?.dispose();
        },
      });
    },
    close() {
      void session.release();
    },
  };
}
