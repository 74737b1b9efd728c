/**
 * What the adapter reaches in micro-benchmarks: the best of a fixed sweep of multiply-add loops and of reads. Shares of peak
 * in reports are shares of these, measured in the same run on the same adapter.
 */
import bandwidth from '../../../shaders/peak_bandwidth.wgsl';
import fma from '../../../shaders/peak_fma.wgsl';
import { USAGE, type Gpu, type Pipeline } from './gpu';
import { render } from './template';

export interface Peaks {
  /** Products and sums in float32, 10^9 a second, two for each multiply-add. */
  readonly fmaGflops: number;
  /** Bytes read, 10^9 a second. */
  readonly readGigabytes: number;
  /** Which of the sweep was best. */
  readonly bestFma: string;
  readonly bestRead: string;
}

const LANES = 64;
const WORKGROUPS = 256;
const UNROLL = 4;
/** Each point of the sweep grows until a run takes this long, well past the clock's quantum, and what is noticed late. */
const LONG_ENOUGH_MS = 60;
const NOTICES = 5;
const READ_BYTES = 2 ** 26;

const FMA_SWEEP = [
  { type: 'f32', width: 1, chains: 4, total: 'all' },
  { type: 'f32', width: 1, chains: 8, total: 'all' },
  { type: 'vec4<f32>', width: 4, chains: 2, total: 'all.x + all.y + all.z + all.w' },
  { type: 'vec4<f32>', width: 4, chains: 4, total: 'all.x + all.y + all.z + all.w' },
  { type: 'vec4<f32>', width: 4, chains: 8, total: 'all.x + all.y + all.z + all.w' },
] as const;

const READ_SWEEP = [
  { type: 'u32', bytes: 4, total: 'sum' },
  { type: 'vec4<u32>', bytes: 16, total: 'sum.x ^ sum.y ^ sum.z ^ sum.w' },
] as const;

export async function measurePeaks(gpu: Gpu, signal?: AbortSignal): Promise<Peaks> {
  const result = await gpu.createBuffer(
    'micro-benchmark sums',
    LANES * WORKGROUPS * 4,
    USAGE.STORAGE,
    'scratch',
  );
  const settings = await gpu.createBuffer(
    'micro-benchmark settings',
    256,
    USAGE.UNIFORM | USAGE.COPY_DST,
    'scratch',
  );
  const bytes = Math.min(READ_BYTES, gpu.maxStorageBytes);
  const source = await gpu.createBuffer('micro-benchmark source', bytes, USAGE.STORAGE, 'scratch');
  try {
    let peaks: Peaks = { fmaGflops: 0, readGigabytes: 0, bestFma: 'none', bestRead: 'none' };
    for (const { type, width, chains, total } of FMA_SWEEP) {
      signal?.throwIfAborted();
      const wgsl = render(fma, { LANES_X: LANES, TYPE: type, CHAINS: chains, UNROLL, TOTAL: total });
      const pipeline = await gpu.createPipeline(`peak of ${type}`, wgsl, ['uniform', 'write']);
      const perSecond = await fastest(gpu, pipeline, [settings, result], settings, 64, Infinity);
      const gflops = (perSecond * UNROLL * chains * width * 2 * LANES * WORKGROUPS) / 1e9;
      if (gflops > peaks.fmaGflops)
        peaks = { ...peaks, fmaGflops: gflops, bestFma: `${chains} chains of ${type}` };
    }
    for (const { type, bytes: each, total } of READ_SWEEP) {
      signal?.throwIfAborted();
      const wgsl = render(bandwidth, { LANES_X: LANES, TYPE: type, TOTAL: total });
      const pipeline = await gpu.createPipeline(`reads of ${type}`, wgsl, ['uniform', 'read', 'write']);
      const steps = Math.floor(bytes / (each * LANES * WORKGROUPS));
      const perSecond = await fastest(gpu, pipeline, [settings, source, result], settings, steps, steps);
      const readGigabytes = (perSecond * each * LANES * WORKGROUPS) / 1e9;
      if (readGigabytes > peaks.readGigabytes) peaks = { ...peaks, readGigabytes, bestRead: type };
    }
    return peaks;
  } finally {
    for (const buffer of [result, settings, source]) gpu.release(buffer);
  }
}

/** Steps a second: the steps of a dispatch grow, up to `most`, then its count, until a run is long enough; best of three. */
async function fastest(
  gpu: Gpu,
  pipeline: Pipeline,
  buffers: readonly GPUBuffer[],
  settings: GPUBuffer,
  first: number,
  most: number,
): Promise<number> {
  const group = await gpu.bind(pipeline, buffers, 8);
  let steps = first;
  let dispatches = 1;
  const time = async (): Promise<number> => {
    gpu.device.queue.writeBuffer(settings, 0, new Uint32Array([steps, 0]));
    const started = performance.now();
    await gpu.submit('a micro-benchmark', (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, group, [0]);
      for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(WORKGROUPS);
      pass.end();
    });
    return performance.now() - started;
  };
  const longEnough = Math.max(LONG_ENOUGH_MS, NOTICES * gpu.noticeMs);
  let ms = await time();
  while (ms < longEnough && steps * dispatches < 2 ** 24) {
    const factor = Math.min(8, Math.max(2, Math.ceil(longEnough / Math.max(ms, 0.1))));
    if (steps < most) steps = Math.min(most, steps * factor);
    else dispatches *= factor;
    ms = await time();
  }
  for (let round = 0; round < 2; round++) ms = Math.min(ms, await time());
  return (steps * dispatches) / (ms / 1000);
}
