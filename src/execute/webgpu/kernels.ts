/**
 * Kernels of a matmul: what a specialisation depends on, as data, and the WGSL it becomes. Any of them can be printed.
 */
import plain from '../../../shaders/matmul_plain.wgsl';
import fused from '../../../shaders/matmul.wgsl';
import passRegisters from '../../../shaders/pass_registers.wgsl';
import passWorkgroup from '../../../shaders/pass_workgroup.wgsl';
import outputDraw from '../../../shaders/output_draw.wgsl';
import slice from '../../../shaders/slice.wgsl';
import { stepsOf, type Epilogue } from '../../lower';
import { bitsOf, type Dtype, type Rounding } from '../../numerics';
import { conversionsWgsl, type Encoding } from './conversions';
import { decoderWgsl, generalDecoders, maskOf, type Decoder } from './decoders';
import { epilogueBindings, epilogueConversions, epilogueName, epilogueWgsl } from './epilogue';
import type { BindingType } from './gpu';
import type { Arithmetic } from './interpreter/functions';
import { TAIL_BINDING, type Tail } from './tail';
import { render } from './template';
import { tuningText, type Tuning } from './tuning';

/**
 * What keeps the adapter's compiler from fusing a product into its sum, or from reordering sums: nothing, a barrier around
 * each product, or around each product and sum. Known-answer tests choose the weakest that keeps every bit.
 */
export const BARRIERS = ['none', 'product', 'product+sum'] as const;
export type Barrier = (typeof BARRIERS)[number];

export interface KernelSpec {
  /** Format of A as it lies on the adapter: bfloat16 where 8-bit codes were widened. */
  readonly a: Dtype;
  readonly b: Dtype;
  readonly out: Dtype;
  /** The one rounding that ends each output; a seed is told at run time. */
  readonly rounding: Rounding;
  readonly saturate: boolean;
  readonly decodeA: Decoder;
  readonly decodeB: Decoder;
  readonly accumulate: boolean;
  /** Whether any pass is double-row, and whether there is more than one accumulation group. */
  readonly doubleRow: boolean;
  readonly groups: boolean;
  readonly barrier: Barrier;
  /** Numbers are of no matter: they come in the uniform. */
  readonly epilogue: Epilogue;
  /** How the adapter adds and multiplies in an epilogue. */
  readonly arithmetic: Arithmetic;
}

/** Outputs of one workgroup, and float32 values that it must save between passes. */
export interface Geometry {
  readonly rows: number;
  readonly columns: number;
  readonly scratchPerWorkgroup: number;
  /** Words of A and of B that one step of the array binding holds. */
  readonly aVectorWords: 1 | 2 | 4;
  readonly bVectorWords: 1 | 2 | 4;
  /** Each pass has workgroups of its own, whose sums `combine` adds. */
  readonly split: boolean;
}

export interface Kernel {
  readonly name: string;
  readonly source: string;
  readonly bindings: readonly (BindingType | undefined)[];
  readonly geometry: Geometry;
}

/** What the text of a fused kernel is made from. */
export const TEMPLATES: readonly string[] = [fused, passRegisters, passWorkgroup, slice];

const BINDINGS: readonly BindingType[] = ['uniform', 'read', 'read', 'read', 'write', 'write'];

const VECTORS = { 1: 'u32', 2: 'vec2<u32>', 4: 'vec4<u32>' } as const;

/** Words of the largest vector that words are whole ones of. */
const vectorWords = (words: number): 1 | 2 | 4 => (words >= 4 ? 4 : words === 2 ? 2 : 1);

const wordsOf = (codes: number, dtype: Dtype): number => Math.max(1, (codes * bitsOf(dtype)) / 32);

export function geometryOf({ a, b, groups }: KernelSpec, tuning: Tuning): Geometry {
  const { tileM, tileN, lanesX, lanesY, broadcast, bWords, split } = tuning;
  return {
    rows: tileM * lanesY,
    columns: tileN * lanesX,
    scratchPerWorkgroup: tileM * tileN * lanesX * lanesY * (groups && !split ? 2 : 1),
    aVectorWords: broadcast > 0 ? 1 : vectorWords(wordsOf(tileM, a)),
    bVectorWords: bWords === 1 ? 1 : vectorWords(wordsOf(tileN, b)),
    split,
  };
}

/** What the text of a kernel begins with. Lanes leave no loop before the others, which a compiler cannot know: bounds come from memory. */
const ENABLED = {
  f16: 'enable f16;',
  subgroups: 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);',
} as const;

/** @param tail what ends each output in place of its store: the result is then not the product's. */
export function fusedKernel(spec: KernelSpec, tuning: Tuning, tail?: Tail): Kernel {
  const { tileM, tileN, unroll, lanesX, lanesY, stripe, broadcast, split, blockK } = tuning;
  const [aBits, bBits, outBits] = [bitsOf(spec.a), bitsOf(spec.b), bitsOf(spec.out)];
  const aWords = wordsOf(tileM, spec.a);
  const bWords = wordsOf(tileN, spec.b);
  const { aVectorWords, bVectorWords } = geometryOf(spec, tuning);
  const groups = Number(spec.groups);
  const lanes = lanesX * lanesY;
  const [aVectors, bVectors] = [aWords / aVectorWords, bWords / bVectorWords];
  const body = render(`${blockK > 0 ? passWorkgroup : passRegisters}\n${fused}`, {
    TILE_M: tileM,
    TILE_N: tileN,
    UNROLL: unroll,
    LANES_X: lanesX,
    LANES_Y: lanesY,
    A_VECTOR: VECTORS[aVectorWords],
    A_WIDTH: aVectorWords,
    A_WORDS: aWords,
    A_VECTORS: aVectors,
    A_PER_WORD: 32 / aBits,
    BROADCAST: broadcast,
    STRIPE: stripe,
    SHARING: Number(broadcast > 0 || blockK > 0),
    LANES: lanes,
    BLOCK_K: blockK,
    BLOCK_M: tileM * lanesY,
    BLOCK_N: tileN * lanesX,
    A_ROW_VECTORS: aVectors * lanesY,
    B_ROW_VECTORS: bVectors * lanesX,
    A_FETCHES: Math.ceil((blockK * aVectors * lanesY) / lanes),
    B_FETCHES: Math.ceil((blockK * bVectors * lanesX) / lanes),
    SPLIT: Number(split),
    B_VECTOR: VECTORS[bVectorWords],
    B_WIDTH: bVectorWords,
    B_WORDS: bWords,
    B_VECTORS: bVectors,
    B_PER_WORD: 32 / bBits,
    OUT_PER_WORD: 32 / outBits,
    OUT_BITS: outBits,
    OUT_MASK: maskOf(outBits),
    STOCHASTIC: Number(spec.rounding === 'stochastic'),
    EPILOGUE: Number(hasEpilogue(spec)),
    GROUPS: groups,
    DOUBLE_ROW: Number(spec.doubleRow),
    ACCUMULATE: Number(spec.accumulate),
    TAIL: Number(tail !== undefined),
    ACCUMULATOR: spec.groups ? 'group_sum' : 'total',
    ROUND_PRODUCT: spec.barrier === 'none' ? '' : 'rounded',
    ROUND_SUM: spec.barrier === 'product+sum' ? 'rounded' : '',
  });
  const decoders = { decode_a: [spec.a, spec.decodeA], decode_b: [spec.b, spec.decodeB] } as const;
  const conversions = conversionsWgsl({
    ...tail?.conversions,
    decode: { ...generalDecoders(decoders), ...addedDecoders(spec), ...tail?.conversions.decode },
    encode: { ...outputEncoding(spec), ...tail?.conversions.encode },
  });
  const words = Object.entries(decoders).map(([name, [dtype, decoder]]) => decoderWgsl(name, dtype, decoder));
  const bindings = [...BINDINGS, ...addedBindings(spec)];
  const unused = Array.from({ length: TAIL_BINDING - bindings.length }, () => undefined);
  const name = `fused ${spec.a}${suffix(spec.decodeA)} x ${spec.b}${suffix(spec.decodeB)} -> ${outputName(spec)}, ${tuningText(tuning)}, barrier ${spec.barrier}${tail === undefined ? '' : `, then ${tail.name}`}`;
  return {
    name,
    source: [
      ...(spec.decodeA === 'native' || spec.decodeB === 'native' ? [ENABLED.f16] : []),
      ...(broadcast > 0 ? [ENABLED.subgroups] : []),
      slice,
      body,
      conversions,
      ...outputWgsl(spec),
      ...words,
      ...(tail === undefined ? [] : [tail.source(bVectorWords * (32 / bBits))]),
    ].join('\n'),
    bindings: tail === undefined ? bindings : [...bindings, ...unused, ...tail.bindings],
    geometry: geometryOf(spec, tuning),
  };
}

const PLAIN_LANES = 64;

export function plainKernel(spec: KernelSpec): Kernel {
  const [aBits, bBits, outBits] = [bitsOf(spec.a), bitsOf(spec.b), bitsOf(spec.out)];
  const body = render(plain, {
    LANES_X: PLAIN_LANES,
    A_PER_WORD: 32 / aBits,
    A_BITS: aBits,
    A_MASK: maskOf(aBits),
    B_PER_WORD: 32 / bBits,
    B_BITS: bBits,
    B_MASK: maskOf(bBits),
    OUT_PER_WORD: 32 / outBits,
    OUT_BITS: outBits,
    OUT_MASK: maskOf(outBits),
    STOCHASTIC: Number(spec.rounding === 'stochastic'),
    EPILOGUE: Number(hasEpilogue(spec)),
    ACCUMULATE: Number(spec.accumulate),
  });
  const conversions = conversionsWgsl({
    decode: {
      decode_a_code: spec.a,
      decode_b_code: spec.b,
      ...addedDecoders(spec),
    },
    encode: outputEncoding(spec),
  });
  return {
    name: `plain ${spec.a} x ${spec.b} -> ${outputName(spec)}`,
    source: [slice, body, conversions, ...outputWgsl(spec)].join('\n'),
    bindings: [...BINDINGS.slice(0, 5), undefined, ...addedBindings(spec)],
    geometry: {
      rows: 1,
      columns: PLAIN_LANES,
      scratchPerWorkgroup: 0,
      aVectorWords: 1,
      bVectorWords: 1,
      split: false,
    },
  };
}

const outputEncoding = ({ out, rounding, saturate }: KernelSpec): Record<string, Encoding> => ({
  encode_out: { dtype: out, rounding, saturate },
});

const hasEpilogue = ({ epilogue }: KernelSpec): boolean => stepsOf(epilogue).length > 0;

const addedDecoders = (spec: KernelSpec): Readonly<Record<string, Dtype>> => ({
  ...(spec.accumulate ? { decode_c: spec.out } : {}),
  ...epilogueConversions(spec.epilogue),
});

const addedBindings = ({ accumulate, epilogue }: KernelSpec): readonly (BindingType | undefined)[] => [
  accumulate ? 'read' : undefined,
  ...epilogueBindings(epilogue),
];

/** What the end of an output calls. */
const outputWgsl = (spec: KernelSpec): readonly string[] => [
  ...(spec.rounding === 'stochastic' ? [outputDraw] : []),
  ...(hasEpilogue(spec) ? [epilogueWgsl(spec.epilogue, spec.arithmetic)] : []),
];

/** Kernels are cached and reported by name: what tells two of them apart stands in it. */
const outputName = (spec: KernelSpec): string => {
  const { out, rounding, saturate, epilogue } = spec;
  const steps = hasEpilogue(spec) ? ` (${epilogueName(epilogue)})` : '';
  return `${out}${steps}${rounding === 'nearest-even' ? '' : ` ${rounding}`}${saturate ? ' saturating' : ''}`;
};

const suffix = (decoder: Decoder): string => (decoder === 'general' ? '' : ` (${decoder})`);
