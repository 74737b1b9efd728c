/**
 * What everything around the arithmetic costs on an open device, by the functions that products use (src/execute/webgpu/gpu.ts).
 * Each row is sampled until enough was seen, well past the clock's quantum; the first sample warms up and counts for nothing.
 */
import { Gpu, USAGE } from '../../src/execute/webgpu';
import { clockQuantum, summarise } from '../timing';
import { OVERHEADS, type Measured, type Overhead, type Sampled } from './report';

/** Small: one invocation adds to one word. The number makes it a text of its own. */
const addWgsl = (number: number): string => `
@group(0) @binding(0) var<storage, read_write> words: array<u32>;

@compute @workgroup_size(1)
fn main() {
  words[0] += ${number}u;
}
`;

const DISPATCHES = 1000;
const AWAITED = 50;
const MIB = 2 ** 20;
const MOVED_MIB = 16;
const SAMPLES = { least: 9, most: 101 } as const;
const SAMPLED_MS = 400;
const QUANTA = 100;
const STORAGE = USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC;

/** Does something `times` times; gives by how many units the time that it took is divided. */
type Sample = (times: number) => Promise<number>;

const repeated =
  (action: () => unknown): Sample =>
  async (times) => {
    for (let time = 0; time < times; time++) await action();
    return times;
  };

/** @throws the signal's reason. */
export async function measureOverheads(
  device: GPUDevice,
  {
    now,
    signal,
    onRow,
  }: {
    readonly now: () => number;
    readonly signal?: AbortSignal | undefined;
    readonly onRow?: (name: Overhead) => void;
  },
): Promise<Measured> {
  const gpu = new Gpu(device);
  try {
    const samples = await samplesOn(gpu);
    const quantumMs = clockQuantum(now);
    const measured: Partial<Record<Overhead, Sampled>> = {};
    const overheads = Object.keys(OVERHEADS) as Overhead[];
    for (const name of overheads) {
      onRow?.(name);
      measured[name] = await sampled(samples[name], { now, quantumMs, signal });
    }
    return { overheads: measured as Record<Overhead, Sampled>, pool: gpu.pool };
  } finally {
    gpu.close();
  }
}

async function samplesOn(gpu: Gpu): Promise<Record<Overhead, Sample>> {
  const { device } = gpu;
  const types = ['write'] as const;
  // A driver may know the texts of an earlier run: these are new.
  let text = Math.floor(Math.random() * 2 ** 31);
  const compile = (number: number): ReturnType<Gpu['createPipeline']> =>
    gpu.createPipeline('a small kernel', addWgsl(number), types);
  const first = text;
  const small = await compile(first);
  const words = await gpu.createBuffer('words', MOVED_MIB * MIB, STORAGE, 'scratch');
  const foreign = device.createBuffer({ size: 16, usage: STORAGE });
  const group = await gpu.bind(small, [words], MIB);
  const data = new Uint32Array((MOVED_MIB * MIB) / 4);
  const word = new Uint32Array(1);
  const dispatch = (encoder: GPUCommandEncoder, times: number): void => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(small.pipeline);
    pass.setBindGroup(0, group);
    for (let time = 0; time < times; time++) pass.dispatchWorkgroups(1);
    pass.end();
  };
  const one = (): Promise<void> =>
    gpu.submit('a small dispatch', (encoder) => {
      dispatch(encoder, 1);
    });
  const moved =
    (action: () => Promise<unknown>): Sample =>
    async (times) =>
      (await repeated(action)(times)) * MOVED_MIB;
  const upload = async (from: Uint32Array<ArrayBuffer>): Promise<void> => {
    device.queue.writeBuffer(words, 0, from);
    await gpu.submit('an upload', () => undefined);
  };
  const buffer = (role: 'result' | 'scratch') => async (): Promise<void> => {
    gpu.release(await gpu.createBuffer('1 MiB', MIB, STORAGE, role));
  };
  return {
    submission: repeated(() => gpu.submit('nothing', () => undefined)),
    'dispatch-together': async (times) => {
      const submit = (): Promise<void> =>
        gpu.submit('small dispatches', (encoder) => {
          dispatch(encoder, DISPATCHES);
        });
      return (await repeated(submit)(times)) * DISPATCHES;
    },
    'dispatch-apart': async (times) => {
      const submit = (): Promise<unknown> => Promise.all(Array.from({ length: DISPATCHES }, one));
      return (await repeated(submit)(times)) * DISPATCHES;
    },
    'dispatch-awaited': async (times) => repeated(one)(times * AWAITED),
    'pipeline-cold': repeated(() => compile(++text)),
    'pipeline-cached': repeated(() => compile(first)),
    'bind-cold': repeated(() => gpu.bind(small, [foreign], 16)), // of a buffer that is not its own it keeps none
    'bind-cached': repeated(() => gpu.bind(small, [words], MIB)),
    'buffer-cold': repeated(buffer('result')), // of which none are kept
    'buffer-pooled': repeated(buffer('scratch')),
    'upload-latency': repeated(() => upload(word)),
    upload: moved(() => upload(data)),
    'readback-latency': repeated(() => gpu.read(words, 0, 4)),
    readback: moved(() => gpu.read(words, 0, MOVED_MIB * MIB)),
  };
}

async function sampled(
  sample: Sample,
  {
    now,
    quantumMs,
    signal,
  }: { readonly now: () => number; readonly quantumMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Sampled> {
  const once = async (times: number): Promise<{ ms: number; each: number }> => {
    signal?.throwIfAborted();
    const started = now();
    const units = await sample(times);
    const ms = now() - started;
    return { ms, each: ms / units };
  };
  await once(1);
  let times = 1;
  for (let { ms } = await once(1); ms < QUANTA * quantumMs && times < 2 ** 12; { ms } = await once(times)) {
    times *= 2;
  }
  const all: number[] = [];
  let seen = 0;
  while (all.length < SAMPLES.least || (seen < SAMPLED_MS && all.length < SAMPLES.most)) {
    const { ms, each } = await once(times);
    all.push(each);
    seen += ms;
  }
  return summarise(all, times);
}
