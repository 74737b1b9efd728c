/**
 * The float64 reference of the MLPs and their bounds, which follow the layers: a product off as src/kernels/products.ts says; a function
 * of the Scalar engine, which makes an error of its input larger by its steepest slope at most and is within 1 ulp (docs/functions.md); gated,
 * one more product; the rounding to x's format; and the second product, whose left side brings those errors.
 */
import { CHIP_NAMES } from '../chip';
import type { Dtype } from '../numerics';
import { evaluated, multiply, written, type Approx } from './approx';
import {
  libraryKernel,
  type Expected,
  type LibraryKernel,
  type RandomInput,
  type ReferenceInput,
  type Size,
  type Sizes,
} from './entry';
import { mlpGated, mlpGelu, mlpShape, mlpSilu, type Mlp, type MlpFunction } from './mlp';
import { normalBelow, sigmoid } from './normal';
import { collected, exactMatrix, product } from './products';

interface Activation {
  readonly value: (x: number) => number;
  /** No less than its steepest slope: gelu's is 1.1290 at sqrt 2, silu's 1.0999 near 2.4. */
  readonly slope: number;
}

const FUNCTIONS = {
  gelu: { value: (x) => x * normalBelow(x), slope: 1.13 },
  silu: { value: (x) => x * sigmoid(x), slope: 1.1 },
} as const satisfies Record<MlpFunction, Activation>;

const at = ({ values, bounds }: Expected, index: number): Approx => {
  return { value: values[index] ?? NaN, error: bounds[index] ?? NaN };
};

function expected(inputs: Mlp<ReferenceInput>, op: MlpFunction): Expected {
  const { x, up, gate, down } = inputs;
  const { tokens, width, inner, out } = mlpShape(inputs);
  const turned = exactMatrix(
    Float64Array.from(
      x.values,
      (_, index) => x.values[(index % tokens) * width + Math.floor(index / tokens)] ?? NaN,
    ),
  );
  const layer = (weights: ReferenceInput): Expected =>
    product({ m: inner, n: tokens, k: width }, exactMatrix(weights.values), turned);
  const { value, slope } = FUNCTIONS[op];
  const active = (sum: Approx): Approx => evaluated(value(sum.value), slope * sum.error, 1);
  const [first, gates] = [layer(up), gate && layer(gate)];
  const hidden = collected(inner * tokens, (index) => {
    const sum = at(first, index);
    return written(gates === undefined ? active(sum) : multiply(active(at(gates, index)), sum), x.dtype);
  });
  const sums = product({ m: tokens, n: out, k: inner }, hidden, exactMatrix(down.values));
  return collected(tokens * out, (index) => written(at(sums, index), x.dtype));
}

type Sizing = 'tokens' | 'width' | 'inner' | 'out';

const extent = (summary: string, usual: number, most: number) =>
  ({ summary, of: 'inputs', default: usual, least: 1, most }) as const satisfies Size;

const COMMON = {
  doc: 'docs/kernels.md#fused-mlp',
  chips: CHIP_NAMES,
  dtypes: ['bfloat16', 'float16', 'float32'],
  sizes: {
    tokens: extent('rows of x', 128, 8192),
    width: extent('columns of x', 256, 2048),
    inner: extent('columns of the first layer', 512, 8192),
    out: extent('columns of the result', 256, 4096),
  },
} as const;

/** Weights of deviation 1 / sqrt(rows), so that sums stay near 1. */
function random({ tokens, width, inner, out }: Sizes<Sizing>, dtype: Dtype) {
  const normal = (rows: number, columns: number, deviation: number): RandomInput => {
    return { shape: [rows, columns], dtype, distribution: { kind: 'normal', mean: 0, deviation } };
  };
  return {
    x: normal(tokens, width, 1),
    gate: normal(width, inner, 1 / Math.sqrt(width)),
    up: normal(width, inner, 1 / Math.sqrt(width)),
    down: normal(inner, out, 1 / Math.sqrt(inner)),
  };
}

function ungated(sizes: Sizes<Sizing>, dtype: Dtype) {
  const { x, up, down } = random(sizes, dtype);
  return { x, up, down };
}

export const MLP_ENTRIES: readonly LibraryKernel[] = [
  libraryKernel({
    ...COMMON,
    name: mlpGelu.name,
    summary: 'gelu(x up) down',
    kernel: () => mlpGelu,
    inputs: ungated,
    expected: (inputs) => ({ result: expected(inputs, 'gelu') }),
  }),
  libraryKernel({
    ...COMMON,
    name: mlpSilu.name,
    summary: 'silu(x up) down',
    kernel: () => mlpSilu,
    inputs: ungated,
    expected: (inputs) => ({ result: expected(inputs, 'silu') }),
  }),
  libraryKernel({
    ...COMMON,
    name: mlpGated.name,
    summary: '(silu(x gate) * (x up)) down',
    kernel: () => mlpGated,
    inputs: random,
    expected: (inputs) => ({ result: expected(inputs, 'silu') }),
  }),
];
