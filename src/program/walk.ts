/** Ways through a Program: every instruction of its tree, and what an instruction reads and writes. */
import type { HbmTensor, Pattern } from './tensors';
import type { Instruction, Loop, Program, ProgramNode } from './types';

export function isLoop(node: ProgramNode): node is Loop {
  return 'loop' in node;
}

/** What a node is called in messages: opcode or kind of loop, id, and where its author wrote it. */
export function nameOf(node: ProgramNode): string {
  const at = node.at === undefined ? '' : ` (at ${node.at})`;
  return `${isLoop(node) ? node.loop : node.opcode} ${node.id}${at}`;
}

/** Every instruction once, in the order of the text: that of a loop's body within it. */
export function* instructionsOf(nodes: readonly ProgramNode[]): Generator<Instruction> {
  for (const node of nodes) {
    if (isLoop(node)) yield* instructionsOf(node.body);
    else yield node;
  }
}

export interface NamedOperand {
  readonly name: string;
  readonly pattern: Pattern;
}

/** What an instruction writes: dst first. */
export function writesOf({ dst, results }: Instruction): NamedOperand[] {
  const writes: NamedOperand[] = dst === undefined ? [] : [{ name: 'dst', pattern: dst }];
  if (results !== undefined) pushNamed(writes, results);
  return writes;
}

/** What an instruction reads, in the order of its form; the index of an indirect operand, dst too, as `OPERAND.index`. */
export function readsOf({ dst, sources }: Instruction): NamedOperand[] {
  const reads: NamedOperand[] = [];
  pushNamed(reads, sources);
  if (dst?.index !== undefined) reads.push({ name: 'dst.index', pattern: dst.index });
  pushIndices(reads, sources);
  return reads;
}

/** Operands by name. */
export type Patterns = Readonly<Record<string, Pattern | undefined>>;

/** The operands of any instruction. */
export interface AllOperands {
  readonly dst: Pattern | undefined;
  readonly results?: Patterns;
  readonly sources: Patterns;
}

/** Whether an index chooses the elements of any operand. */
export function isIndirect({ dst, results, sources }: AllOperands): boolean {
  return (
    dst?.index !== undefined ||
    someOperand(sources, hasIndex) ||
    (results !== undefined && someOperand(results, hasIndex))
  );
}

const hasIndex = ({ index }: Pattern) => index !== undefined;

/** Whether `has` holds of any of the operands. */
export function someOperand(patterns: Patterns, has: (pattern: Pattern) => boolean): boolean {
  for (const name in patterns) {
    const pattern = patterns[name];
    if (pattern !== undefined && has(pattern)) return true;
  }
  return false;
}

function pushNamed(list: NamedOperand[], patterns: Patterns): void {
  for (const name in patterns) {
    const pattern = patterns[name];
    if (pattern !== undefined) list.push({ name, pattern });
  }
}

function pushIndices(list: NamedOperand[], patterns: Patterns): void {
  for (const name in patterns) {
    const index = patterns[name]?.index;
    if (index !== undefined) list.push({ name: `${name}.index`, pattern: index });
  }
}

/** The tensors in HBM that play a role, in the Program's order. */
export function hbmTensors({ tensors }: Pick<Program, 'tensors'>, role: HbmTensor['role']): HbmTensor[] {
  return tensors.filter((tensor) => tensor.space === 'hbm').filter((tensor) => tensor.role === role);
}
