/** How a matmul is planned, as options: those of `systole plan`, which `systole time` shares. */
import { Option, type Command } from 'commander';
import type { ChipName } from '../chip';
import { planMatmul, type Extent, type MatmulPlan } from '../lower';
import { parseDtype, ROUNDINGS, type Dtype, type Rounding } from '../numerics';
import { extent } from './options';

/** Those that nothing but a plan has. */
export interface PlanOptions {
  readonly out?: Dtype;
  readonly rounding?: Rounding;
  readonly saturate?: true;
  readonly tile?: Partial<Extent>;
  readonly block?: Partial<Extent>;
  readonly kMajor?: true;
  readonly accumulate?: true;
  /** False with --no-double-row. */
  readonly doubleRow: boolean;
}

export interface PlanRequest extends PlanOptions {
  readonly dtype: { readonly a: Dtype; readonly b: Dtype };
  readonly chip: ChipName;
  /** Of stochastic rounding. */
  readonly seed?: number | undefined;
}

export function addPlanOptions(command: Command): Command {
  return command
    .option('--out <dtype>', 'format of the output of a plan (default: fp32)', parseDtype)
    .addOption(new Option('--rounding <how>', 'of the output (default: nearest-even)').choices(ROUNDINGS))
    .option('--saturate', 'clamp the output to its format’s largest finite value')
    .option('--tile <m,n,k>', 'extents of one pass; an empty one is chosen', extent('--tile'))
    .option(
      '--block <m,n,k>',
      'extents held on chip at once; k is that of one accumulation group',
      extent('--block'),
    )
    .option('--k-major', 'A lies in HBM as [K, M], the chip’s own layout')
    .option('--accumulate', 'add to a given C[M, N]')
    .option('--no-double-row', 'forbid fp8 double-row passes');
}

/** @throws UserError for what cannot be planned. */
export function planOf(shape: Extent, request: PlanRequest): MatmulPlan {
  const { dtype, out, chip, tile, block, doubleRow, rounding, seed } = request;
  return planMatmul({
    ...shape,
    ...dtype,
    chip,
    ...(out && { out }),
    ...(rounding && { rounding }),
    ...(request.saturate && { saturate: true }),
    ...(seed !== undefined && { seed }),
    ...(tile && { tile }),
    ...(block && { block }),
    ...(request.kMajor && { aLayout: 'k-major' }),
    ...(request.accumulate && { accumulate: true }),
    ...(!doubleRow && { doubleRow }),
  });
}
