/** A Program as a list that can be gone through step by step: each loop, then its body. */
import { isLoop, someOperand } from '../../program';
import type { Instruction, Pattern, ProgramNode } from '../../program';

export interface TapeStep {
  readonly node: ProgramNode;
  /** Index behind it: of a loop, behind its body. */
  readonly end: number;
  /** Whether registers or an index move any of its operands. */
  readonly dynamic: boolean;
}

export function tapeOf(nodes: readonly ProgramNode[]): readonly TapeStep[] {
  const tape: TapeStep[] = [];
  append(tape, nodes);
  return tape;
}

function append(tape: TapeStep[], nodes: readonly ProgramNode[]): void {
  for (const node of nodes) {
    const index = tape.length;
    const loop = isLoop(node);
    tape.push({ node, end: index + 1, dynamic: !loop && isDynamic(node) });
    if (!loop) continue;
    append(tape, node.body);
    tape[index] = { node, end: tape.length, dynamic: false };
  }
}

/** Whether any operand of an instruction has a register in its offset, or an index: it is resolved before it runs. */
export function isDynamic({ dst, results, sources }: Instruction): boolean {
  return (
    (dst !== undefined && moves(dst)) ||
    someOperand(sources, moves) ||
    (results !== undefined && someOperand(results, moves))
  );
}

const moves = ({ registers, index }: Pattern) => registers !== undefined || index !== undefined;
