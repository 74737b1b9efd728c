/** How much room a Program's instructions need at most to write operands aside: of those that others of theirs may overwrite. */
import {
  bytesOf,
  countOf,
  elementsOf,
  instructionsOf,
  readsOf,
  tensorBytes,
  writesOf,
} from '../../../program';
import type { Instruction, Opcode, Pattern, Program, Tensor } from '../../../program';
import { GPU_ISA } from './instructions';
import type { Aside } from './layout';
import { stepsRepeat } from './place';

export function asideOf(program: Program): Aside {
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  const aside = { chip: 0, hbm: 0 };
  for (const instruction of instructionsOf(program.instructions)) {
    const written = writesOf(instruction);
    const used = { chip: roomOf(instruction), hbm: 0 };
    for (const { pattern } of [...readsOf(instruction), ...written.filter(({ pattern }) => pattern.index)]) {
      const clashes =
        pattern.index !== undefined || written.some(({ pattern: other }) => share(tensors, pattern, other));
      if (clashes) used[pattern.space === 'hbm' ? 'hbm' : 'chip'] += bytesAside(pattern);
    }
    // What has elements that are the same one; results that share words with dst, and dst then.
    for (const { pattern } of written) {
      if (pattern.space === 'hbm') continue;
      if (stepsRepeat(pattern.dims, 1)) used.chip += bytesAside(pattern);
      if (written.length > 1) used.chip += bytesAside(pattern);
    }
    aside.chip = Math.max(aside.chip, used.chip);
    aside.hbm = Math.max(aside.hbm, used.hbm);
  }
  return aside;
}

function roomOf<O extends Opcode>(instruction: Instruction<O>): number {
  return GPU_ISA[instruction.opcode].room?.(instruction) ?? 0;
}

const bytesAside = (pattern: Pattern) =>
  Math.ceil(
    ((pattern.space === 'hbm' ? elementsOf(pattern) : countOf(pattern.dims)) * bytesOf(pattern.dtype)) / 4,
  ) * 4;

/** Whether two patterns' tensors have bytes in common. */
function share(tensors: ReadonlyMap<string, Tensor>, a: Pattern, b: Pattern): boolean {
  if (a.tensor === b.tensor) return true;
  const [left, right] = [tensors.get(a.tensor), tensors.get(b.tensor)];
  if (left?.space === 'sbuf' && right?.space === 'sbuf') {
    return (
      left.address < right.address + tensorBytes(right) && right.address < left.address + tensorBytes(left)
    );
  }
  // Tensors of PSUM that begin in different banks overlap only where one reaches over its own.
  return left?.space === 'psum' && right?.space === 'psum';
}
