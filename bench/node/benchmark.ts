/** A benchmark run in Node: opens the adapter or starts the threads of WASM, reads the weights, brings the CPU baseline, and closes. */
import { availableParallelism } from 'node:os';
import { openDevice } from '../../src/host/node';
import { startNodeThread } from '../../src/host/node-thread';
import { allowRelaxedSimd } from '../../src/host/relaxed-simd';
import { fileTunings } from '../../src/host/tunings-file';
import { planMatmul } from '../../src/lower';
import { decodeArray, UserError } from '../../src/numerics';
import { runBaseline } from '../baseline';
import { benchmark, type BenchHost, type BenchRequest } from '../benchmark';
import { selectCases, type CaseFilter } from '../cases';
import { randomOperands } from '../check';
import type { DeviceName } from '../device-names';
import { wasmExecutor, webGpuExecutor } from '../executors';
import type { Report } from '../report';
import { nodeEnvironment } from './environment';
import { loadGpuJs } from './gpu-js';
import { loadWeights, type WeightsRequest } from './weights';

export interface NodeBenchRequest extends BenchRequest {
  readonly weights?: WeightsRequest | undefined;
  /** Part of an adapter's name. */
  readonly adapter?: string | undefined;
  /** WebGPU when left out. */
  readonly device?: DeviceName | undefined;
  /** Of WASM; one for each processor when left out. */
  readonly threads?: number | undefined;
  readonly baseline: boolean;
}

/** Rows of activations that real weights are multiplied by. */
const WEIGHTS_TOKENS = 128;

/** @throws UserError for a request that cannot be met: bad filter, weights file, adapter. */
export async function benchmarkInNode(request: NodeBenchRequest): Promise<Report> {
  const { seed, baseline } = request;
  allowRelaxedSimd();
  const filter = { ...request.filter, weights: await weightsShape(request) };
  selectCases(filter); // a mistake is told before an adapter is opened
  const host = await (request.device === 'wasm' ? wasmHost(request) : webGpuHost(request));
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

type OpenHost = Pick<BenchHost, 'open' | 'facts' | 'lost'> & { readonly close: () => void };

async function webGpuHost({ adapter }: NodeBenchRequest): Promise<OpenHost> {
  try {
    const host = await openDevice(adapter === undefined ? {} : { adapter });
    return { ...host, open: () => webGpuExecutor(host.device, fileTunings()) };
  } catch (error) {
    throw error instanceof UserError && adapter === undefined
      ? new UserError(`${error.message} --device wasm needs no adapter.`)
      : error;
  }
}

async function wasmHost({ threads }: NodeBenchRequest): Promise<OpenHost> {
  const executor = await wasmExecutor(availableParallelism(), { threads, startThread: startNodeThread });
  return { ...executor, open: () => Promise.resolve(executor), lost: new Promise(() => undefined) };
}

/** Real weights as B with random activations as A. */
async function weightsShape({ weights: request, seed }: NodeBenchRequest): Promise<CaseFilter['weights']> {
  if (request === undefined) return undefined;
  const { name, k, n, values } = await loadWeights(request);
  const m = WEIGHTS_TOKENS;
  const drawn = randomOperands(planMatmul({ m, n: 1, k, a: 'float32', b: 'float32' }), seed);
  return { name, m, n, k, given: { a: decodeArray('float32', drawn.a), b: values } };
}
