/** The instruction set: every opcode's engines, legality, meaning and cost. */
import { CHIPS } from '../chip';
import type { Chip } from '../chip';
import { boundsProblem } from '../program';
import type { Instruction, Opcode, Pattern, Program } from '../program';
import { dmaCopy } from './dma/dma-copy';
import type { Entry, Memory, Problem } from './entry';
import { ncMatmul } from './tensor/nc-matmul';
import { memset } from './vector/memset';
import { tensorCopy } from './vector/tensor-copy';
import { tensorTensor } from './vector/tensor-tensor';

export type { Entry, Memory } from './entry';

export const ISA: { readonly [O in Opcode]: Entry<O> } = {
  dma_copy: dmaCopy,
  nc_matmul: ncMatmul,
  tensor_copy: tensorCopy,
  tensor_tensor: tensorTensor,
  memset,
};

/** Why an instruction is illegal on a chip, wherever its tensors lie: the rule and the value, or nothing. */
export function instructionProblem<O extends Opcode>(instruction: Instruction<O>, chip: Chip): Problem {
  const { engines, problems } = ISA[instruction.opcode];
  if (!engines.includes(instruction.engine)) {
    return `it is issued to ${engines.join(', ')}, received ${instruction.engine}.`;
  }
  return problems(instruction, chip).find((problem) => problem !== undefined);
}

/** The first illegal instruction or access outside a tensor, naming the instruction and the operand, or nothing. */
export function programProblem(program: Program): Problem {
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  for (const instruction of program.instructions) {
    const { id, opcode, dst, sources } = instruction;
    const illegal = instructionProblem(instruction, CHIPS[program.chip]);
    if (illegal !== undefined) return `${opcode} ${id}: ${illegal}`;
    for (const [name, pattern] of [['dst', dst] as const, ...Object.entries<Pattern>(sources)]) {
      const outside = boundsProblem(pattern, tensors.get(pattern.tensor));
      if (outside !== undefined) return `${opcode} ${id}, operand ${name}: ${outside}`;
    }
  }
  return undefined;
}

/** Executes one instruction. */
export function runInstruction<O extends Opcode>(instruction: Instruction<O>, memory: Memory): void {
  ISA[instruction.opcode].run(instruction, memory);
}
