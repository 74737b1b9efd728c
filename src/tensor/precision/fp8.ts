/**
 * Products in fp8 with a scale for each tensor: forward both operands in a format of four exponent bits, backward the gradient in
 * float8_e5m2, as training in fp8 is done on the chip ("FP8 formats for deep learning", Micikevicius et al., 2022). A scale is a power
 * of two, so that scaling changes no bit, chosen from the largest magnitude of what is multiplied now.
 */
import { CHIPS, dtypeProblem } from '../../chip';
import { UserError, type Dtype } from '../../numerics';
import { describe, type NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import { make, type MapFunction, type Node } from '../graph';
import { gradientDtype } from '../gradient/rules';
import { withPullback } from '../gradient/tape';

/** The formats of products in fp8, and for each the power of two that the largest magnitude is brought below twice of: nothing saturates. */
const BINADES = {
  float8_e4m3: 2 ** 6,
  float8_e4m3fn: 2 ** 7,
  float8_e5m2: 2 ** 14,
} as const satisfies Partial<Record<Dtype, number>>;
type Fp8 = keyof typeof BINADES;

export interface Fp8Options {
  /** Of both operands: float8_e4m3 when left out. */
  readonly forward?: 'float8_e4m3' | 'float8_e4m3fn';
  /** Of the result: that of x when left out. */
  readonly dtype?: Dtype;
}

const f32 = 'float32' as const;
const apply = (fn: MapFunction, ...inputs: readonly Node[]): Node => make.map(fn, inputs, f32);
const EXPONENT = 0x7f800000;
/** Below it a scale would leave float32; what is smaller is as good as zero. */
const TINY = 2 ** -100;

interface Scaled {
  readonly codes: Node;
  /** What the codes are to be multiplied by, of shape []. */
  readonly inverse: Node;
}

/** x in a format of 8 bits, scaled so that its largest magnitude lies in the format's upper binades. */
export function scaled(x: Node, dtype: Fp8): Scaled {
  const largest = apply(
    'maximum',
    make.reduce(apply('abs', make.cast(x, f32)), 'maximum', x.shape.length, f32),
    make.fill([], f32, TINY),
  );
  const mask = make.fill([], 'uint32', EXPONENT);
  const binade = make.bitcast(
    make.map('bitwise_and', [make.bitcast(largest, 'uint32'), mask], 'uint32'),
    f32,
  );
  const unit = make.fill([], f32, BINADES[dtype]);
  const inverse = apply('multiply', binade, apply('reciprocal', unit));
  const scale = apply('multiply', apply('reciprocal', binade), unit);
  const wide = make.broadcast(
    make.reshape(
      scale,
      x.shape.map(() => 1),
    ),
    x.shape,
  );
  return { codes: make.cast(apply('multiply', make.cast(x, f32), wide), dtype, { saturate: true }), inverse };
}

/** A product of scaled operands, without the scales. */
function product(a: Scaled, b: Scaled, dtype: Dtype, how: make.MatmulHow): Node {
  const sums = make.matmul(a.codes, b.codes, f32, how);
  const inverse = apply('multiply', a.inverse, b.inverse);
  const wide = make.broadcast(
    make.reshape(
      inverse,
      sums.shape.map(() => 1),
    ),
    sums.shape,
  );
  return make.map('multiply', [sums, wide], dtype);
}

/**
 * x [..., M, K] times w [K, N] in fp8, and its gradients in fp8 too. Leading axes of x are rows.
 *
 * @throws UserError where shapes do not fit, or the chip lacks a format.
 */
export function fp8Matmul(x: NDArray, w: NDArray, options: Fp8Options = {}): NDArray {
  const { forward = 'float8_e4m3', dtype = x.dtype } = optionsOf('fp8Matmul', options, ['forward', 'dtype']);
  const context = x.arrays;
  const [a, b] = [context.nodeOf('fp8Matmul', x), context.nodeOf('fp8Matmul', w)];
  const [k, n = 0] = b.shape;
  if (b.shape.length !== 2 || a.shape.length < 2 || a.shape.at(-1) !== k)
    throw new UserError(
      `fp8Matmul: takes [..., M, K] and [K, N]; received ${describe(x)} and ${describe(w)}.`,
    );
  for (const format of [forward, 'float8_e5m2'] as const) {
    const problem = dtypeProblem(CHIPS[context.chip], format);
    if (problem !== undefined) throw new UserError(`fp8Matmul: ${problem}`);
  }
  const rows = make.reshape(a, [a.size / Math.max(k ?? 1, 1), k ?? 0]);
  const [result] = withPullback([a, b], () => {
    const [left, right] = [scaled(rows, forward), scaled(b, forward)];
    const output = make.reshape(product(left, right, dtype, {}), [...a.shape.slice(0, -1), n]);
    return {
      outputs: [output] as const,
      pullback: ([g]) => {
        if (g === undefined) return [];
        const slope = scaled(make.reshape(g, [rows.shape[0] ?? 0, n]), 'float8_e5m2');
        const toX = product(slope, right, gradientDtype(a.dtype) ?? f32, { bLayout: 'transposed' });
        const toW = product(left, slope, gradientDtype(b.dtype) ?? f32, { aLayout: 'k-major' });
        return [make.reshape(toX, a.shape), toW];
      },
    };
  });
  return context.adopt(result);
}
