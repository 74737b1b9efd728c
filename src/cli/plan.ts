/** `systole plan M N K`: how a matmul is tiled, what it occupies and moves, and its instruction stream. */
import type { Command } from 'commander';
import { parseChip, type ChipName } from '../chip';
import { describePlan, planToProgram, type Extent } from '../lower';
import type { Dtype } from '../numerics';
import { printProgram, toJSON } from '../program';
import { dtypePair, integerFrom, positiveInteger } from './options';
import { addPlanOptions, planOf, type PlanOptions } from './plan-options';

interface PlanCommandOptions extends PlanOptions {
  readonly dtype?: { readonly a: Dtype; readonly b: Dtype };
  readonly seed?: number;
  readonly chip: ChipName;
  readonly program?: true;
  readonly json?: true;
}

export function addPlan(program: Command): void {
  const command = program
    .command('plan')
    .description(
      'plan out[M, N] = A[M, K] B[K, N] on one NeuronCore and say what the plan occupies and moves',
    )
    .argument('<M>', 'rows of A and of the output', positiveInteger('M'))
    .argument('<N>', 'columns of B and of the output', positiveInteger('N'))
    .argument('<K>', 'columns of A, rows of B', positiveInteger('K'))
    .option('--dtype <a[,b]>', 'format of A and B (default: bf16)', dtypePair)
    .option('--seed <integer>', 'of stochastic rounding (default: 0)', integerFrom(0, '--seed'))
    .option('--chip <name>', 'trn1, trn2 or trn3', parseChip, 'trn2');
  addPlanOptions(command)
    .option('--program', 'print the instruction stream instead')
    .option('--json', 'print the plan, or with --program the Program, as JSON')
    .addHelpText(
      'after',
      `
Examples:
  systole plan 1024 1024 1024
  systole plan 128 14336 4096 --dtype fp8e4m3,fp8e5m2 --out bf16
  systole plan 128 3072 768 --epilogue bias=fp32,activation=gelu,outScale=16 --out fp8e4m3 --saturate
  systole plan 300 200 500 --tile 64,128,128 --program`,
    )
    .action((m: number, n: number, k: number, options: PlanCommandOptions) => {
      console.log(planText({ m, n, k }, options));
    });
}

function planText(shape: Extent, options: PlanCommandOptions): string {
  const { dtype = dtypePair('bf16') } = options;
  const plan = planOf(shape, { ...options, dtype });
  if (!options.program) return options.json ? JSON.stringify(plan, null, 2) : describePlan(plan);
  const program = planToProgram(plan);
  return options.json ? JSON.stringify(toJSON(program)) : printProgram(program);
}
