/**
 * A Program as JSON and back. Reading checks the form of everything (not legality: that is src/isa), so that a Program
 * edited by hand fails here with the place of the mistake.
 */
import { CHIP_NAMES } from '../chip';
import type { EngineName } from '../chip';
import { DTYPES, UserError } from '../numerics';
import {
  fieldsOf,
  integer,
  listOf,
  numberToJSON,
  object,
  oneOf,
  optional,
  size,
  tagged,
  text,
  wrong,
  type Check,
} from './check';
import { FORMS, type AttributeForm, type Form, type OperandForm } from './forms';
import type {
  ChipPattern,
  Dim,
  HbmPattern,
  HbmTensor,
  Pattern,
  PsumTensor,
  RegisterTerm,
  SbufTensor,
  Space,
  Tensor,
} from './tensors';
import type {
  ForLoop,
  Instruction,
  Opcode,
  Program,
  ProgramNode,
  Scalar,
  WhileLoop,
} from './types';
import { isLoop } from './walk';

const FORMAT = 'systole program';
const VERSION = 2;

export const ENGINES = [
  'tensor',
  'vector',
  'scalar',
  'gpsimd',
  'sync',
  'dma',
] as const satisfies readonly EngineName[];

const dtype = oneOf(...DTYPES);

const dim: Check<Dim> = (value, where) => {
  const [stride, count, ...rest] = listOf(integer)(value, where);
  if (stride !== undefined && count !== undefined && count >= 0 && rest.length === 0) return [stride, count];
  throw wrong(where, '[stride, count]', value);
};

const term: Check<RegisterTerm> = (value, where) => {
  const [register, stride, ...rest]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (typeof register === 'string' && Number.isSafeInteger(stride) && rest.length === 0) {
    return [register, stride as number];
  }
  throw wrong(where, '[register, stride]', value);
};

const onChip = { name: text, dtype, partition: size, partitions: size, elements: size };

const TENSORS: { readonly [S in Space]: Check<Tensor> } = {
  hbm: object<HbmTensor>({
    space: oneOf('hbm'),
    name: text,
    dtype,
    shape: listOf(size),
    role: oneOf('input', 'output', 'scratch'),
  }),
  sbuf: object<SbufTensor>({ space: oneOf('sbuf'), ...onChip, address: size }),
  psum: object<PsumTensor>({ space: oneOf('psum'), ...onChip, bank: size }),
};

const access = { tensor: text, dtype, offset: integer, dims: listOf(dim), registers: optional(listOf(term)) };

const hbmPattern = object<HbmPattern>({ space: oneOf('hbm'), ...access });

const chipPattern = object<ChipPattern>({
  space: oneOf('sbuf', 'psum'),
  ...access,
  partition: size,
  partitions: size,
});

const PATTERNS = {
  chip: chipPattern,
  any: tagged<Pattern>('space', { hbm: hbmPattern, sbuf: chipPattern, psum: chipPattern }),
} as const;

function operand({ place, optional: spare }: OperandForm): Check<Pattern | undefined> {
  return spare ? optional<Pattern>(PATTERNS[place]) : PATTERNS[place];
}

function attribute({ check, optional: spare }: AttributeForm): Check<unknown> {
  return spare ? optional(check) : check;
}

function mapped<F, T>(forms: Readonly<Record<string, F>>, check: (form: F) => Check<T>): Check<Record<string, T>> {
  return object(Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, check(form)])));
}

function instructionOf(opcode: Opcode, form: Form): Check<Instruction> {
  return object({
    opcode: oneOf(opcode),
    id: text,
    engine: oneOf(...ENGINES),
    at: optional(text),
    dst: form.dst === null ? optional(nothing) : operand(form.dst),
    results: optional(mapped(form.results, operand)),
    sources: mapped(form.sources, operand),
    attributes: mapped(form.attributes, attribute),
  }) as unknown as Check<Instruction>;
}

const nothing: Check<undefined> = (value, where) => {
  throw wrong(where, 'absent', value);
};

const INSTRUCTION = tagged<Instruction>(
  'opcode',
  Object.fromEntries(
    Object.entries<Form>(FORMS).map(([opcode, form]) => [opcode, instructionOf(opcode as Opcode, form)]),
  ),
);

const register = object<{ readonly register: string }>({ register: text });

const scalar: Check<Scalar> = (value, where) =>
  typeof value === 'number' ? integer(value, where) : register(value, where);

const step: Check<number> = (value, where) => {
  if (integer(value, where) >= 1) return value as number;
  throw wrong(where, 'a whole number of at least 1', value);
};

const node: Check<ProgramNode> = (value, where) =>
  Object.hasOwn(fieldsOf(value, where), 'loop') ? LOOP(value, where) : INSTRUCTION(value, where);

const loop = { id: text, at: optional(text), register: text, body: listOf(node) };

const LOOP = tagged<ProgramNode>('loop', {
  fori: object<ForLoop>({ loop: oneOf('fori'), ...loop, lower: scalar, upper: scalar, step }),
  while: object<WhileLoop>({ loop: oneOf('while'), ...loop }),
});

const file = object<ProgramFile>({
  format: oneOf(FORMAT),
  version: integer as Check<typeof VERSION>,
  chip: oneOf(...CHIP_NAMES),
  tensors: listOf(tagged<Tensor>('space', TENSORS)),
  instructions: listOf(node),
});

/** A Program as JSON has it. */
export interface ProgramFile extends Program {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
}

/** The Program as a JSON value, with its format's name and version; `fromJSON` gives back an equal Program. */
export function toJSON({ chip, tensors, instructions }: Program): ProgramFile {
  return { format: FORMAT, version: VERSION, chip, tensors, instructions: instructions.map(nodeToJSON) };
}

/** JSON has no infinities and no NaN. */
function nodeToJSON(each: ProgramNode): ProgramNode {
  if (isLoop(each)) return { ...each, body: each.body.map(nodeToJSON) };
  const values: readonly unknown[] = Object.values(each.attributes);
  if (values.every((value) => typeof value !== 'number' || Number.isFinite(value))) return each;
  const attributes = Object.fromEntries(
    Object.entries(each.attributes).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? numberToJSON(value) : value,
    ]),
  );
  return { ...each, attributes } as ProgramNode;
}

/**
 * The Program of a JSON value, as `JSON.parse` gives it.
 *
 * @throws UserError when it has not the form of a Program, naming the place.
 */
export function fromJSON(json: unknown): Program {
  const { version, chip, tensors, instructions } = file(json, 'program');
  if ((version as number) === VERSION) return { chip, tensors, instructions };
  throw new UserError(
    `program.version must be ${VERSION}, received ${version as number}: write the Program again with this version.`,
  );
}
