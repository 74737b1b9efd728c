/** The options of a product, and the plan that they ask for; those of a run of a Program. */
import type { ChipName } from '../chip';
import { checkSignal } from '../execute/matmul';
import { checkBatch } from '../execute/webgpu';
import type { RunOptions } from '../execute/reference';
import type { GpuRunOptions } from '../execute/webgpu/interpreter';
import { planMatmul, type Epilogue, type MatmulPlan, type MatmulRequest } from '../lower';
import { parseDtype, requireFields, UserError, type Dtype, type ShortName } from '../numerics';
import { isGpuBuffer, type Operand } from './operands';

/** NKI's name of a format, or a short one, as `bf16`. */
type FormatName = Dtype | ShortName;

export interface ProductOptions extends Pick<
  MatmulRequest,
  'aLayout' | 'doubleRow' | 'rounding' | 'saturate' | 'seed'
> {
  /** out[M, N] = epilogue(A[M, K] B[K, N] (+ C)). */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Format of both operands, or of each. */
  readonly dtype: FormatName | { readonly a: FormatName; readonly b: FormatName };
  /** Format of the result, and of C; float32 when left out. */
  readonly out?: FormatName;
  /** The chip of `open` when left out. */
  readonly chip?: ChipName;
  /** Added to the sum, before the epilogue. */
  readonly c?: Operand;
  /** What is done to each sum before it is rounded. */
  readonly epilogue?: EpilogueOptions;
  /**
   * Products of this shape that are computed together: each operand holds a matrix for each, below each other, or A and B one that
   * all share; the result holds theirs below each other. Product i is the one that seed + i gives. 1 when left out.
   */
  readonly batch?: number;
  /** A buffer of yours that takes the result; one that the result owns when left out. */
  readonly into?: GPUBuffer;
  readonly signal?: AbortSignal;
}

/** Steps in the order in which they are done; numbers are rounded to float32. */
export interface EpilogueOptions extends Pick<Epilogue, 'scale' | 'activation' | 'outScale'> {
  /** Of [N], added to each row; and of [M, N]. float32 unless `biasDtype`, `residualDtype` say otherwise. */
  readonly bias?: Operand;
  readonly residual?: Operand;
  readonly biasDtype?: FormatName;
  readonly residualDtype?: FormatName;
}

const EPILOGUE_OPTIONS = {
  scale: true,
  bias: true,
  biasDtype: true,
  activation: true,
  residual: true,
  residualDtype: true,
  outScale: true,
} as const satisfies Record<keyof EpilogueOptions, true>;

const OPTIONS = {
  m: true,
  n: true,
  k: true,
  dtype: true,
  out: true,
  chip: true,
  aLayout: true,
  doubleRow: true,
  rounding: true,
  saturate: true,
  seed: true,
  c: true,
  epilogue: true,
  batch: true,
  into: true,
  signal: true,
} as const satisfies Record<keyof ProductOptions, true>;

/** @throws UserError for unknown options, formats and chips, and for what the chip cannot do. */
export function planOf(options: ProductOptions, chip: ChipName): MatmulPlan {
  requireFields('matmul', options, Object.keys(OPTIONS));
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (typeof value === 'bigint')
      throw new UserError(`${name} must not be a BigInt; received ${value}n: take Number(${name}).`);
  }
  const { dtype, out, c, epilogue, batch, into, signal, ...rest } = options;
  if (batch !== undefined) checkBatch(batch);
  checkSignal(signal);
  if (into !== undefined && !isGpuBuffer(into)) throw new UserError('into must be a GPUBuffer.');
  return planMatmul({
    ...rest,
    chip: rest.chip ?? chip,
    ...pairOf(dtype),
    ...(out !== undefined && { out: formatOf('out', out) }),
    accumulate: c !== undefined,
    ...(epilogue !== undefined && { epilogue: epilogueOf(epilogue) }),
  });
}

/** The operands of a product that are options. */
export const addedOf = ({ c, epilogue: { bias, residual } = {} }: ProductOptions) => ({
  ...(c !== undefined && { c }),
  ...(bias !== undefined && { bias }),
  ...(residual !== undefined && { residual }),
});

function epilogueOf(options: EpilogueOptions): Epilogue {
  requireFields('epilogue', options, Object.keys(EPILOGUE_OPTIONS));
  const { bias, residual, biasDtype, residualDtype, ...rest } = options;
  for (const [name, operand, dtype] of [
    ['bias', bias, biasDtype],
    ['residual', residual, residualDtype],
  ] as const) {
    if (operand === undefined && dtype !== undefined)
      throw new UserError(
        `epilogue.${name}Dtype is the format of epilogue.${name}, which is missing: pass it too.`,
      );
  }
  return {
    ...rest,
    ...(bias !== undefined && { bias: formatOf('epilogue.biasDtype', biasDtype ?? 'float32') }),
    ...(residual !== undefined && {
      residual: formatOf('epilogue.residualDtype', residualDtype ?? 'float32'),
    }),
  };
}

function pairOf(dtype: ProductOptions['dtype']): { readonly a: Dtype; readonly b: Dtype } {
  if (typeof dtype !== 'object') return { a: formatOf('dtype', dtype), b: formatOf('dtype', dtype) };
  requireFields('dtype', dtype, ['a', 'b']);
  return { a: formatOf('dtype.a', dtype.a), b: formatOf('dtype.b', dtype.b) };
}

/** How a Program is run: `budget`, `signal` and `onProgress`. */
export type ProgramOptions = RunOptions & GpuRunOptions;

/** @throws UserError for unknown options, and a signal that is none. */
export function checkRun(
  what: string,
  options: ProgramOptions,
  known: readonly (keyof ProgramOptions)[],
): void {
  requireFields(what, options, known);
  checkSignal(options.signal);
}

/** The short names of the command line are good here too. */
function formatOf(option: string, name: unknown): Dtype {
  if (typeof name === 'string') return parseDtype(name);
  throw new UserError(`${option} must name a number format, as "bfloat16"; received ${String(name)}.`);
}
