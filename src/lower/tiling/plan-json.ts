/** A plan as JSON, as `systole plan --json` prints it, read back with a check of each field. */
import { CHIP_NAMES, CHIPS } from '../../chip';
import { DTYPES, ROUNDINGS, UserError } from '../../numerics';
import { ACTIVATION_OPS } from '../../program';
import {
  flag,
  listOf,
  number,
  object,
  oneOf,
  optional,
  positive,
  size,
  text,
  wrong,
  type Check,
} from '../../program/check';
import type { Epilogue, Extent, MatmulPlan, Pass } from '../matmul';
import { checkedEpilogue } from '../matmul/epilogue';

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
  epilogue: optional(
    object<Epilogue>({
      scale: optional(number),
      bias: optional(oneOf(...DTYPES)),
      activation: optional(oneOf(...ACTIVATION_OPS)),
      residual: optional(oneOf(...DTYPES)),
      outScale: optional(number),
    }),
  ),
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
  requireRuns(plan.passes);
  const clipped = withinProduct(plan);
  for (const axis of ['m', 'n'] as const) {
    if (clipped.block[axis] < clipped.tile[axis])
      throw new UserError(
        `plan.block.${axis} must be at least plan.tile.${axis} = ${clipped.tile[axis]}, received ${clipped.block[axis]}.`,
      );
  }
  requireAgreement(clipped);
  const { epilogue, ...rest } = clipped;
  const checked = checkedEpilogue(epilogue, CHIPS[plan.chip]);
  return checked === undefined ? rest : { ...rest, epilogue: checked };
}

/** Passes of one group add into one bank without another's between them, since a tile of a plan has one bank. */
function requireRuns(passes: readonly Pass[]): void {
  const ended = new Map<number, number>();
  let before: number | undefined;
  for (const [index, { group }] of passes.entries()) {
    if (before !== undefined && before !== group) ended.set(before, index);
    const end = ended.get(group);
    if (end !== undefined)
      throw new UserError(
        `plan.passes[${index}].group must be that of the pass before it or one that no pass has had, since group ${group} ended before pass ${end}, received ${group}: the passes of a group follow one another.`,
      );
    before = group;
  }
}

/** Blocks and tiles end where the product does. */
function withinProduct(plan: MatmulPlan): MatmulPlan {
  const { m, n, k } = plan;
  const clipped = (extent: Extent): Extent => ({
    m: Math.min(extent.m, m),
    n: Math.min(extent.n, n),
    k: Math.min(extent.k, k),
  });
  return { ...plan, tile: clipped(plan.tile), block: clipped(plan.block) };
}

/** What the passes say already must not be said otherwise. */
function requireAgreement({ tile, block, doubleRow, passes, k }: MatmulPlan): void {
  const longest = passes.reduce((most, { rows, interleave }) => Math.max(most, rows * interleave), 1);
  const isDoubleRow = passes.some(({ interleave }) => interleave === 2);
  const said = [
    ['tile.k', tile.k, Math.min(longest, k), 'the extent of the longest of plan.passes'],
    ['doubleRow', doubleRow, isDoubleRow, 'whether any of plan.passes has interleave 2'],
  ] as const;
  for (const [field, given, required, why] of said) {
    if (given !== required)
      throw new UserError(
        `plan.${field} must be ${String(required)}, ${why}, received ${String(given)}: the passes are what is done; change them, or this field.`,
      );
  }
  const extents = new Map<number, number>();
  for (const { group, rows, interleave } of passes)
    extents.set(group, (extents.get(group) ?? 0) + rows * interleave);
  const group = Math.min(Math.max(...extents.values()), k);
  // A group that lacks a pass is shorter: that is for the verdict to say.
  if (block.k < group)
    throw new UserError(
      `plan.block.k must be at least ${group}, the extent of the longest group of plan.passes, received ${block.k}: the passes are what is done; change their groups, or this field.`,
    );
}
