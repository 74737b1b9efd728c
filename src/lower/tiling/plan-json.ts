/** A plan as JSON, as `systole plan --json` prints it, read back with a check of each field. */
import { CHIP_NAMES } from '../../chip';
import { DTYPES, ROUNDINGS, UserError } from '../../numerics';
import { flag, listOf, object, oneOf, positive, size, text, wrong, type Check } from '../../program/check';
import type { Extent, MatmulPlan, Pass } from '../matmul';

const extent = object<Extent>({ m: positive, n: positive, k: positive });

const interleave: Check<1 | 2> = (value, where) => {
  if (value === 1 || value === 2) return value;
  throw wrong(where, '1 or 2', value);
};

const PLAN = object<MatmulPlan>({
  m: positive,
  n: positive,
  k: positive,
  a: oneOf(...DTYPES),
  b: oneOf(...DTYPES),
  out: oneOf(...DTYPES),
  rounding: oneOf(...ROUNDINGS),
  saturate: flag,
  seed: size,
  accumulate: flag,
  aLayout: oneOf('row-major', 'k-major'),
  chip: oneOf(...CHIP_NAMES),
  tile: extent,
  block: extent,
  loopOrder: listOf(text),
  doubleRow: flag,
  passes: listOf(object<Pass>({ k0: size, rows: positive, interleave, group: size })),
  buffers: object<MatmulPlan['buffers']>({ a: positive, b: positive, out: positive }),
});

/** The order of `planToProgram`; a plan names it for readers. */
const LOOP_ORDER = 'block-m, block-n, block-k, pass, tile-m, tile-n';

/** @throws UserError when the JSON value is no plan, naming the path of the bad field. */
export function planFromJSON(json: unknown): MatmulPlan {
  const plan = PLAN(json, 'plan');
  if (plan.loopOrder.join(', ') !== LOOP_ORDER)
    throw new UserError(
      `plan.loopOrder must be ${LOOP_ORDER}, received ${plan.loopOrder.join(', ')}: a plan has one order; write others as a tiling (docs/tiling.md).`,
    );
  if (plan.passes.length === 0)
    throw new UserError('plan.passes must list at least one pass, received none.');
  for (const axis of ['m', 'n'] as const) {
    if (plan.block[axis] < plan.tile[axis])
      throw new UserError(
        `plan.block.${axis} must be at least plan.tile.${axis} = ${plan.tile[axis]}, received ${plan.block[axis]}.`,
      );
  }
  return plan;
}
