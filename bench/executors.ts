/** What multiplies in a benchmark, WebGPU or WASM, and the checker on the CPU that its results are held to. */
import { referenceMatmul } from '../src/execute/reference';
import { createWasmMatmul, MOST_THREADS, type WasmMatmul, type WasmOptions } from '../src/execute/wasm';
import {
  createWebGpuMatmul,
  keptOrFound,
  type Peaks,
  type ProbeReport,
  type TuningStore,
} from '../src/execute/webgpu';
import type { AdapterFacts } from '../src/host';
import type { CheckBudgets } from './check';
import type { BenchTools, MatmulDevice } from './tools';

export interface BenchExecutor extends Pick<BenchTools, 'reference'> {
  readonly device: MatmulDevice & {
    /** Where it is an adapter, whose arithmetic is to be found out. */
    readonly probe?: ProbeReport;
    readonly measurePeaks: (signal?: AbortSignal) => Promise<Peaks>;
  };
  /** Where there is a choice of kernels: takes the fastest, kept or measured. */
  readonly tune?: (signal: AbortSignal) => Promise<void>;
  /** What the checker may recompute; the usual when left out. */
  readonly checks?: CheckBudgets;
}

/** Checked by WASM. Kernels are those that `store` keeps for this adapter, or are measured, and kept. */
export async function webGpuExecutor(gpu: GPUDevice, store: TuningStore): Promise<BenchExecutor> {
  const note = (line: string): void => {
    console.warn(line);
  };
  const [device, reference] = await Promise.all([
    createWebGpuMatmul(gpu, { onNote: note }),
    createWasmMatmul(),
  ]);
  return {
    device,
    reference,
    async tune(signal) {
      await keptOrFound(device, store, note, () => device.tune(signal));
    },
  };
}

export interface WasmBench extends BenchExecutor {
  /** In the place of an adapter's. */
  readonly facts: AdapterFacts;
  readonly close: () => void;
}

/**
 * Checked by the reference loop, which shares no code with it, and recomputes less for being slower. One thread for each processor, as far as
 * there may be so many, unless `threads` says otherwise.
 */
export async function wasmExecutor(
  processors: number,
  { threads = Math.min(processors, MOST_THREADS), ...options }: WasmOptions = {},
): Promise<WasmBench> {
  const matmul = await createWasmMatmul({ ...options, threads });
  return {
    device: {
      subnormals: matmul.subnormals,
      prepare: (plan, operands, { signal } = {}) => matmul.prepare(plan, operands, { signal }),
      measurePeaks: async (signal) => ofAllThreads(await matmul.measurePeaks(signal), matmul.threads),
    },
    reference: referenceMatmul,
    checks: { integer: 2 ** 27, random: 2 ** 26 },
    facts: factsOf(matmul),
    close: () => {
      matmul.release();
    },
  };
}

/** Multiply-adds are measured on one thread. */
const ofAllThreads = (peaks: Peaks, threads: number): Peaks =>
  threads === 1
    ? peaks
    : {
        ...peaks,
        fmaGflops: threads * peaks.fmaGflops,
        bestFma: `${threads} times that of one thread, ${peaks.bestFma}`,
      };

function factsOf({ threads, fuses, limited = 'no adapter was asked for' }: WasmMatmul): AdapterFacts {
  return {
    name: threads === 1 ? 'WASM, one thread' : `WASM, ${threads} threads`,
    vendor: '',
    architecture: fuses ? 'relaxed SIMD' : 'SIMD',
    kind: 'software',
    reason: limited,
    features: [],
    limits: {},
  };
}
