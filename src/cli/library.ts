/** Kernels of the library at the command line: found by name, on files or random inputs of chosen sizes, and checked against float64. */
import { plainTable } from '../../bench/report/plain-table';
import type { CodedArray } from '../../bench/weights';
import type { ChipName } from '../chip';
import { trace } from '../kernel';
import { checkOutput, type OutputCheck } from '../kernels/check';
import { sizesOf, type LibraryKernel, type Sizes } from '../kernels/entry';
import { LIBRARY } from '../kernels/library';
import { randomCodes, referenceInputs } from '../kernels/random';
import { shortName, UserError, type CodeArray, type Dtype } from '../numerics';
import type { HbmTensor, Program } from '../program';
import { assignGiven, readArrayFile, shapesOf, type InputArgument } from './program-inputs';

export interface LibraryRequest {
  readonly entry: LibraryKernel;
  /** The rest are random. */
  readonly inputs: readonly InputArgument[];
  readonly sizes: Readonly<Record<string, number>>;
  readonly chip?: ChipName | undefined;
  readonly dtype?: Dtype | undefined;
  /** Random inputs have no values where it is undefined: tracing needs none. */
  readonly seed: number | undefined;
  readonly budget?: number | undefined;
}

export interface OpenedLibrary {
  readonly entry: LibraryKernel;
  readonly sizes: Sizes;
  readonly inputs: ReadonlyMap<string, CodedArray>;
  readonly program: Program;
}

const DEFAULT_CHIP: ChipName = 'trn2';

/** Places in this bundle say nothing to a user, and differ from machine to machine. */
const nowhere = (): undefined => undefined;

/** @throws UserError for a chip, format, size or input that there is not, and for what the kernel refuses. */
export async function openLibrary(request: LibraryRequest): Promise<OpenedLibrary> {
  const { entry, seed, budget } = request;
  const chip = chipOf(entry, request.chip);
  const sizes = sizesOf(entry, request.sizes);
  const random = entry.inputs(sizes, dtypeOf(entry, request.dtype));
  const given = assignGiven(`Kernel ${entry.name}`, Object.keys(random), request.inputs);
  const inputs = new Map<string, CodedArray>();
  for (const [name, wanted] of Object.entries(random)) {
    const { file, shape, dtype } = given.get(name) ?? {};
    if (shape !== undefined) {
      throw new UserError(
        `Random inputs of ${entry.name} have its sizes: give ${name}=random, and --size ${sizesText(sizes)}.`,
      );
    }
    if (file === undefined) {
      const own = { ...wanted, ...(dtype !== undefined && { dtype }) };
      const codes = seed === undefined ? new Uint8Array(0) : randomCodes(own, seed, inputs.size);
      inputs.set(name, { ...own, codes });
    } else {
      inputs.set(name, await readArrayFile(file, dtype));
    }
  }
  const files = [...given].filter(([, { file }]) => file !== undefined).map(([name]) => name);
  if (files.length === inputs.size) requireNothingRandom(entry, request);
  else requireFit(entry, sizes, inputs, files);
  const how = { chip, inputs: shapesOf(inputs), budget, locate: nowhere };
  const { program } = trace(entry.kernel(sizes), how);
  return { entry, sizes, inputs, program };
}

function chipOf({ name, chips }: LibraryKernel, wanted: ChipName | undefined): ChipName {
  const chip = wanted ?? (chips.includes(DEFAULT_CHIP) ? DEFAULT_CHIP : chips[0]);
  if (chip !== undefined && chips.includes(chip)) return chip;
  throw new UserError(`${name} is for ${chips.join(', ')}, received ${chip ?? 'none'}.`);
}

function dtypeOf({ name, dtypes }: LibraryKernel, wanted: Dtype | undefined): Dtype {
  const dtype = wanted ?? dtypes[0];
  if (dtype !== undefined && dtypes.includes(dtype)) return dtype;
  throw new UserError(`${name} takes data of ${dtypes.join(', ')}, received ${dtype ?? 'none'}.`);
}

/** @throws UserError where sizes or the format of random inputs are told, and none is random. */
function requireNothingRandom(
  { name, sizes }: LibraryKernel,
  { sizes: given, dtype, inputs }: LibraryRequest,
): void {
  if (dtype !== undefined) {
    const file = inputs[0]?.file ?? 'x.npy';
    throw new UserError(
      `--dtype is for random inputs, and all of ${name} are given: leave it out, or write ${file}:${shortName(dtype)}.`,
    );
  }
  const idle = Object.keys(given).find((size) => sizes[size]?.of === 'inputs');
  if (idle === undefined) return;
  throw new UserError(
    `Size ${idle} of ${name} is for random inputs, and all are given: leave --size ${idle} out.`,
  );
}

/** @throws UserError where a file has not the shape that goes with random inputs. */
function requireFit(
  entry: LibraryKernel,
  sizes: Sizes,
  inputs: ReadonlyMap<string, CodedArray>,
  files: readonly string[],
): void {
  const random = entry.inputs(sizes, entry.dtypes[0] ?? 'float32');
  for (const name of files) {
    const [received, wanted] = [inputs.get(name)?.shape, random[name]?.shape];
    if (received?.join() === wanted?.join()) continue;
    throw new UserError(
      `Input "${name}" is [${received?.join(', ') ?? ''}], and random inputs of ${sizesText(sizes)} go with [${wanted?.join(', ') ?? ''}]: give the sizes with --size, or every input.`,
    );
  }
}

const sizesText = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

/** `rows=64` or `rows=64,columns=512`, for an option that may be given several times. */
export function parseSizes(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const sizes = new Map(Object.entries(before));
  for (const part of text.split(',')) {
    const [, name, value] = /^(\w+)=(\d+)$/.exec(part) ?? [];
    if (name === undefined)
      throw new UserError(`--size takes name=number, as in rows=64,columns=512, received "${text}".`);
    if (sizes.has(name)) throw new UserError(`Size "${name}" is given twice.`);
    sizes.set(name, Number(value));
  }
  return Object.fromEntries(sizes);
}

/** One line: the kernel, its chip, what it runs on, and those of its sizes that no input shows. */
export function libraryTitle({ entry, sizes, inputs, program }: OpenedLibrary): string {
  const shapes = [...inputs].map(
    ([name, { shape, dtype }]) => `${name} [${shape.join(', ')}] ${shortName(dtype)}`,
  );
  const own = Object.entries(sizes).filter(([name]) => entry.sizes[name]?.of === 'kernel');
  const parts = [...shapes, ...own.map(([name, value]) => `${name} ${value}`)];
  return `${entry.name} on ${program.chip}: ${parts.join(', ')}`;
}

/** Every output against the float64 reference, by name, in the Program's order. Takes as long as float64 takes. */
export function checkOutputs(
  { entry, sizes, inputs }: OpenedLibrary,
  tensors: readonly HbmTensor[],
  outputs: Readonly<Record<string, CodeArray>>,
): ReadonlyMap<HbmTensor, OutputCheck> {
  const expected = entry.expected(referenceInputs(Object.fromEntries(inputs)), sizes);
  return new Map(
    tensors.map((tensor) => {
      const [codes, reference] = [outputs[tensor.name], expected[tensor.name]];
      if (codes === undefined || reference === undefined) {
        throw new Error(`Invariant violation: output ${tensor.name} of ${entry.name} has no reference`);
      }
      return [tensor, checkOutput(tensor.dtype, codes, reference)];
    }),
  );
}

/** A line for each output. */
export function checksText(checks: ReadonlyMap<HbmTensor, OutputCheck>): string {
  return [...checks].map(([{ name, shape }, check]) => `${name}: ${checkText(check, shape)}`).join('\n');
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));

function checkText(check: OutputCheck, shape: readonly number[]): string {
  const { elements, notFinite } = check;
  const odd = notFinite === 0 ? '' : `; ${notFinite} of ${elements} elements are not finite`;
  return `${verdictOf(check, shape)}${odd}`;
}

function verdictOf(
  { elements, wrong, first, largestError, largestShare }: OutputCheck,
  shape: readonly number[],
): string {
  if (first === undefined) {
    return largestError === 0
      ? 'equals float64 everywhere'
      : `within its bound of float64 everywhere; largest error ${digits(largestError)}, at most ${digits(100 * largestShare)}% of the bound`;
  }
  const { index, received, expected, bound } = first;
  return `WRONG: ${wrong} of ${elements} elements are outside their bound, the first at [${placeOf(index, shape).join(', ')}]: received ${received}, expected ${expected} within ${digits(bound)}; largest error ${digits(largestError)}`;
}

/** Of a row-major index. */
function placeOf(index: number, shape: readonly number[]): readonly number[] {
  let rest = index;
  return [...shape]
    .reverse()
    .map((extent) => {
      const position = rest % extent;
      rest = (rest - position) / extent;
      return position;
    })
    .reverse();
}

/** Every kernel, with the sizes it has when none are told. */
export function libraryTable(): string {
  return plainTable(
    ['kernel', 'sizes', 'formats', 'chips', 'what it gives'],
    ['left', 'left', 'left', 'left', 'left'],
    LIBRARY.map(({ name, sizes, dtypes, chips, summary }) => [
      name,
      sizesText(Object.fromEntries(Object.entries(sizes).map(([size, { default: value }]) => [size, value]))),
      dtypes.map(shortName).join(' '),
      chips.join(' '),
      summary,
    ]),
  );
}

/** One kernel: its inputs, and its sizes with their limits. */
export function entryText({ name, summary, sizes, dtypes, chips, doc, ...entry }: LibraryKernel): string {
  const defaults = sizesOf({ name, summary, sizes, dtypes, chips, doc, ...entry });
  const inputs = Object.entries(entry.inputs(defaults, dtypes[0] ?? 'float32'));
  const table = plainTable(
    ['size', 'default', 'least', 'most', 'what it is'],
    ['left', 'right', 'right', 'right', 'left'],
    Object.entries(sizes).map(([size, { default: value, least, most, step = 1, summary: what }]) => [
      size,
      ...[value, least, most].map(String),
      step === 1 ? what : `${what}; a multiple of ${step}`,
    ]),
  );
  return [
    `${name}: ${summary}`,
    `inputs   ${inputs.map(([input, { shape, dtype }]) => `${input} [${shape.join(', ')}] ${shortName(dtype)}`).join(', ')}`,
    `formats  ${dtypes.map(shortName).join(', ')}`,
    `chips    ${chips.join(', ')}`,
    `page     ${doc}`,
    '',
    table,
  ].join('\n');
}
