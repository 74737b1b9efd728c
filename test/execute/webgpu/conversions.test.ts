/** The WGSL conversions against src/numerics, bit for bit: every code, and random words with the cases that adapters get wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conversionsWgsl, type Conversions } from '../../../src/execute/webgpu/conversions';
import type { Host } from '../../../src/host';
import {
  bitsOf,
  codeArray,
  decodeArray,
  NUMERIC_DTYPES,
  encodeArray,
  stochasticDraws,
  type Dtype,
  type EncodeOptions,
} from '../../../src/numerics';
import { ADAPTERS, open } from './devices';

const WORDS = 1 << 20;
const WORKGROUP = 256;

// The WebGPU specification's flags: Node has no such globals.
const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const STORAGE = 128;
const COMPUTE = 4;

let host: Host;
beforeAll(async () => {
  const [adapter = 'none'] = ADAPTERS;
  host = await open(adapter);
});
afterAll(() => {
  host.close();
});

type Words = Uint32Array<ArrayBuffer>;

/** output[i] = expression(words[i], draws[i]) for every i; the expression calls functions of `conversions`. */
async function map(conversions: Conversions, expression: string, words: Words, draws: Words): Promise<Words> {
  const { device } = host;
  device.pushErrorScope('validation');
  const code = `
${conversionsWgsl(conversions)}
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> draws: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let word = words[id.x];
  let draw = draws[id.x];
  output[id.x] = ${expression};
}`;
  const usage = STORAGE | COPY_DST | COPY_SRC;
  const buffers = [words, draws, new Uint32Array(words.length)].map((data) => {
    const buffer = device.createBuffer({ size: data.byteLength, usage });
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  });
  const layout = device.createBindGroupLayout({
    entries: buffers.map((_, binding) => ({
      binding,
      visibility: COMPUTE,
      buffer: { type: binding === 2 ? 'storage' : 'read-only-storage' },
    })),
  });
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const read = device.createBuffer({
    size: words.byteLength,
    usage: COPY_DST | MAP_READ,
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(words.length / WORKGROUP);
  pass.end();
  for (const output of buffers.slice(2)) encoder.copyBufferToBuffer(output, 0, read, 0, words.byteLength);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(MAP_READ);
  const result = new Uint32Array(read.getMappedRange().slice(0));
  for (const buffer of [...buffers, read]) buffer.destroy();
  expect(await device.popErrorScope()).toBeNull();
  return result;
}

/** The first difference, in words that a person can act on; null when there is none. */
function firstDifference(words: Words, draws: Words, got: Words, wanted: ArrayLike<number>): string | null {
  const index = got.findIndex((code, at) => code !== wanted[at]);
  if (index < 0) return null;
  const hex = (value: number | undefined): string => (value ?? NaN).toString(16);
  return `word ${hex(words[index])} draw ${hex(draws[index])}: ${hex(got[index])}, expected ${hex(wanted[index])}`;
}

/** Philox words; every fourth has its exponent drawn anew, so that subnormals, infinities and NaN are many. */
function randomWords(): Words {
  const words = stochasticDraws({ seed: 20, launch: 0, instance: 0, element: 0 }, WORDS);
  const special = [0x00000000, 0x00400000, 0x7f800000, 0x7f000000];
  for (let index = 0; index < WORDS; index += 4) {
    const exponent = special[(index >> 2) % special.length] ?? 0;
    words[index] = ((words[index] ?? 0) & 0x807fffff) | exponent;
    if (index % 64 === 0) words[index] = ((words[index] ?? 0) & 0xff800000) >>> 0;
  }
  // Magnitudes about one, where the narrow formats have their codes, with few mantissa bits so that ties are many.
  for (let index = 1; index < WORDS; index += 2) {
    const word = words[index] ?? 0;
    const exponent = 96 + ((word >>> 23) & 63);
    const mantissa = word & 0x7fffff & ~((1 << (word & 31 ? 23 - ((word >>> 8) % 14) : 0)) - 1);
    words[index] = ((word & 0x80000000) | (exponent << 23) | mantissa) >>> 0;
  }
  return words;
}

const random = randomWords();
const draws = stochasticDraws({ seed: 21, launch: 0, instance: 0, element: 0 }, WORDS);
const encodings: readonly EncodeOptions[] = (['nearest-even', 'toward-zero', 'stochastic'] as const).flatMap(
  (rounding) => [{ rounding }, { rounding, saturate: true }],
);

describe.each(NUMERIC_DTYPES)('%s', (dtype: Dtype) => {
  test('decodes every code, or a million of 32 bits', async () => {
    const bits = bitsOf(dtype);
    const codes = codeArray(dtype, bits === 32 ? WORDS : Math.max(2 ** bits, WORKGROUP));
    for (let index = 0; index < codes.length; index++)
      codes[index] = bits === 32 ? (random[index] ?? 0) : index % 2 ** bits;
    const words = Uint32Array.from(codes);
    const got = await map({ decode: { decode_it: dtype } }, 'decode_it(word)', words, words);
    expect(firstDifference(words, words, got, new Uint32Array(decodeArray(dtype, codes).buffer))).toBeNull();
  });

  test.each(encodings)('encodes with $rounding, saturate $saturate', async (options) => {
    const call = options.rounding === 'stochastic' ? 'encode_it(word, draw)' : 'encode_it(word)';
    const words = options.saturate === true ? random.slice(0, WORDS / 4) : random;
    const got = await map({ encode: { encode_it: { dtype, ...options } } }, call, words, draws);
    const wanted = encodeArray(dtype, new Float32Array(words.buffer), { ...options, draws });
    expect(firstDifference(words, draws, got, wanted)).toBeNull();
  });
});

test('stochastic_draw gives the draws of src/numerics', async () => {
  const elements = Uint32Array.from({ length: 4096 }, (_, index) => index);
  const got = await map(
    { encode: { encode_it: { dtype: 'bfloat16', rounding: 'stochastic' } } },
    'stochastic_draw(vec2<u32>(0x89abcdefu, 0x12u), 3u, 0xfffffff1u, word)',
    elements,
    elements,
  );
  const key = { seed: 0x1289abcdef, launch: 3, instance: 0xfffffff1, element: 0 };
  expect(firstDifference(elements, elements, got, stochasticDraws(key, elements.length))).toBeNull();
});
