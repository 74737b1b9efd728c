/**
 * A Program as text: one line per tensor, one line per instruction. Stable, so that golden files hold it, and `parseProgram`
 * (parse.ts) gives an equal Program back.
 *
 *     program trn2
 *     hbm a bfloat16 [4, 5] input
 *     sbuf a1 bfloat16 partitions 0:2 elements 5 address 64
 *     m0.n0.p1.load-a dma dma_copy a1 p0:2 [1,5] = src a +4 [1,2][13,5]
 *
 * An instruction is its id, engine and opcode, what it writes (dst, then other results by name), and after the `=` its sources
 * and attributes by name, in the order of its form. An access pattern is the tensor, its partitions as first:count (on chip), the
 * offset where it is not zero, and [stride,count] of each free dimension, in elements, `[]` where there is none; `as` names the
 * format where it is not the tensor's, `+$r*8` adds eight times a register, `by` is followed by the pattern of the index that
 * chooses the elements, `; after` by the ids of instructions that must come first, and `@` is where the author wrote it. A loop is
 * `id fori $i = 0 to 4 step 1 {` or `id while $i {`, its body, and `}`. Numbers that JSON has not are inf, -inf and nan.
 */
import type { Dtype } from '../numerics';
import { FORMS, type Form } from './forms';
import { encodeAttributes } from './json';
import type { Pattern, Tensor } from './tensors';
import type { Instruction, Program, ProgramNode, Scalar } from './types';
import { isLoop } from './walk';

function printTensor(tensor: Tensor): string {
  const head = `${tensor.space} ${tensor.name} ${tensor.dtype}`;
  if (tensor.space === 'hbm') return `${head} [${tensor.shape.join(', ')}] ${tensor.role}`;
  const place = tensor.space === 'sbuf' ? `address ${tensor.address}` : `bank ${tensor.bank}`;
  return `${head} partitions ${tensor.partition}:${tensor.partitions} elements ${tensor.elements} ${place}`;
}

/** Formats of tensors by name. */
type Dtypes = ReadonlyMap<string, Dtype>;

function printPattern(pattern: Pattern, dtypes: Dtypes): string {
  return [
    pattern.tensor,
    pattern.space === 'hbm' ? '' : ` p${pattern.partition}:${pattern.partitions}`,
    pattern.offset === 0 ? '' : ` ${pattern.offset > 0 ? '+' : ''}${pattern.offset}`,
    ...(pattern.registers ?? []).map(([register, stride]) => ` +$${register}*${stride}`),
    ` ${pattern.dims.map(([stride, count]) => `[${stride},${count}]`).join('') || '[]'}`,
    pattern.dtype === dtypes.get(pattern.tensor) ? '' : ` as ${pattern.dtype}`,
    pattern.index === undefined ? '' : ` by ${printPattern(pattern.index, dtypes)}`,
  ].join('');
}

/** Lists without blanks, so that a blank always ends a value. */
function printValue(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(printValue).join(',')}]` : String(value);
}

/** A name and its text. */
type Printed = readonly [name: string, text: string];

/** Operands by name, in the order of the form. */
function printOperands(
  forms: Form['sources'],
  operands: Readonly<Record<string, Pattern | undefined>>,
  dtypes: Dtypes,
): Printed[] {
  return Object.keys(forms).flatMap((name) => {
    const pattern = operands[name];
    return pattern === undefined ? [] : [[name, printPattern(pattern, dtypes)] as const];
  });
}

interface PrintedInstruction {
  /** What it writes: dst first. */
  readonly written: readonly Printed[];
  readonly sources: readonly Printed[];
  readonly attributes: readonly Printed[];
}

function printParts(instruction: Instruction, dtypes: Dtypes): PrintedInstruction {
  const { opcode, dst, results = {}, sources } = instruction;
  const form: Form = FORMS[opcode];
  const written = printOperands(form.results, results, dtypes);
  if (dst !== undefined) written.unshift(['dst', printPattern(dst, dtypes)]);
  const told = Object.entries(encodeAttributes(instruction));
  return {
    written,
    sources: printOperands(form.sources, sources, dtypes),
    attributes: told.map(([name, value]) => [name, printValue(value)]),
  };
}

const dtypesOf = ({ tensors }: Pick<Program, 'tensors'>): Dtypes =>
  new Map(tensors.map((tensor) => [tensor.name, tensor.dtype]));

/** Prints what instructions of a Program write, read and are told, each by name, as `printProgram` does. */
export function partsPrinter(
  program: Pick<Program, 'tensors'>,
): (instruction: Instruction) => PrintedInstruction {
  const dtypes = dtypesOf(program);
  return (instruction) => printParts(instruction, dtypes);
}

function printInstruction(instruction: Instruction, dtypes: Dtypes): string {
  const { id, engine, opcode } = instruction;
  const { written, sources, attributes } = printParts(instruction, dtypes);
  const to = written.map(([name, text]) => (name === 'dst' ? text : `${name} ${text}`));
  const from = [...sources, ...attributes].map(([name, text]) => `${name} ${text}`);
  return [id, engine, opcode, ...(to.length > 0 ? [to.join(', ')] : []), '=', from.join(', ')]
    .join(' ')
    .trimEnd();
}

const printAfter = ({ after }: Instruction) => (after === undefined ? '' : `; after ${after.join(', ')}`);

const printAt = (at: string | undefined) => (at === undefined ? '' : ` @ ${at}`);

const printScalar = (scalar: Scalar): string =>
  typeof scalar === 'number' ? `${scalar}` : `$${scalar.register}`;

function* printNode(node: ProgramNode, dtypes: Dtypes, indent: string): Generator<string> {
  if (!isLoop(node)) {
    yield `${indent}${printInstruction(node, dtypes)}${printAfter(node)}${printAt(node.at)}`;
    return;
  }
  const { id, register, at } = node;
  const head =
    node.loop === 'fori'
      ? `fori $${register} = ${printScalar(node.lower)} to ${printScalar(node.upper)} step ${node.step}`
      : `while $${register}`;
  yield `${indent}${id} ${head} {${printAt(at)}`;
  for (const inner of node.body) yield* printNode(inner, dtypes, `${indent}  `);
  yield `${indent}}`;
}

/** The text of a Program whose form is right; names are bare, so they must be names (names.ts). */
export function printProgram(program: Program): string {
  const dtypes = dtypesOf(program);
  const lines = [`program ${program.chip}`, ...program.tensors.map(printTensor)];
  for (const node of program.instructions) {
    for (const line of printNode(node, dtypes, '')) lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
