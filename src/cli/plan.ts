/** `systole plan M N K`: how a matmul is tiled, what it occupies and moves, and its instruction stream. */
import { Option, type Command } from 'commander';
import { parseChip, type ChipName } from '../chip';
import { describePlan, planMatmul, planToProgram, type Extent } from '../lower';
import { parseDtype, ROUNDINGS, type Dtype, type Rounding } from '../numerics';
import { printProgram, toJSON } from '../program';
import { dtypePair, extent, integerFrom, positiveInteger } from './options';

interface PlanOptions {
  readonly dtype?: { readonly a: Dtype; readonly b: Dtype };
  readonly out?: Dtype;
  readonly rounding?: Rounding;
  readonly saturate?: true;
  readonly seed?: number;
  readonly chip: ChipName;
  readonly tile?: Partial<Extent>;
  readonly block?: Partial<Extent>;
  readonly kMajor?: true;
  readonly accumulate?: true;
  readonly doubleRow: boolean;
  readonly program?: true;
  readonly json?: true;
}

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description(
      'plan out[M, N] = A[M, K] B[K, N] on one NeuronCore and say what the plan occupies and moves',
    )
    .argument('<M>', 'rows of A and of the output', positiveInteger('M'))
    .argument('<N>', 'columns of B and of the output', positiveInteger('N'))
    .argument('<K>', 'columns of A, rows of B', positiveInteger('K'))
    .option('--dtype <a[,b]>', 'format of A and B (default: bf16)', dtypePair)
    .option('--out <dtype>', 'format of the output (default: fp32)', parseDtype)
    .addOption(new Option('--rounding <how>', 'of the output (default: nearest-even)').choices(ROUNDINGS))
    .option('--saturate', 'clamp the output to its format’s largest finite value')
    .option('--seed <integer>', 'of stochastic rounding (default: 0)', integerFrom(0, '--seed'))
    .option('--chip <name>', 'trn1, trn2 or trn3', parseChip, 'trn2')
    .option('--tile <m,n,k>', 'extents of one pass; an empty one is chosen', extent('--tile'))
    .option(
      '--block <m,n,k>',
      'extents held on chip at once; k is that of one accumulation group',
      extent('--block'),
    )
    .option('--k-major', 'A lies in HBM as [K, M], the chip’s own layout')
    .option('--accumulate', 'add to a given C[M, N]')
    .option('--no-double-row', 'forbid fp8 double-row passes')
    .option('--program', 'print the instruction stream instead')
    .option('--json', 'print the plan, or with --program the Program, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  systole plan 1024 1024 1024
  systole plan 128 14336 4096 --dtype fp8e4m3,fp8e5m2 --out bf16
  systole plan 300 200 500 --tile 64,128,128 --program`,
    )
    .action((m: number, n: number, k: number, options: PlanOptions) => {
      console.log(planText({ m, n, k }, options));
    });
}

function planText(shape: Extent, options: PlanOptions): string {
  const { dtype = dtypePair('bf16'), out, chip, tile, block, doubleRow, rounding, seed } = options;
  const plan = planMatmul({
    ...shape,
    ...dtype,
    chip,
    ...(out && { out }),
    ...(rounding && { rounding }),
    ...(options.saturate && { saturate: true }),
    ...(seed !== undefined && { seed }),
    ...(tile && { tile }),
    ...(block && { block }),
    ...(options.kMajor && { aLayout: 'k-major' }),
    ...(options.accumulate && { accumulate: true }),
    ...(!doubleRow && { doubleRow }),
  });
  if (!options.program) return options.json ? JSON.stringify(plan, null, 2) : describePlan(plan);
  const program = planToProgram(plan);
  return options.json ? JSON.stringify(toJSON(program)) : printProgram(program);
}
