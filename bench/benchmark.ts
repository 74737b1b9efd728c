/** A benchmark run from request to report: selects cases, opens the adapter, measures its peaks, runs, and closes. */
import { createWasmMatmul } from '../src/execute/wasm';
import { createWebGpuMatmul } from '../src/execute/webgpu';
import { openDevice } from '../src/host/node';
import { decodeArray } from '../src/numerics';
import { planMatmul } from '../src/lower';
import { runBaseline } from './baseline';
import { selectCases, type CaseFilter } from './cases';
import { randomOperands } from './check';
import { environment, SYSTOLE } from './environment';
import type { Report } from './report';
import { runCases, type Progress } from './run';
import { loadWeights, type WeightsRequest } from './weights';

export interface BenchRequest {
  readonly filter: Omit<CaseFilter, 'weights'>;
  readonly weights?: WeightsRequest | undefined;
  readonly adapter?: string | undefined;
  readonly budgetSeconds: number;
  readonly seed: number;
  readonly baseline: boolean;
  /** The command line, for the report. */
  readonly arguments: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Rows of activations that real weights are multiplied by. */
const WEIGHTS_TOKENS = 128;

/** @throws UserError for a request that cannot be met: bad filter, weights file, adapter. */
export async function benchmark(request: BenchRequest): Promise<Report> {
  const { budgetSeconds, seed, signal, onProgress } = request;
  const started = new Date().toISOString();
  const startMs = performance.now();
  const selected = selectCases({ ...request.filter, weights: await weightsShape(request) });
  const reference = await createWasmMatmul();
  const host = await openDevice(request.adapter === undefined ? {} : { adapter: request.adapter });
  try {
    const device = await createWebGpuMatmul(host.device);
    await device.tune(signal);
    const peaks = await device.measurePeaks(signal);
    const tools = { device, reference, lost: host.lost, now: () => performance.now() };
    const [first] = selected.cases;
    const baseline = request.baseline && first !== undefined ? await runBaseline(first, tools, seed) : null;
    const result = await runCases(selected.cases, tools, {
      budgetMs: 1000 * budgetSeconds,
      startMs,
      seed,
      peakGflops: peaks.fmaGflops,
      signal,
      onProgress,
    });
    return {
      systole: SYSTOLE,
      started,
      environment: environment(),
      adapter: host.facts,
      probe: device.probe,
      peaks,
      baseline,
      settings: { budgetSeconds, seed, arguments: request.arguments },
      ...result,
      leftOut: [...selected.leftOut, ...result.leftOut],
    };
  } finally {
    host.close();
  }
}

/** Real weights as B with random activations as A. */
async function weightsShape({ weights: request, seed }: BenchRequest): Promise<CaseFilter['weights']> {
  if (request === undefined) return undefined;
  const { name, k, n, values } = await loadWeights(request);
  const m = WEIGHTS_TOKENS;
  const drawn = randomOperands(planMatmul({ m, n: 1, k, a: 'float32', b: 'float32' }), seed);
  return { name, m, n, k, given: { a: decodeArray('float32', drawn.a), b: values } };
}
