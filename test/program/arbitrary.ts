/** Random Programs of the right form, legal or not: any opcode, with operands and attributes as its form allows them. */
import fc from 'fast-check';
import { CHIP_NAMES } from '../../src/chip';
import { DTYPES } from '../../src/numerics';
import { FORMS, OPCODES } from '../../src/program';
import type {
  AttributeForm,
  Dim,
  ForLoop,
  Form,
  Instruction,
  Opcode,
  OperandForm,
  Pattern,
  Program,
  ProgramNode,
  Scalar,
  Tensor,
  WhileLoop,
} from '../../src/program';

const dtype = fc.constantFrom(...DTYPES);
const engine = fc.constantFrom('tensor', 'vector', 'scalar', 'gpsimd', 'sync', 'dma' as const);
const size = fc.nat(1000);
const whole = fc.maxSafeInteger();

/** Names as they may be, some with every kind of character, some like other words of the text. */
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/),
  fc.constantFrom('p0', 'as', 'inf', 'nan', 'e5', 'dma', 'fori', 'while', 'operand0', 'to', 'step'),
).filter((text) => !['true', 'false', 'program', 'hbm', 'sbuf', 'psum'].includes(text)); // prettier-ignore

export const anyDims: fc.Arbitrary<readonly Dim[]> = fc.array(
  fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(4)),
  { maxLength: 3 },
);

const onChip = { name, dtype, partition: size, partitions: size, elements: size };
const shape = fc.array(size, { maxLength: 3 });
const role = fc.constantFrom('input', 'output', 'scratch' as const);
const tensors: fc.Arbitrary<readonly Tensor[]> = fc
  .tuple(
    fc.record({ space: fc.constant('hbm' as const), name, dtype, shape, role }),
    fc.record({ space: fc.constant('sbuf' as const), ...onChip, address: size }),
    fc.record({ space: fc.constant('psum' as const), ...onChip, bank: size }),
    fc.array(fc.record({ space: fc.constant('sbuf' as const), ...onChip, address: size }), { maxLength: 2 }),
  )
  .map(([hbm, sbuf, psum, more]) => [hbm, sbuf, psum, ...more])
  .filter((all) => new Set(all.map((tensor) => tensor.name)).size === all.length);

function pattern(place: OperandForm['place'], over: readonly Tensor[]): fc.Arbitrary<Pattern> {
  const index = fc.option(plainPattern('chip', over), { freq: 8 });
  return fc.tuple(plainPattern(place, over), index).map(([outer, chosen]): Pattern => {
    if (outer.space === 'hbm' || chosen === null || chosen.space === 'hbm') return outer;
    return { ...outer, index: chosen };
  });
}

/** One without an index. */
function plainPattern(place: OperandForm['place'], over: readonly Tensor[]): fc.Arbitrary<Pattern> {
  const access = {
    offset: whole,
    dims: anyDims,
    registers: fc.array(fc.tuple(name, whole), { minLength: 1, maxLength: 2 }),
  };
  const tensor = fc.constantFrom(...over.filter(({ space }) => place === 'any' || space !== 'hbm'));
  return fc
    .tuple(tensor, fc.option(dtype), fc.record(access, { requiredKeys: ['offset', 'dims'] }), size, size)
    .map(([{ space, name: key, dtype: own }, view, rest, partition, partitions]) => {
      const common = { tensor: key, dtype: view ?? own, ...rest };
      return space === 'hbm' ? { space, ...common } : { space, ...common, partition, partitions };
    });
}

/** Numbers that are hard to write. */
const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e21, 5e-324, 1e-7));
const pair = fc.tuple(whole, whole);
const guesses: readonly fc.Arbitrary<unknown>[] = [
  fc.boolean(),
  fc.maxSafeNat(),
  whole,
  number,
  name,
  pair,
  fc.array(fc.maxSafeNat(), { maxLength: 4 }),
  fc.array(whole, { maxLength: 4 }),
  fc.array(pair, { maxLength: 3 }),
  fc.array(number, { maxLength: 3 }),
];

function accepts({ check }: AttributeForm, value: unknown): boolean {
  try {
    check(value, 'a guess');
    return true;
  } catch {
    return false;
  }
}

/** What the check lets through: one of the words that it asks for, else of the guesses those that pass. */
function attribute(form: AttributeForm): fc.Arbitrary<unknown> {
  const words = /^one of (.*)$/.exec(form.check.required ?? '')?.[1]?.split(', ') ?? [];
  if (words.length > 0) return fc.constantFrom(...words);
  return fc
    .oneof(...guesses)
    .filter((value) => accepts(form, value))
    .map((value) => form.check(value, 'a guess'));
}

/** Fields by name, those that may be missing sometimes so. */
function fields<F extends { readonly optional: boolean }>(
  forms: Readonly<Record<string, F>>,
  any: (form: F) => fc.Arbitrary<unknown>,
): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(forms);
  const requiredKeys = entries.filter(([, form]) => !form.optional).map(([key]) => key);
  return fc.record(Object.fromEntries(entries.map(([key, form]) => [key, any(form)])), { requiredKeys });
}

/** What the text cannot tell apart from nothing is left out. */
const orNothing = (key: string) => (record: Record<string, unknown>) =>
  Object.keys(record).length === 0 ? {} : { [key]: record };

const at: fc.Arbitrary<{ readonly at?: string }> = fc.oneof(
  fc.constant({}),
  fc.constantFrom({ at: 'a.ts:1:2' }, { at: 'my kernels/b @ c = d.ts:3:4' }),
);

/** Edges: the form is right whether there are such instructions or not. */
const edges: fc.Arbitrary<{ readonly after?: readonly string[] }> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ after: fc.array(name, { minLength: 1, maxLength: 3 }) }) },
);

function instructionOf(opcode: Opcode, over: readonly Tensor[]): fc.Arbitrary<Instruction> {
  const { dst, results, sources, attributes }: Form = FORMS[opcode];
  const operand = ({ place }: OperandForm) => pattern(place, over);
  return fc
    .tuple(
      engine,
      dst === null ? fc.constant({}) : operand(dst).map((written) => ({ dst: written })),
      fields(results, operand).map(orNothing('results')),
      fields(sources, operand),
      fields(attributes, attribute),
      at,
      edges,
    )
    .map(
      ([issued, written, more, read, told, from, order]) =>
        ({
          opcode,
          id: '',
          engine: issued,
          ...from,
          ...order,
          ...written,
          ...more,
          sources: read,
          attributes: told,
        }) as unknown as Instruction,
    );
}

function nodesOf(over: readonly Tensor[], depth: number): fc.Arbitrary<readonly ProgramNode[]> {
  const instruction = fc.constantFrom(...OPCODES).chain((opcode) => instructionOf(opcode, over));
  if (depth === 0) return fc.array(instruction, { maxLength: 3 });
  const body = nodesOf(over, depth - 1);
  const scalar: fc.Arbitrary<Scalar> = fc.oneof(whole, fc.record({ register: name }));
  const loop: fc.Arbitrary<ProgramNode> = fc.oneof(
    fc
      .tuple(
        fc.record({ register: name, lower: scalar, upper: scalar, step: fc.integer({ min: 1 }), body }),
        at,
      )
      .map(([rest, from]): ForLoop => ({ loop: 'fori', id: '', ...rest, ...from })),
    fc
      .tuple(fc.record({ register: name, body }), at)
      .map(([rest, from]): WhileLoop => ({ loop: 'while', id: '', ...rest, ...from })),
  );
  return fc.array(fc.oneof({ weight: 3, arbitrary: instruction }, { weight: 1, arbitrary: loop }), {
    maxLength: 4,
  });
}

/** The same nodes with ids that differ. */
function numbered(nodes: readonly ProgramNode[], prefix: string): ProgramNode[] {
  return nodes.map((node, index) => {
    const id = `${prefix}${index}`;
    return 'loop' in node ? { ...node, id, body: numbered(node.body, `${id}.`) } : { ...node, id };
  });
}

export const anyProgram: fc.Arbitrary<Program> = tensors.chain((over) =>
  fc.record({
    chip: fc.constantFrom(...CHIP_NAMES),
    tensors: fc.constant(over),
    instructions: nodesOf(over, 2).map((nodes) => numbered(nodes, 'n')),
  }),
);

/** Programs of one instruction each, for every opcode. */
export const anyInstructionProgram = (opcode: Opcode): fc.Arbitrary<Program> =>
  tensors.chain((over) =>
    fc.record({
      chip: fc.constantFrom(...CHIP_NAMES),
      tensors: fc.constant(over),
      instructions: instructionOf(opcode, over).map((node) => numbered([node], 'n')),
    }),
  );
