/**
 * A Program as JSON and back. Reading checks the form of everything (not legality: that is src/isa), so that a Program
 * edited by hand fails here with the place of the mistake.
 */
import { CHIP_NAMES } from '../chip';
import type { EngineName } from '../chip';
import { DTYPES, ROUNDINGS, UserError } from '../numerics';
import type {
  ChipPattern,
  Dim,
  HbmPattern,
  HbmTensor,
  Instruction,
  Opcode,
  Pattern,
  Program,
  PsumTensor,
  SbufTensor,
  Space,
  Tensor,
  WriteOptions,
} from './types';

const FORMAT = 'systole program';
const VERSION = 1;
const ENGINES = [
  'tensor',
  'vector',
  'scalar',
  'gpsimd',
  'sync',
  'dma',
] as const satisfies readonly EngineName[];

/** Returns the value as what it must be, or throws, naming the place. */
type Check<T> = (value: unknown, where: string) => T;

function wrong(where: string, required: string, value: unknown): UserError {
  const received = JSON.stringify(value) as string | undefined;
  return new UserError(`${where} must be ${required}, received ${(received ?? 'nothing').slice(0, 60)}.`);
}

const text: Check<string> = (value, where) => {
  if (typeof value === 'string') return value;
  throw wrong(where, 'a string', value);
};

const integer: Check<number> = (value, where) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong(where, 'a whole number', value);
};

const size: Check<number> = (value, where) => {
  const number = integer(value, where);
  if (number >= 0) return number;
  throw wrong(where, 'a whole number of at least 0', value);
};

const flag: Check<boolean> = (value, where) => {
  if (typeof value === 'boolean') return value;
  throw wrong(where, 'true or false', value);
};

function oneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  return (value, where) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw wrong(where, `one of ${choices.join(', ')}`, value);
  };
}

function listOf<T>(item: Check<T>): Check<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw wrong(where, 'a list', value);
    return value.map((entry, index) => item(entry, `${where}[${index}]`));
  };
}

function fieldsOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw wrong(where, 'an object', value);
}

/** A field that may be left out. */
function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, where) => (value === undefined ? undefined : check(value, where));
}

/** An object of exactly these fields; others are refused, so that a misspelt one is not lost. */
function object<T extends object>(checks: { readonly [F in keyof T]-?: Check<T[F]> }): Check<T> {
  const known = Object.entries<Check<unknown>>(checks);
  return (value, where) => {
    const fields = fieldsOf(value, where);
    const unknown = Object.keys(fields).find((name) => !known.some(([own]) => own === name));
    if (unknown !== undefined) throw new UserError(`${where} has no field "${unknown}".`);
    const checked = known.map(([name, check]) => [name, check(fields[name], `${where}.${name}`)] as const);
    return Object.fromEntries(checked.filter(([, field]) => field !== undefined)) as T;
  };
}

/** An object whose form depends on one of its fields. */
function tagged<T>(tag: string, forms: Readonly<Record<string, Check<T>>>): Check<T> {
  return (value, where) => {
    const name = fieldsOf(value, where)[tag];
    const form = Object.entries(forms).find(([own]) => own === name)?.[1];
    if (form !== undefined) return form(value, where);
    throw wrong(`${where}.${tag}`, `one of ${Object.keys(forms).join(', ')}`, name);
  };
}

const dtype = oneOf(...DTYPES);

const dim: Check<Dim> = (value, where) => {
  const [stride, count, ...rest] = listOf(integer)(value, where);
  if (stride !== undefined && count !== undefined && count >= 0 && rest.length === 0) return [stride, count];
  throw wrong(where, '[stride, count]', value);
};

const onChip = { name: text, dtype, partition: size, partitions: size, elements: size };

const TENSORS: { readonly [S in Space]: Check<Tensor> } = {
  hbm: object<HbmTensor>({
    space: oneOf('hbm'),
    name: text,
    dtype,
    shape: listOf(size),
    role: oneOf('input', 'output'),
  }),
  sbuf: object<SbufTensor>({ space: oneOf('sbuf'), ...onChip, address: size }),
  psum: object<PsumTensor>({ space: oneOf('psum'), ...onChip, bank: size }),
};

const access = { tensor: text, dtype, offset: size, dims: listOf(dim) };

const hbmPattern = object<HbmPattern>({ space: oneOf('hbm'), ...access });

const chipPattern = object<ChipPattern>({
  space: oneOf('sbuf', 'psum'),
  ...access,
  partition: size,
  partitions: size,
});

const anyPattern = tagged<Pattern>('space', { hbm: hbmPattern, sbuf: chipPattern, psum: chipPattern });

const nothing: Check<Readonly<Record<string, never>>> = object({});

const write = {
  rounding: optional(oneOf(...ROUNDINGS)),
  saturate: optional(flag),
  seed: optional(size),
  element: optional(size),
  pitch: optional(size),
};

const common = { id: text, engine: oneOf(...ENGINES) };

const INSTRUCTIONS: { readonly [O in Opcode]: Check<Instruction<O>> } = {
  dma_copy: object<Instruction<'dma_copy'>>({
    opcode: oneOf('dma_copy'),
    ...common,
    dst: anyPattern,
    sources: object({ src: anyPattern }),
    attributes: nothing,
  }),
  nc_matmul: object<Instruction<'nc_matmul'>>({
    opcode: oneOf('nc_matmul'),
    ...common,
    dst: chipPattern,
    sources: object({ stationary: chipPattern, moving: chipPattern }),
    attributes: object({ accumulate: flag, performance: oneOf('none', 'double_row') }),
  }),
  tensor_copy: object<Instruction<'tensor_copy'>>({
    opcode: oneOf('tensor_copy'),
    ...common,
    dst: chipPattern,
    sources: object({ src: chipPattern }),
    attributes: object<WriteOptions>(write),
  }),
  tensor_tensor: object<Instruction<'tensor_tensor'>>({
    opcode: oneOf('tensor_tensor'),
    ...common,
    dst: chipPattern,
    sources: object({ data1: chipPattern, data2: chipPattern }),
    attributes: object<Instruction<'tensor_tensor'>['attributes']>({ op: oneOf('add'), ...write }),
  }),
  memset: object<Instruction<'memset'>>({
    opcode: oneOf('memset'),
    ...common,
    dst: chipPattern,
    sources: nothing,
    attributes: object({ code: size }),
  }),
};

const file = object({
  format: oneOf(FORMAT),
  version: integer,
  chip: oneOf(...CHIP_NAMES),
  tensors: listOf(tagged<Tensor>('space', TENSORS)),
  instructions: listOf(tagged<Instruction>('opcode', INSTRUCTIONS)),
});

/** A Program as JSON has it. */
export interface ProgramFile extends Program {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
}

/** The Program as a JSON value, with its format's name and version; `fromJSON` gives back an equal Program. */
export function toJSON({ chip, tensors, instructions }: Program): ProgramFile {
  return { format: FORMAT, version: VERSION, chip, tensors, instructions };
}

/**
 * The Program of a JSON value, as `JSON.parse` gives it.
 *
 * @throws UserError when it has not the form of a Program, naming the place.
 */
export function fromJSON(json: unknown): Program {
  const { version, chip, tensors, instructions } = file(json, 'program');
  if (version === VERSION) return { chip, tensors, instructions };
  throw new UserError(
    `program.version must be ${VERSION}, received ${version}: write the Program again with this version.`,
  );
}
