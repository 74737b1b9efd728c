/** Whether a write replaces all that its pattern covers: what may stay of what was there before still counts. */
import { accessedParts } from '../isa';
import type { Instruction, Pattern } from '../program';
import { leavesSome } from '../verify/traits';

/** Whether an instruction may leave some of what an operand that it writes covers as it was, wherever that lies. */
export function keepsSome(instruction: Instruction, operand: string, pattern: Pattern): boolean {
  const { attributes } = instruction;
  return (
    pattern.index !== undefined ||
    ('accumulate' in attributes && attributes.accumulate) ||
    leavesSome(instruction) ||
    accessedParts(instruction, operand) !== undefined
  );
}
