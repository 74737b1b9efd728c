/** A benchmark run in Node: opens the adapter, reads the weights, brings the CPU baseline, and closes. */
import { openDevice } from '../../src/host/node';
import { allowRelaxedSimd } from '../../src/host/relaxed-simd';
import { planMatmul } from '../../src/lower';
import { decodeArray } from '../../src/numerics';
import { runBaseline } from '../baseline';
import { benchmark, type BenchRequest } from '../benchmark';
import { selectCases, type CaseFilter } from '../cases';
import { randomOperands } from '../check';
import type { Report } from '../report';
import { nodeEnvironment } from './environment';
import { loadGpuJs } from './gpu-js';
import { loadWeights, type WeightsRequest } from './weights';

export interface NodeBenchRequest extends BenchRequest {
  readonly weights?: WeightsRequest | undefined;
  /** Part of an adapter's name. */
  readonly adapter?: string | undefined;
  readonly baseline: boolean;
}

/** Rows of activations that real weights are multiplied by. */
const WEIGHTS_TOKENS = 128;

/** @throws UserError for a request that cannot be met: bad filter, weights file, adapter. */
export async function benchmarkInNode(request: NodeBenchRequest): Promise<Report> {
  const { adapter, seed, baseline } = request;
  allowRelaxedSimd();
  const filter = { ...request.filter, weights: await weightsShape(request) };
  selectCases(filter); // a mistake is told before an adapter is opened
  const host = await openDevice(adapter === undefined ? {} : { adapter });
  try {
    return await benchmark(
      { ...request, filter },
      {
        ...host,
        environment: nodeEnvironment(),
        ...(baseline && { baseline: (first, tools) => runBaseline(loadGpuJs(), first, tools, seed) }),
      },
    );
  } finally {
    host.close();
  }
}

/** Real weights as B with random activations as A. */
async function weightsShape({ weights: request, seed }: NodeBenchRequest): Promise<CaseFilter['weights']> {
  if (request === undefined) return undefined;
  const { name, k, n, values } = await loadWeights(request);
  const m = WEIGHTS_TOKENS;
  const drawn = randomOperands(planMatmul({ m, n: 1, k, a: 'float32', b: 'float32' }), seed);
  return { name, m, n, k, given: { a: decodeArray('float32', drawn.a), b: values } };
}
