/**
 * Known-answer tests of an adapter. WGSL guarantees neither order nor rounding, so exactness is measured: what the
 * arithmetic does with subnormals, whether products are fused into sums and sums reordered, and which of the quick decoders
 * are exact. docs/numerics.md, "WGSL guarantees neither", lists what has been seen.
 */
import probe from '../../../shaders/probe.wgsl';
import probeDecode from '../../../shaders/probe_decode.wgsl';
import { bitsOf, decodeArray, packWords, codeArray, type Dtype } from '../../numerics';
import { conversionsWgsl } from './conversions';
import { decoderWgsl, generalDecoders, type Decoder } from './decoders';
import { USAGE, type Gpu } from './gpu';
import { render } from './template';

export interface ArithmeticProbe {
  /** Whether subnormals survive as results and operands of multiply and add. */
  readonly subnormals: 'kept' | 'flushed';
  /** Whether a product added to a term was rounded only once. */
  readonly fusesMultiplyAdd: boolean;
  readonly reordersSums: boolean;
  readonly keepsNaN: boolean;
  readonly nearestEven: boolean;
}

const MIN_NORMAL = 2 ** -126;
/** 1 + 2^-12 squared has 25 significant bits. */
const WIDE = 1 + 2 ** -12;

/** What shaders/probe.wgsl is given, by index. */
const GIVEN = [
  2 ** -100,
  2 ** -30,
  MIN_NORMAL / 8,
  2 ** 10,
  WIDE,
  WIDE,
  -Math.fround(WIDE * WIDE),
  1e8,
  1,
  Infinity,
  -1,
  2 ** 24,
  3,
];

export async function probeArithmetic(gpu: Gpu): Promise<ArithmeticProbe> {
  const pipeline = await gpu.createPipeline('probe of arithmetic', probe, ['read', 'write']);
  const [bits, value] = await runWords(gpu, pipeline, new Uint32Array(new Float32Array(GIVEN).buffer), 9);
  const kept = value[0] === 2 ** -130 && value[1] === MIN_NORMAL * 128 && value[2] === MIN_NORMAL / 4;
  return {
    subnormals: kept ? 'kept' : 'flushed',
    fusesMultiplyAdd: value[3] !== 0,
    reordersSums: value[4] !== 0,
    keepsNaN: Number.isNaN(value[5]),
    nearestEven: bits[6] === 0 && value[7] === 2 ** 24 && value[8] === 2 ** 24 + 4,
  };
}

/** Whether a decoder gives every code that it is meant for exactly: all codes, or all finite ones. */
export async function probeDecoder(gpu: Gpu, dtype: Dtype, decoder: Decoder): Promise<boolean> {
  const bits = bitsOf(dtype);
  const all = codeArray(dtype, bits === 32 ? 0 : 2 ** bits).map((_, index) => index);
  const values = decodeArray(dtype, all);
  const meant = all.filter((_, index) => decoder !== 'finite' || Number.isFinite(values[index] ?? NaN));
  const perWord = 32 / bits;
  const source = [
    ...(decoder === 'native' ? ['enable f16;'] : []),
    render(probeDecode, { LANES_X: 64, PER_WORD: perWord }),
    decoderWgsl('decode_word', dtype, decoder),
    conversionsWgsl({ decode: generalDecoders({ decode_word: [dtype, decoder] }) }),
  ].join('\n');
  const pipeline = await gpu.createPipeline(`probe of ${decoder} ${dtype}`, source, ['read', 'write']);
  const words = packWords(dtype, meant);
  const [found] = await runWords(gpu, pipeline, words, words.length * perWord, Math.ceil(words.length / 64));
  const wanted = new Uint32Array(decodeArray(dtype, meant).buffer);
  return wanted.every(
    (bitsWanted, index) => found[index] === bitsWanted || (isNaN32(bitsWanted) && isNaN32(found[index] ?? 0)),
  );
}

/** Conversions of float16 that WGSL has, the one to be preferred first. */
const FLOAT16_DECODERS = ['native', 'unpack'] as const satisfies readonly Decoder[];
export type Float16Decoder = (typeof FLOAT16_DECODERS)[number];

/** The first that the adapter has and that is exact: the rest need not be compiled. */
export async function float16Decoder(gpu: Gpu): Promise<Float16Decoder | undefined> {
  for (const decoder of FLOAT16_DECODERS) {
    const has = decoder !== 'native' || gpu.device.features.has('shader-f16');
    if (has && (await probeDecoder(gpu, 'float16', decoder))) return decoder;
  }
  return undefined;
}

const isNaN32 = (bits: number): boolean => (bits & 0x7fffffff) > 0x7f800000;

type RunPipeline = Awaited<ReturnType<Gpu['createPipeline']>>;

async function runWords(
  gpu: Gpu,
  pipeline: RunPipeline,
  given: Uint32Array<ArrayBuffer>,
  answers: number,
  workgroups = 1,
): Promise<[Uint32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]> {
  const input = await gpu.createBuffer(
    'probe operands',
    given.byteLength,
    USAGE.STORAGE | USAGE.COPY_DST,
    'scratch',
  );
  const output = await gpu.createBuffer(
    'probe answers',
    answers * 4,
    USAGE.STORAGE | USAGE.COPY_SRC,
    'scratch',
  );
  try {
    gpu.device.queue.writeBuffer(input, 0, given);
    const group = gpu.device.createBindGroup({
      layout: pipeline.layout,
      entries: [input, output].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    await gpu.submit('probing', (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(workgroups);
      pass.end();
    });
    const bits = await gpu.read(output, 0, answers * 4);
    return [bits, new Float32Array(bits.buffer)];
  } finally {
    gpu.release(input);
    gpu.release(output);
  }
}
