/** Kernels, and tracing one: the function is run once, and what it calls becomes a Program. */
import { parseChip } from '../chip';
import type { ChipName } from '../chip';
import { parseDtype, requireFields, UserError } from '../numerics';
import type { Dtype } from '../numerics';
import type { Program } from '../program';
import { requireName } from '../program/names';
import { builderOf, hbmView, type Nc } from './builder';
import { asyncProblem, KernelError } from './errors';
import { placed } from './placing';
import { DEFAULT_BUDGET, Recorder } from './recorder';
import { list } from './strided';
import type { HbmView } from './views';

const KERNEL = Symbol.for('systole.kernel');

/** What a kernel does with its inputs. */
export type KernelFunction<Input extends string> = (nc: Nc, inputs: Readonly<Record<Input, HbmView>>) => void;

/** A function over HBM tensors that makes a Program. */
export interface Kernel<Input extends string = string> {
  readonly name: string;
  /** Names of its inputs, in order. */
  readonly inputs: readonly Input[];
  readonly body: (nc: Nc, inputs: Readonly<Record<string, HbmView>>) => unknown;
  readonly [KERNEL]: true;
}

/** @throws UserError when a name cannot be that of a kernel or an input. */
export function kernel<const Input extends string>(
  name: string,
  inputs: readonly Input[],
  body: KernelFunction<Input>,
): Kernel<Input> {
  requireName('a kernel', name);
  for (const input of inputs) requireName(`an input of kernel "${name}"`, input);
  const twice = inputs.find((input, index) => inputs.indexOf(input) < index);
  if (twice !== undefined)
    throw new UserError(`Kernel "${name}" has two inputs "${twice}": names must differ.`);
  if (typeof body !== 'function') throw new UserError(`Kernel "${name}" takes its function last.`);
  return { name, inputs, body, [KERNEL]: true };
}

/** Of whichever copy of this package. */
export function isKernel(value: unknown): value is Kernel {
  return typeof value === 'object' && value !== null && KERNEL in value;
}

export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

export interface TraceOptions<Input extends string = string> {
  readonly chip: ChipName;
  readonly inputs: Readonly<Record<Input, InputSpec>>;
  /** Most instructions, and most tensors: 1,000,000 when left out. */
  readonly budget?: number | undefined;
  /** From a file:line:column in what runs to one in what was written, or to none, for whoever bundles kernels. */
  readonly locate?: ((location: string) => string | undefined) | undefined;
}

export interface Traced {
  readonly kernel: string;
  readonly program: Program;
}

/** @throws UserError when an untyped caller gives something else, or an extent is none. */
function requireShape(input: string, shape: unknown): void {
  const extents: readonly unknown[] | undefined = Array.isArray(shape) ? shape : undefined;
  const whole = (extent: unknown) =>
    typeof extent === 'number' && Number.isSafeInteger(extent) && extent >= 1;
  if (extents !== undefined && extents.length > 0 && extents.every(whole)) return;
  throw new UserError(
    `shape of input "${input}" must be whole numbers of at least 1, received ${extents === undefined ? String(shape) : list(extents)}.`,
  );
}

/**
 * Runs a kernel once on inputs of given shapes and formats, and gives the Program that it made, with every address.
 *
 * @throws KernelError when a call breaks a rule, a memory is full, the budget is spent, or the kernel throws.
 * @throws UserError when the options are not those of the kernel.
 */
export function trace<Input extends string>(traced: Kernel<Input>, options: TraceOptions<Input>): Traced {
  requireFields('trace', options, ['chip', 'inputs', 'budget', 'locate']);
  const { chip, inputs, budget = DEFAULT_BUDGET, locate } = options;
  if (!isKernel(traced)) throw new UserError('trace takes a kernel first: kernel(name, inputs, function).');
  if (!Number.isSafeInteger(budget) || budget < 1) {
    throw new UserError(`budget must be a whole number of at least 1, received ${String(budget)}.`);
  }
  const { name, body } = traced;
  requireFields(`inputs of kernel "${name}"`, inputs, traced.inputs);
  const recorder = new Recorder({ kernel: name, chip: parseChip(chip), budget, locate });
  const views = traced.inputs.map((input) => {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- of untyped callers
    const { shape, dtype } = inputs[input] ?? {};
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- of untyped callers
    if (shape === undefined || dtype === undefined) {
      throw new UserError(`input "${input}" of kernel "${name}" needs shape and dtype.`);
    }
    requireShape(input, shape);
    const tensor = {
      space: 'hbm',
      name: recorder.tensorNames.unique(input),
      dtype: parseDtype(dtype),
      shape: [...shape],
      role: 'input',
    } as const;
    recorder.addHbm(tensor);
    return [input, hbmView(recorder, tensor)] as const;
  });
  try {
    const problem = asyncProblem(body(builderOf(recorder), Object.fromEntries(views)));
    if (problem !== undefined) throw new KernelError(problem, { kernel: name });
  } catch (error) {
    throw recorder.thrown(error);
  } finally {
    recorder.close();
  }
  const tensors = [...recorder.hbm, ...placed(recorder.claims, recorder.chip, name)];
  return { kernel: name, program: { chip: recorder.chip.name, tensors, instructions: recorder.nodes } };
}
