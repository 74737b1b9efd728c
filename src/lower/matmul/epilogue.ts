/**
 * The epilogue of a product: what is done to each float32 sum before its one rounding to the output's format, so that no
 * intermediate goes through HBM. Each step is one instruction of the chip and rounds to float32 once (docs/numerics.md, Epilogues).
 */
import { dtypeProblem, type Chip } from '../../chip';
import { requireFields, UserError, type Dtype } from '../../numerics';
import { ACTIVATION_OPS, type ActivationOp } from '../../program';

/** Steps in the order in which they are done; those left out are not. */
export interface Epilogue {
  /** The sum times this number, rounded to float32: the scales of quantised operands. */
  readonly scale?: number;
  /** Plus operand `bias` [N], in this format, the same for every row. */
  readonly bias?: Dtype;
  /** A function of the Scalar engine (docs/functions.md). */
  readonly activation?: ActivationOp;
  /** Plus operand `residual` [M, N], in this format. */
  readonly residual?: Dtype;
  /** Times this number, rounded to float32, last: with an output in fp8 that is its quantisation. */
  readonly outScale?: number;
}

export type EpilogueStep = keyof Epilogue;

/** Every step, in order. */
export const EPILOGUE_STEPS = Object.keys({
  scale: true,
  bias: true,
  activation: true,
  residual: true,
  outScale: true,
} satisfies Record<EpilogueStep, true>) as readonly EpilogueStep[];

/** The steps that an epilogue has, in order. */
export const stepsOf = (epilogue: Epilogue = {}): readonly EpilogueStep[] =>
  EPILOGUE_STEPS.filter((step) => epilogue[step] !== undefined);

/** An epilogue as plans hold it, numbers rounded to float32; undefined where it has no steps. @throws UserError for what the chip cannot do. */
export function checkedEpilogue(epilogue: Epilogue | undefined, chip: Chip): Epilogue | undefined {
  if (epilogue === undefined) return undefined;
  requireFields('epilogue', epilogue, EPILOGUE_STEPS);
  const { activation } = epilogue;
  if (activation !== undefined && !ACTIVATION_OPS.includes(activation)) {
    throw new UserError(
      `epilogue.activation must be one of ${ACTIVATION_OPS.join(', ')}, received ${activation}.`,
    );
  }
  for (const operand of ['bias', 'residual'] as const) {
    const dtype = epilogue[operand];
    const problem = dtype === undefined ? undefined : dtypeProblem(chip, dtype);
    if (problem !== undefined) throw new UserError(`epilogue.${operand}: ${problem}`);
  }
  const numbers = (['scale', 'outScale'] as const).flatMap((step) => {
    const value = epilogue[step];
    return value === undefined ? [] : [[step, float32(step, value)] as const];
  });
  const steps = stepsOf(epilogue);
  if (steps.length === 0) return undefined;
  const rounded: Epilogue = { ...epilogue, ...Object.fromEntries(numbers) };
  return Object.fromEntries(steps.map((step) => [step, rounded[step]]));
}

function float32(step: EpilogueStep, value: unknown): number {
  const rounded = typeof value === 'number' ? Math.fround(value) : NaN;
  if (Number.isFinite(rounded)) return rounded;
  throw new UserError(`epilogue.${step} must be a finite float32 number, received ${String(value)}.`);
}

/** An epilogue in words, as "x 0.5, + bias (bfloat16), gelu, + residual (float32), x 16"; empty where there is none. */
export function epilogueText({ scale, bias, activation, residual, outScale }: Epilogue = {}): string {
  return [
    scale === undefined ? [] : `x ${scale}`,
    bias === undefined ? [] : `+ bias (${bias})`,
    activation ?? [],
    residual === undefined ? [] : `+ residual (${residual})`,
    outScale === undefined ? [] : `x ${outScale}`,
  ]
    .flat()
    .join(', ');
}
