/** Products, one of a batch after the other, by whatever computes plans. */
import type { ChipName } from '../../chip';
import { referenceMatmul } from '../../execute/reference/matmul';
import type { MatmulOperands } from '../../execute/matmul';
import { planMatmul, type MatmulPlan } from '../../lower';
import { codeArray, type CodeArray, type Dtype } from '../../numerics';
import { sizeOf, type OpOf, type Shape } from '../graph';
import { permuted } from './views';
import type { Values } from './values';

/** Computes a plan: the loop that defines it, or WASM, which gives the same bits. */
export type Multiply = (plan: MatmulPlan, operands: MatmulOperands) => CodeArray;

export const multiplyByLoop: Multiply = (plan, operands) => referenceMatmul(plan, operands);

/** The plan of product `i` of a batch. @throws UserError for formats that the Tensor engine does not take. */
export function planOfProduct(
  op: OpOf<'matmul'>,
  a: { readonly dtype: Dtype; readonly shape: Shape },
  b: { readonly dtype: Dtype },
  result: { readonly dtype: Dtype; readonly shape: Shape },
  chip: ChipName,
  i = 0,
): MatmulPlan {
  const [m = 0, n = 0] = result.shape.slice(-2);
  return planMatmul({
    ...{ m, n, k: a.shape.at(op.aLayout === 'k-major' ? -2 : -1) ?? 0 },
    ...{ a: a.dtype, b: b.dtype, out: result.dtype },
    ...{ aLayout: op.aLayout, rounding: op.rounding, saturate: op.saturate, chip },
    seed: op.rounding === 'stochastic' ? op.seed + i : 0,
  });
}

const swap = (shape: Shape): number[] => [
  ...shape.slice(0, -2).keys(),
  ...[shape.length - 1, shape.length - 2],
];

/** Of an extent of 0 there is nothing to sum: zeros. */
export function multiplied(
  op: OpOf<'matmul'>,
  a: Values,
  b: Values,
  result: { readonly dtype: Dtype; readonly shape: Shape },
  chip: ChipName,
  multiply: Multiply,
): CodeArray {
  const codes = codeArray(result.dtype, sizeOf(result.shape));
  if (codes.length === 0 || a.codes.length === 0) return codes;
  const moving =
    op.bLayout === 'transposed'
      ? permuted(
          b,
          { kind: 'permute', axes: swap(b.shape) },
          swap(b.shape).map((axis) => b.shape[axis] ?? 0),
        )
      : b.codes;
  const batch = sizeOf(result.shape.slice(0, -2));
  const part = (all: CodeArray, i: number): CodeArray =>
    all.subarray((i * all.length) / batch, ((i + 1) * all.length) / batch);
  for (let i = 0; i < batch; i++) {
    const plan = planOfProduct(op, a, b, result, chip, i);
    codes.set(multiply(plan, { a: part(a.codes, i), b: part(moving, i) }), (i * codes.length) / batch);
  }
  return codes;
}
