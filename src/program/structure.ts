/**
 * The form of everything that a Program is made of, as checks that JSON and text are read with: of tensors, patterns,
 * instructions (from forms/) and loops. Legality is not asked here: that is src/isa.
 */
import { CHIP_NAMES } from '../chip';
import type { EngineName } from '../chip';
import { DTYPES } from '../numerics';
import {
  checkOf,
  fieldsOf,
  integer,
  itemsOf,
  listOf,
  object,
  oneOf,
  optional,
  pairOf,
  positive,
  size,
  tagged,
  wrong,
  type Check,
} from './check';
import { FORMS, type AttributeForm, type Form, type OperandForm } from './forms';
import { Distinct, name } from './names';
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
import type { ForLoop, Instruction, Opcode, Program, ProgramNode, Scalar, WhileLoop } from './types';
import { isLoop, readsOf, writesOf, type NamedOperand } from './walk';

export const ENGINES = [
  'tensor',
  'vector',
  'scalar',
  'gpsimd',
  'sync',
  'dma',
] as const satisfies readonly EngineName[];

export const chipName = oneOf(...CHIP_NAMES);

const dtype = oneOf(...DTYPES);

const dim: Check<Dim> = pairOf('[stride, count], the count at least 0', ([, count]) => count >= 0);

const term: Check<RegisterTerm> = (value, where) => {
  const [register, stride, ...rest] = itemsOf(value);
  if (stride === undefined || rest.length > 0) throw wrong(where, '[register, stride]', value);
  return [name(register, `${where}[0]`), integer(stride, `${where}[1]`)];
};

/** Where its author wrote something: one line of text. */
const at = checkOf('"file:line:column" on one line', (value) =>
  typeof value === 'string' && value !== '' && !/[\r\n]/.test(value) ? value : undefined,
);

/** Edges: an empty list would be lost in the text. */
const after: Check<readonly string[]> = (value, where) => {
  const ids = listOf(name)(value, where);
  if (ids.length === 0) throw wrong(where, 'a list of at least one id, or absent', value);
  return ids;
};

const onChip = { name, dtype, partition: size, partitions: size, elements: size };

const TENSORS: { readonly [S in Space]: Check<Tensor> } = {
  hbm: object<HbmTensor>({
    space: oneOf('hbm'),
    name,
    dtype,
    shape: listOf(size),
    role: oneOf('input', 'output', 'scratch'),
  }),
  sbuf: object<SbufTensor>({ space: oneOf('sbuf'), ...onChip, address: size }),
  psum: object<PsumTensor>({ space: oneOf('psum'), ...onChip, bank: size }),
};

export const tensor = tagged<Tensor>('space', TENSORS);

const access = { tensor: name, dtype, offset: integer, dims: listOf(dim), registers: optional(listOf(term)) };

const noIndex: Check<undefined> = (value, where) => {
  if (value !== undefined) throw wrong(where, 'absent from a pattern in HBM or of an index', value);
};

const hbmPattern = object<HbmPattern>({ space: oneOf('hbm'), ...access, index: noIndex });

const chip = { space: oneOf('sbuf', 'psum'), ...access, partition: size, partitions: size } as const;

const chipPattern = object<ChipPattern>({
  ...chip,
  index: optional(object<ChipPattern>({ ...chip, index: noIndex })),
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

function mapped<F, T>(
  forms: Readonly<Record<string, F>>,
  check: (form: F) => Check<T>,
): Check<Record<string, T>> {
  return object(Object.fromEntries(Object.entries(forms).map(([key, form]) => [key, check(form)])));
}

const absent: Check<undefined> = (value, where) => {
  if (value !== undefined) throw wrong(where, 'absent', value);
};

function instructionOf(opcode: Opcode, { dst, results, sources, attributes }: Form): Check<Instruction> {
  return object({
    opcode: oneOf(opcode),
    id: name,
    engine: oneOf(...ENGINES),
    at: optional(at),
    after: optional(after),
    dst: dst === null ? absent : operand(dst),
    results: Object.values(results).every(({ optional: spare }) => spare)
      ? optional(mapped(results, operand))
      : mapped(results, operand),
    sources: mapped(sources, operand),
    attributes: mapped(attributes, attribute),
  }) as unknown as Check<Instruction>;
}

export const instruction = tagged<Instruction>(
  'opcode',
  Object.fromEntries(
    Object.entries<Form>(FORMS).map(([opcode, form]) => [opcode, instructionOf(opcode as Opcode, form)]),
  ),
);

const register = object<{ readonly register: string }>({ register: name });

const scalar: Check<Scalar> = (value, where) =>
  typeof value === 'object' ? register(value, where) : integer(value, where);

export const node: Check<ProgramNode> = (value, where) =>
  Object.hasOwn(fieldsOf(value, where), 'loop') ? loop(value, where) : instruction(value, where);

const common = { id: name, at: optional(at), register: name, body: listOf(node) };

export const loop = tagged<ForLoop | WhileLoop>('loop', {
  fori: object<ForLoop>({ loop: oneOf('fori'), ...common, lower: scalar, upper: scalar, step: positive }),
  while: object<WhileLoop>({ loop: oneOf('while'), ...common }),
});

/** What of a Program must agree: tensors' and nodes' names are distinct, and patterns lie over tensors that are there. */
export class Agreement {
  readonly #spaces = new Map<string, Space>();
  readonly #tensors = new Distinct();
  readonly #ids = new Distinct();

  /** `where` is the place of the tensor's name, `called` what a later message calls it. @throws UserError when it is taken. */
  addTensor({ name: key, space }: Tensor, where: string, called?: string): void {
    this.#tensors.claim(key, where, called);
    this.#spaces.set(key, space);
  }

  spaceOf(tensorName: string): Space | undefined {
    return this.#spaces.get(tensorName);
  }

  /** `where` is the place of the node's id, `called` what a later message calls it. @throws UserError when it is taken. */
  addId(id: string, where: string, called?: string): void {
    this.#ids.claim(id, where, called);
  }

  /** @throws UserError when a pattern is over no tensor, or one of another memory. */
  requirePatterns(checked: Instruction, where: string): void {
    const require = (place: string, { name: key, pattern }: NamedOperand) => {
      if (pattern.index !== undefined) require(place, { name: `${key}.index`, pattern: pattern.index });
      const space = this.#spaces.get(pattern.tensor);
      if (space === pattern.space) return;
      const wanted = `a tensor of this Program in ${pattern.space}`;
      throw wrong(
        `${where}.${place}${key}.tensor`,
        wanted,
        `${pattern.tensor}${space ? ` in ${space}` : ''}`,
      );
    };
    for (const operands of writesOf(checked)) require(operands.name === 'dst' ? '' : 'results.', operands);
    for (const operands of readsOf(checked)) require('sources.', operands);
  }
}

/** Checks what must agree in a Program whose form is right. @throws UserError, naming the path. */
export function requireAgreement({ tensors, instructions }: Program, where: string): void {
  const agreement = new Agreement();
  tensors.forEach((each, index) => {
    agreement.addTensor(each, `${where}.tensors[${index}].name`);
  });
  const visit = (nodes: readonly ProgramNode[], place: string) => {
    nodes.forEach((each, index) => {
      const here = `${place}[${index}]`;
      agreement.addId(each.id, `${here}.id`);
      if (!isLoop(each)) agreement.requirePatterns(each, here);
      else visit(each.body, `${here}.body`);
    });
  };
  visit(instructions, `${where}.instructions`);
}
