/** The small product by which a kernel is proved: its plan and operands, after a plan that the kernel is to be used for. */
import { planMatmul, type MatmulPlan } from '../../lower';
import { knownOperand } from '../known-operand';
import type { MatmulOperands } from '../matmul';

/** Ragged in every direction, two full passes and a remainder, two groups where the plan has them. */
export function knownProduct(
  like: MatmulPlan,
  tileM: number,
): { readonly plan: MatmulPlan; readonly operands: MatmulOperands } {
  const rowsPerPass = like.doubleRow ? 256 : 128;
  const plan = planMatmul({
    m: tileM === 1 ? 1 : tileM + 1,
    n: 133,
    k: 2 * rowsPerPass + 70,
    a: like.a,
    b: like.b,
    out: like.out,
    rounding: like.rounding,
    saturate: like.saturate,
    seed: like.seed,
    accumulate: like.accumulate,
    chip: like.chip,
    doubleRow: like.doubleRow,
    ...(like.epilogue && { epilogue: like.epilogue }),
    ...(like.passes.at(-1)?.group ? { block: { k: rowsPerPass } } : {}),
  });
  const { bias, residual } = plan.epilogue ?? {};
  const operands = {
    a: knownOperand(plan.a, plan.m * plan.k, 1),
    b: knownOperand(plan.b, plan.k * plan.n, 2),
    ...(plan.accumulate ? { c: knownOperand(plan.out, plan.m * plan.n, 3) } : {}),
    ...(bias && { bias: knownOperand(bias, plan.n, 4) }),
    ...(residual && { residual: knownOperand(residual, plan.m * plan.n, 5) }),
  };
  return { plan, operands };
}
