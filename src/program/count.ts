/** What a Program does, in numbers: instructions by opcode, and bytes by where they come from and go to. */
import { FORMS } from './forms';
import { bytesOf, elementsOf } from './pattern';
import type { Space } from './tensors';
import type { Opcode, Program } from './types';
import { instructionsOf, readsOf } from './walk';

export type Route = `${Space}->${Space}`;

export interface Counts {
  readonly instructions: Readonly<Record<Opcode, number>>;
  /** Bytes of every source operand, under the route from its memory to the destination's. */
  readonly bytes: Readonly<Record<Route, number>>;
}

export const OPCODES = Object.keys(FORMS) as readonly Opcode[];

/** Nothing counted yet; also the list of all opcodes and routes. */
export function noCounts(): { instructions: Record<Opcode, number>; bytes: Record<Route, number> } {
  return {
    instructions: Object.fromEntries(OPCODES.map((opcode) => [opcode, 0])) as Record<Opcode, number>,
    bytes: {
      'hbm->hbm': 0,
      'hbm->sbuf': 0,
      'hbm->psum': 0,
      'sbuf->hbm': 0,
      'sbuf->sbuf': 0,
      'sbuf->psum': 0,
      'psum->hbm': 0,
      'psum->sbuf': 0,
      'psum->psum': 0,
    },
  };
}

/** Every instruction of the text counts once: that of a loop too, however often it runs. */
export function countProgram(program: Program): Counts {
  const counts = noCounts();
  for (const instruction of instructionsOf(program.instructions)) {
    counts.instructions[instruction.opcode]++;
    const { dst } = instruction;
    if (dst === undefined) continue;
    for (const { pattern } of readsOf(instruction)) {
      counts.bytes[`${pattern.space}->${dst.space}`] += elementsOf(pattern) * bytesOf(pattern.dtype);
    }
  }
  return counts;
}
