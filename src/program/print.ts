/**
 * A Program as text: one line per tensor, one line per instruction. Stable: golden files hold it.
 *
 *     m0.n0.p1.load-a dma dma_copy a1 p0:2 [1,5] = src a +4 [1,2][13,5]
 *
 * An access pattern is the tensor, its partitions as first:count (on chip), the offset where it is not zero, and
 * [stride,count] of each free dimension, in elements; `as` names the format where it is not the tensor's, `+$r*8` adds eight
 * times a register, and `@` is where the author wrote it. A loop is `id fori $i = 0 to 4 step 1 {`, its body, and `}`.
 */
import type { Dtype } from '../numerics';
import type { Pattern, Tensor } from './tensors';
import type { Instruction, Program, ProgramNode, Scalar } from './types';
import { isLoop, readsOf } from './walk';

function printTensor(tensor: Tensor): string {
  const head = `${tensor.space} ${tensor.name} ${tensor.dtype}`;
  if (tensor.space === 'hbm') return `${head} [${tensor.shape.join(', ')}] ${tensor.role}`;
  const place = tensor.space === 'sbuf' ? `address ${tensor.address}` : `bank ${tensor.bank}`;
  return `${head} partitions ${tensor.partition}:${tensor.partitions} elements ${tensor.elements} ${place}`;
}

function printPattern(pattern: Pattern, own: Dtype | undefined): string {
  return [
    pattern.tensor,
    pattern.space === 'hbm' ? '' : ` p${pattern.partition}:${pattern.partitions}`,
    pattern.offset === 0 ? '' : ` ${pattern.offset > 0 ? '+' : ''}${pattern.offset}`,
    ...(pattern.registers ?? []).map(([register, stride]) => ` +$${register}*${stride}`),
    ` ${pattern.dims.map(([stride, count]) => `[${stride},${count}]`).join('')}`,
    pattern.dtype === own ? '' : ` as ${pattern.dtype}`,
  ].join('');
}

/** Lists without spaces, so that a blank always ends a value. */
function printValue(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(printValue).join(',')}]` : String(value);
}

type Dtypes = ReadonlyMap<string, Dtype>;

function printInstruction(instruction: Instruction, dtypes: Dtypes): string {
  const print = (pattern: Pattern) => printPattern(pattern, dtypes.get(pattern.tensor));
  const { id, engine, opcode, dst, results = {}, attributes, at } = instruction;
  const further = Object.entries<Pattern>(results).map(([name, result]) => `${name} ${print(result)}`);
  const written = [...(dst === undefined ? [] : [print(dst)]), ...further].join(', ');
  const read = readsOf(instruction).map(({ name, pattern }) => `${name} ${print(pattern)}`);
  const told = Object.entries<unknown>(attributes).map(([name, value]) => `${name} ${printValue(value)}`);
  const from = [...read, ...told].join(', ');
  return `${id} ${engine} ${opcode} ${written}${written && ' '}= ${from}${at === undefined ? '' : ` @ ${at}`}`;
}

const printScalar = (scalar: Scalar): string => (typeof scalar === 'number' ? `${scalar}` : `$${scalar.register}`);

function* printNode(node: ProgramNode, dtypes: Dtypes, indent: string): Generator<string> {
  if (!isLoop(node)) {
    yield indent + printInstruction(node, dtypes);
    return;
  }
  const { id, register, at } = node;
  const head =
    node.loop === 'fori'
      ? `fori $${register} = ${printScalar(node.lower)} to ${printScalar(node.upper)} step ${node.step}`
      : `while $${register}`;
  yield `${indent}${id} ${head} {${at === undefined ? '' : ` @ ${at}`}`;
  for (const inner of node.body) yield* printNode(inner, dtypes, `${indent}  `);
  yield `${indent}}`;
}

export function printProgram(program: Program): string {
  const dtypes = new Map(program.tensors.map((tensor) => [tensor.name, tensor.dtype]));
  const lines = [`program ${program.chip}`, ...program.tensors.map(printTensor)];
  for (const node of program.instructions) lines.push(...printNode(node, dtypes, ''));
  return `${lines.join('\n')}\n`;
}
