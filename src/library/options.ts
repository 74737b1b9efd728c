/** The options of a product, and the plan that they ask for; those of a run of a Program. */
import type { ChipName } from '../chip';
import { checkSignal } from '../execute/matmul';
import type { RunOptions } from '../execute/reference';
import type { GpuRunOptions } from '../execute/webgpu/interpreter';
import { planMatmul, type MatmulPlan, type MatmulRequest } from '../lower';
import { parseDtype, requireFields, UserError, type Dtype, type ShortName } from '../numerics';
import { isGpuBuffer, type Operand } from './operands';

/** NKI's name of a format, or a short one, as `bf16`. */
type FormatName = Dtype | ShortName;

export interface ProductOptions extends Pick<
  MatmulRequest,
  'aLayout' | 'doubleRow' | 'rounding' | 'saturate' | 'seed'
> {
  /** out[M, N] = A[M, K] B[K, N] (+ C). */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Format of both operands, or of each. */
  readonly dtype: FormatName | { readonly a: FormatName; readonly b: FormatName };
  /** Format of the result, and of C; float32 when left out. */
  readonly out?: FormatName;
  /** The chip of `open` when left out. */
  readonly chip?: ChipName;
  /** Added last. */
  readonly c?: Operand;
  /** A buffer of yours that takes the result; one that the result owns when left out. */
  readonly into?: GPUBuffer;
  readonly signal?: AbortSignal;
}

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
  const { dtype, out, c, into, signal, ...rest } = options;
  checkSignal(signal);
  if (into !== undefined && !isGpuBuffer(into)) throw new UserError('into must be a GPUBuffer.');
  return planMatmul({
    ...rest,
    chip: rest.chip ?? chip,
    ...pairOf(dtype),
    ...(out !== undefined && { out: formatOf('out', out) }),
    accumulate: c !== undefined,
  });
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
