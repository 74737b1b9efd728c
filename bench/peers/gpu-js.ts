/**
 * gpu.js: the textbook kernel of one output for each thread, which is all that the library knows of matrices, in its mode
 * `webgpu`, the fastest of its modes (docs/peers.md). Kernels are text, because gpu.js parses their source.
 */
import type { OpenContestant } from './contestant';

/** The part of the library that is used here. */
interface GpuJs {
  readonly GPU: new (settings: { mode: 'webgpu' }) => {
    createKernel(source: string, settings: KernelSettings): Kernel;
    destroy(): Promise<void>;
  };
  readonly input: (values: Float32Array, size: readonly [columns: number, rows: number]) => unknown;
}

interface KernelSettings {
  readonly output: readonly [columns: number, rows: number];
  readonly constants?: { readonly k: number };
  /** Results stay on the adapter. */
  readonly pipeline: true;
}

interface Kernel {
  (...operands: readonly unknown[]): Promise<Handle>;
  destroy(): void;
}

interface Handle {
  readonly context: { readonly device: GPUDevice };
  toArray(): Promise<readonly Float32Array[]>;
}

const COPY = 'function (values) { return values[this.thread.y][this.thread.x]; }';

const MULTIPLY = `function (a, b) {
  let sum = 0;
  for (let i = 0; i < this.constants.k; i++) sum += a[this.thread.y][i] * b[i][this.thread.x];
  return sum;
}`;

export function openGpuJs(library: unknown): Promise<OpenContestant> {
  const { GPU, input } = library as GpuJs;
  const gpu = new GPU({ mode: 'webgpu' });
  return Promise.resolve({
    async prepare({ m, n, k }, aValues, bValues) {
      const kernels: Kernel[] = [];
      const create = (source: string, settings: Omit<KernelSettings, 'pipeline'>): Kernel => {
        const kernel = gpu.createKernel(source, { ...settings, pipeline: true });
        kernels.push(kernel);
        return kernel;
      };
      // What a kernel gave stays on the adapter: a copy is how an operand gets there once, not at every run.
      const upload = (values: Float32Array, columns: number, rows: number): Promise<Handle> =>
        create(COPY, { output: [columns, rows] })(input(values, [columns, rows]));
      const a = await upload(aValues, k, m);
      const b = await upload(bValues, n, k);
      const multiply = create(MULTIPLY, { output: [n, m], constants: { k } });
      let result: Handle | undefined;
      return {
        async run(count) {
          for (let done = 0; done < count; done++) result = await multiply(a, b);
          await result?.context.device.queue.onSubmittedWorkDone();
        },
        async read() {
          const rows = (await result?.toArray()) ?? [];
          const values = new Float32Array(m * n);
          rows.forEach((row, index) => {
            values.set(row, index * n);
          });
          return values;
        },
        release() {
          for (const kernel of kernels) kernel.destroy();
        },
      };
    },
    close() {
      void gpu.destroy();
    },
  });
}
