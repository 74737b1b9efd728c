/**
 * gpu.js: the textbook kernel of one output for each thread, which is all that the library knows of matrices, in whichever
 * of its GPU modes is the fastest here. Kernels are text, because gpu.js parses their source.
 */
import type { ContestantProduct, OpenContestant, Shape } from './contestant';

/** The part of the library that is used here. */
interface GpuJs {
  readonly GPU: new (settings: { mode: Mode }) => Gpu;
  readonly input: (values: Float32Array, size: Size) => unknown;
}

interface Gpu {
  createKernel(source: string, settings: KernelSettings): Kernel;
  destroy(): Promise<void>;
}

type Size = readonly [columns: number, rows: number];

interface KernelSettings {
  readonly output: readonly number[];
  readonly precision: 'single';
  readonly constants?: { readonly k: number };
  /** Results stay on the adapter. */
  readonly pipeline?: true;
}

interface Kernel {
  (...operands: readonly unknown[]): Result | Promise<Result>;
  destroy(): void;
}

interface Result {
  toArray(): readonly Float32Array[] | Promise<readonly Float32Array[]>;
}

/** Of its modes, those that run on an adapter. WebGL ones exist in browsers only. */
const MODES = ['webgpu', 'webgl2', 'webgl'] as const;
type Mode = (typeof MODES)[number];

const COPY = 'function (values) { return values[this.thread.y][this.thread.x]; }';

const MULTIPLY = `function (a, b) {
  let sum = 0;
  for (let i = 0; i < this.constants.k; i++) sum += a[this.thread.y][i] * b[i][this.thread.x];
  return sum;
}`;

/** Reading one element is how a mode without a queue of its own is waited for. */
const FIRST = 'function (values) { return values[0][0]; }';

/** What the modes are compared on. */
const TRIAL: Shape = { m: 256, n: 256, k: 256 };

export async function openGpuJs(library: unknown): Promise<OpenContestant> {
  const js = library as GpuJs;
  const failures: string[] = [];
  const trials: { mode: Mode; gpu: Gpu; ms: number }[] = [];
  for (const mode of MODES) {
    try {
      const gpu = new js.GPU({ mode });
      trials.push({ mode, gpu, ms: await trial(js, gpu) });
    } catch (error) {
      failures.push(`${mode}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [best, ...others] = trials.sort((left, right) => left.ms - right.ms);
  if (best === undefined) throw new Error(failures.join('; '));
  for (const { gpu } of others) await gpu.destroy();
  return {
    variant: best.mode,
    prepare: (shape, a, b) => prepare(js, best.gpu, shape, a, b),
    close() {
      void best.gpu.destroy();
    },
  };
}

/** Milliseconds of the quickest of three runs after the first. */
async function trial(js: GpuJs, gpu: Gpu): Promise<number> {
  const { m, n, k } = TRIAL;
  const product = await prepare(
    js,
    gpu,
    TRIAL,
    new Float32Array(m * k).fill(1),
    new Float32Array(k * n).fill(1),
  );
  try {
    await product.run(1);
    let least = Infinity;
    for (let done = 0; done < 3; done++) {
      const start = performance.now();
      await product.run(1);
      least = Math.min(least, performance.now() - start);
    }
    return least;
  } finally {
    product.release();
  }
}

async function prepare(
  { input }: GpuJs,
  gpu: Gpu,
  { m, n, k }: Shape,
  aValues: Float32Array,
  bValues: Float32Array,
): Promise<ContestantProduct> {
  const kernels: Kernel[] = [];
  const create = (source: string, settings: Omit<KernelSettings, 'precision'>): Kernel => {
    const kernel = gpu.createKernel(source, { ...settings, precision: 'single' });
    kernels.push(kernel);
    return kernel;
  };
  // What a kernel gave stays on the adapter: a copy is how an operand gets there once, not at every run.
  const upload = (values: Float32Array, ...size: Size) =>
    create(COPY, { output: size, pipeline: true })(input(values, size));
  const a = await upload(aValues, k, m);
  const b = await upload(bValues, n, k);
  const multiply = create(MULTIPLY, { output: [n, m], constants: { k }, pipeline: true });
  const first = create(FIRST, { output: [1] });
  let result: Result | undefined;
  return {
    async run(count) {
      for (let done = 0; done < count; done++) result = await multiply(a, b);
      await first(result);
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
}
