/** What a Program does, in numbers: instructions by opcode, and bytes by where they come from and go to. */
import { bytesOf, elementsOf } from './pattern';
import type { Opcode, Pattern, Program, Space } from './types';

export type Route = `${Space}->${Space}`;

export interface Counts {
  readonly instructions: Readonly<Record<Opcode, number>>;
  /** Bytes of every source operand, under the route from its memory to the destination's. */
  readonly bytes: Readonly<Record<Route, number>>;
}

/** Nothing counted yet; also the list of all opcodes and routes. */
export function noCounts(): { instructions: Record<Opcode, number>; bytes: Record<Route, number> } {
  return {
    instructions: { dma_copy: 0, nc_matmul: 0, tensor_copy: 0, tensor_tensor: 0, memset: 0 },
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

export function countProgram(program: Program): Counts {
  const counts = noCounts();
  for (const { opcode, dst, sources } of program.instructions) {
    counts.instructions[opcode]++;
    for (const source of Object.values<Pattern>(sources)) {
      counts.bytes[`${source.space}->${dst.space}`] += elementsOf(source) * bytesOf(source.dtype);
    }
  }
  return counts;
}
