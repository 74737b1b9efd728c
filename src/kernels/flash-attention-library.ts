/**
 * The float64 reference of flash attention, and how far float32 arithmetic may take the kernel from it. With u = 2^-24, for one query:
 *
 * - A scaled score a_j is off by e_j: a dot product of `size` terms, its magnitudes at most |q| |k_j| (Cauchy and Schwarz), and one product.
 * - The maxima that are subtracted are numbers of the chip, the same in exp(a_j - max) and in the exp(old - new) that follow, so that they cancel
 *   between numerator and denominator, whatever they are. Each such difference is rounded; they add up to max - a_j, so that the
 *   exponent is off by d_j = e_j + u (max - a_j), the errors of both scores included.
 * - Each of the exponentials, one and one for each of B blocks at most, is within 1 ulp, 2 u. A term of a sum meets as many roundings as
 *   a block has keys, and a product and a sum in each later block. All are within g = gamma(block + 4 B).
 * - The numerator has p rounded to the format of v, which is r.
 *
 * So the weight of a key is off by the factor exp(d_j) (1 + g) (1 + r) at most, in the denominator without r. The sums of both errors, and
 * what underflows, are the errors of numerator and denominator, and the quotient follows by steps of approx.ts.
 */
import { CHIP_NAMES } from '../chip';
import type { Dtype } from '../numerics';
import {
  constant,
  gamma,
  multiply,
  reciprocal,
  roundingOf,
  UNDERFLOW,
  UNIT_ROUNDOFF,
  written,
  type Approx,
} from './approx';
import {
  libraryKernel,
  type Expected,
  type LibraryKernel,
  type RandomInput,
  type ReferenceInput,
  type Size,
  type Sizes,
} from './entry';
import {
  attentionShape,
  BLOCK,
  flashAttention,
  flashAttentionCausal,
  type Attention,
} from './flash-attention';
import { exactMatrix } from './products';

/** Scaled scores of a query, how far off each may be, and the largest of both. */
interface Scores {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly most: number;
  readonly mostError: number;
}

/** Row `index` of rows of `size`. */
const rowOf = (values: Float64Array, index: number, size: number): Float64Array =>
  values.subarray(index * size, (index + 1) * size);

const dotOf = (left: Float64Array, right: Float64Array): number => {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? NaN) * (right[index] ?? NaN);
  return sum;
};

/** The length of every row. */
function norms(values: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: values.length / size }, (_, index) => {
    const row = rowOf(values, index, size);
    return Math.sqrt(dotOf(row, row));
  });
}

/** `keys` are those that the query meets, `lengths` theirs. */
function scoresOf(query: Float64Array, keys: Float64Array, lengths: Float64Array): Scores {
  const size = query.length;
  const length = Math.sqrt(dotOf(query, query));
  const scale = constant(1 / Math.sqrt(size));
  const [relative, underflow] = [gamma(size), size * (1 + gamma(size)) * UNDERFLOW];
  const scores = { values: new Float64Array(lengths.length), errors: new Float64Array(lengths.length) };
  let [most, mostError] = [-Infinity, 0];
  for (const [key, its] of lengths.entries()) {
    const dot = dotOf(query, rowOf(keys, key, size));
    const { value, error } = multiply({ value: dot, error: relative * length * its + underflow }, scale);
    scores.values[key] = value;
    scores.errors[key] = error;
    most = Math.max(most, value);
    mostError = Math.max(mostError, error);
  }
  return { ...scores, most, mostError };
}

/** The output row of a query: `values` are those of the keys that it meets, in the format `dtype`. */
function weighted(
  { most, mostError, ...scores }: Scores,
  values: Float64Array,
  dtype: Dtype,
): readonly Approx[] {
  const seen = scores.values.length;
  const size = values.length / seen;
  const blocks = Math.ceil(seen / BLOCK);
  const g = gamma(Math.min(seen, BLOCK) + 4 * blocks);
  // p and every factor exp(old - new) below the normal numbers: 1.25 of 2^-149 each, at most, of terms of at most 1.
  const tiny = 4 * (blocks + 1) * UNDERFLOW;
  const rounding = dtype === 'float32' ? { relative: 0, absolute: 0 } : roundingOf(dtype);
  let [sum, sumError] = [0, 0];
  const [value, error] = [new Float64Array(size), new Float64Array(size)];
  for (const [key, score] of scores.values.entries()) {
    const weight = Math.exp(score - most);
    const scoreError = scores.errors[key] ?? NaN;
    const d = scoreError + UNIT_ROUNDOFF * (most - score + scoreError + mostError);
    const off = Math.expm1(d) + Math.exp(d) * g;
    const offP = off + (1 + off) * rounding.relative;
    sum += weight;
    sumError += weight * off + 2 * tiny;
    // Twice what underflows: more than the factors that it meets afterwards, 1 + g and those of the maxima.
    const each = weight * offP + 2 * (tiny + rounding.absolute);
    for (let index = 0; index < size; index++) {
      const element = values[key * size + index] ?? NaN;
      value[index] = (value[index] ?? NaN) + weight * element;
      error[index] = (error[index] ?? NaN) + each * Math.abs(element);
    }
  }
  const share = reciprocal({ value: sum, error: sumError });
  const products = 2 * (seen + blocks) * UNDERFLOW;
  return Array.from(value, (numerator, index) => {
    return multiply({ value: numerator, error: (error[index] ?? NaN) + products }, share);
  });
}

function attended({ q, k, v }: Attention<ReferenceInput>, causal: boolean): Expected {
  const { heads, queries, keys, size } = attentionShape({ q, k, v }, causal);
  const result = exactMatrix(new Float64Array(heads * queries * size));
  const lengths = norms(k.values, size);
  for (let row = 0; row < heads * queries; row++) {
    const first = Math.floor(row / queries) * keys;
    const end = first + (causal ? (row % queries) + 1 : keys);
    const met = (values: Float64Array) => values.subarray(first * size, end * size);
    const scores = scoresOf(rowOf(q.values, row, size), met(k.values), lengths.subarray(first, end));
    for (const [index, each] of weighted(scores, met(v.values), v.dtype).entries()) {
      const { value, error } = written(each, q.dtype);
      result.values[row * size + index] = value;
      result.bounds[row * size + index] = error;
    }
  }
  return result;
}

type Sizing = 'heads' | 'queries' | 'keys' | 'size';

const SIZES = {
  heads: { summary: 'heads, of all batches', of: 'inputs', default: 1, least: 1, most: 1024 },
  size: { summary: 'elements of a head', of: 'inputs', default: 64, least: 1, most: 128 },
} as const;

const extent = (summary: string) =>
  ({ summary, of: 'inputs', default: 1024, least: 1, most: 4096 }) as const satisfies Size;

/** What the two have in common. */
function common(causal: boolean) {
  return {
    doc: 'docs/kernels.md#flash-attention',
    chips: CHIP_NAMES,
    dtypes: ['bfloat16', 'float16', 'float32'],
    expected: (inputs: Attention<ReferenceInput>) => ({ result: attended(inputs, causal) }),
  } as const;
}

function random({ heads, queries, keys, size }: Sizes<Sizing>, dtype: Dtype): Attention<RandomInput> {
  const distribution = { kind: 'normal', mean: 0, deviation: 1 } as const;
  return {
    q: { shape: [heads, queries, size], dtype, distribution },
    k: { shape: [heads, keys, size], dtype, distribution },
    v: { shape: [heads, keys, size], dtype, distribution },
  };
}

export const FLASH_ATTENTION_ENTRIES: readonly LibraryKernel[] = [
  libraryKernel({
    ...common(false),
    name: flashAttention.name,
    summary: 'softmax(q k^T / sqrt(size)) v for each head, scores in blocks',
    sizes: { ...SIZES, queries: extent('queries of a head'), keys: extent('keys of a head') },
    kernel: () => flashAttention,
    inputs: random,
  }),
  libraryKernel({
    ...common(true),
    name: flashAttentionCausal.name,
    summary: 'the same where no query meets a key after it',
    sizes: { ...SIZES, sequence: extent('queries and keys of a head') },
    kernel: () => flashAttentionCausal,
    inputs: ({ sequence, ...sizes }, dtype) => random({ ...sizes, queries: sequence, keys: sequence }, dtype),
  }),
];
