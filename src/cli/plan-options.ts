/** How a matmul is planned, as options: those of `systole plan`, which `systole time` shares. */
import { Option, type Command } from 'commander';
import type { ChipName } from '../chip';
import { EPILOGUE_STEPS, planMatmul, type Epilogue, type Extent, type MatmulPlan } from '../lower';
import { nearestName, parseDtype, ROUNDINGS, UserError, type Dtype, type Rounding } from '../numerics';
import { ACTIVATION_OPS } from '../program';
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
  readonly epilogue?: Epilogue;
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
    .option(
      '--epilogue <step=value,...>',
      'what is done to each sum: scale=NUMBER, bias=DTYPE, activation=FUNCTION, residual=DTYPE, outScale=NUMBER',
      parseEpilogue,
    )
    .option('--no-double-row', 'forbid fp8 double-row passes');
}

/** Of scale=0.5,bias=bf16,activation=gelu. @throws UserError naming what is no step, no number, no format or no function. */
function parseEpilogue(text: string): Epilogue {
  let epilogue: Epilogue = {};
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=');
    const step = EPILOGUE_STEPS.find((each) => each === name);
    if (step === undefined || value === '')
      throw new UserError(
        `--epilogue takes steps as name=value of ${EPILOGUE_STEPS.join(', ')}, separated by commas; received "${part}".`,
      );
    if (epilogue[step] !== undefined)
      throw new UserError(`--epilogue takes ${step} once; received "${text}".`);
    epilogue = { ...epilogue, [step]: STEP_VALUES[step](value, step) };
  }
  return epilogue;
}

const numberOf = (text: string, step: string): number => {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new UserError(`--epilogue ${step} must be a number, received "${text}".`);
};

const STEP_VALUES = {
  scale: numberOf,
  bias: parseDtype,
  activation: (text) => {
    const op = ACTIVATION_OPS.find((each) => each === text);
    if (op !== undefined) return op;
    const nearest = nearestName(text, ACTIVATION_OPS);
    throw new UserError(
      `--epilogue activation must be a function of the Scalar engine (docs/functions.md), received "${text}"${nearest === undefined ? '' : `; the nearest is ${nearest}`}.`,
    );
  },
  residual: parseDtype,
  outScale: numberOf,
} as const satisfies { readonly [S in keyof Epilogue]-?: (text: string, step: string) => Epilogue[S] };

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
    ...(request.epilogue && { epilogue: request.epilogue }),
  });
}
