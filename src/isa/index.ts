/** The instruction set: every opcode's engines, legality, meaning and cost. */
import { CHIPS } from '../chip';
import type { Chip } from '../chip';
import { boundsProblem, instructionsOf, nameOf, readsOf, writesOf } from '../program';
import type { ChipPattern, Instruction, Opcode, Program } from '../program';
import { DMA_ENTRIES } from './dma';
import type { Entries, Machine, Problem, Work } from './entry';
import { GPSIMD_ENTRIES } from './gpsimd';
import { indirectionProblem } from './indirection';
import { RANDOM_ENTRIES } from './random';
import { REGISTER_ENTRIES } from './register';
import { SCALAR_ENTRIES } from './scalar';
import { TENSOR_ENTRIES } from './tensor';
import { VECTOR_ENTRIES } from './vector';

export type {
  AccumulatorEngine,
  Cost,
  Entry,
  Machine,
  Memory,
  RandomEngine,
  RuntimeRule,
  Work,
} from './entry';
export { groupOf, snaked } from './indirection';
export { movesCodes, passedRows } from './tensor/transpose';
export { codeOf, registerOf } from './register/registers';
export { initialStates } from './random/generators';

export const ISA: Entries<Opcode> = {
  ...DMA_ENTRIES,
  ...TENSOR_ENTRIES,
  ...SCALAR_ENTRIES,
  ...VECTOR_ENTRIES,
  ...GPSIMD_ENTRIES,
  ...RANDOM_ENTRIES,
  ...REGISTER_ENTRIES,
};

/** Why an instruction is illegal on a chip, wherever its tensors lie: the rule and the value, or nothing. */
export function instructionProblem<O extends Opcode>(instruction: Instruction<O>, chip: Chip): Problem {
  const { chips, engines, indirect, problems } = ISA[instruction.opcode];
  if (!chips.includes(chip.name)) {
    return `it exists on ${chips.join(' and ')}, received ${chip.name}.`;
  }
  if (!engines.includes(instruction.engine)) {
    return `it is issued to ${engines.join(', ')}, received ${instruction.engine}.`;
  }
  return (
    indirectionProblem(instruction, indirect, chip) ??
    problems(instruction, chip).find((problem) => problem !== undefined)
  );
}

/** The first illegal instruction or access outside a tensor, naming the instruction and the operand, or nothing. */
export function programProblem(program: Program): Problem {
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  for (const instruction of instructionsOf(program.instructions)) {
    const illegal = instructionProblem(instruction, CHIPS[program.chip]);
    if (illegal !== undefined) return `${nameOf(instruction)}: ${illegal}`;
    for (const { name, pattern } of [...writesOf(instruction), ...readsOf(instruction)]) {
      const outside = boundsProblem(pattern, tensors.get(pattern.tensor));
      if (outside !== undefined) return `${nameOf(instruction)}, operand ${name}: ${outside}`;
    }
  }
  return undefined;
}

/** The parts of an operand that an instruction accesses, where that is not all of its pattern. */
export function accessedParts<O extends Opcode>(
  instruction: Instruction<O>,
  operand: string,
): readonly ChipPattern[] | undefined {
  return ISA[instruction.opcode].parts?.(instruction, operand);
}

/** Executes one instruction. */
export function runInstruction<O extends Opcode>(instruction: Instruction<O>, machine: Machine): void {
  ISA[instruction.opcode].run(instruction, machine);
}

/** What an instruction takes of what executes it. */
export function workOf<O extends Opcode>(instruction: Instruction<O>, chip: Chip): Work {
  return ISA[instruction.opcode].cost.work(instruction, chip);
}
