/**
 * A Program as text: one line per tensor, one line per instruction. Stable: golden files hold it.
 *
 *     m0.n0.p1.load-a dma dma_copy a1 p0:2 [1,5] = src a +4 [1,2][13,5]
 *
 * An access pattern is the tensor, its partitions as first:count (on chip), the offset where it is not zero, and
 * [stride,count] of each free dimension, in elements; `as` names the format where it is not the tensor's.
 */
import type { Dtype } from '../numerics';
import type { Instruction, Pattern, Program, Tensor } from './types';

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
    pattern.offset === 0 ? '' : ` +${pattern.offset}`,
    ` ${pattern.dims.map(([stride, count]) => `[${stride},${count}]`).join('')}`,
    pattern.dtype === own ? '' : ` as ${pattern.dtype}`,
  ].join('');
}

function printInstruction(instruction: Instruction, dtypes: ReadonlyMap<string, Dtype>): string {
  const print = (pattern: Pattern) => printPattern(pattern, dtypes.get(pattern.tensor));
  const { id, engine, opcode, dst, sources, attributes } = instruction;
  const read = Object.entries<Pattern>(sources).map(([name, source]) => `${name} ${print(source)}`);
  const told = Object.entries(attributes).map(([name, value]) => `${name} ${String(value)}`);
  return `${id} ${engine} ${opcode} ${print(dst)} = ${[...read, ...told].join(', ')}`;
}

export function printProgram(program: Program): string {
  const dtypes = new Map(program.tensors.map((tensor) => [tensor.name, tensor.dtype]));
  const lines = [
    `program ${program.chip}`,
    ...program.tensors.map(printTensor),
    ...program.instructions.map((instruction) => printInstruction(instruction, dtypes)),
  ];
  return `${lines.join('\n')}\n`;
}
