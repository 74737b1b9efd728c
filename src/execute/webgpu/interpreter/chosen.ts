/** Which elements of indirect operands an instruction accesses, once their index tiles were read back. */
import { groupOf, snaked } from '../../../isa';
import type { CodeArray } from '../../../numerics';
import { countOf, isIndirect, readsOf } from '../../../program';
import type { ChipPattern, Instruction, NamedOperand, Pattern } from '../../../program';

/** The elements of an operand that an index chooses. */
export interface Chosen {
  readonly operand: string;
  readonly pattern: ChipPattern;
  /** [partitions, elements], from the pattern's offset. */
  readonly offsets: Float64Array;
}

export function chosenBy(
  instruction: Instruction,
  { name, pattern: index }: NamedOperand,
  codes: CodeArray,
): readonly Chosen[] {
  const operand = name.slice(0, -INDEX.length);
  const pattern = operandOf(instruction, operand);
  if (pattern === undefined || index.space === 'hbm') return [];
  const offsets = snaked(codes, index, countOf(pattern.dims), groupOf(instruction.engine));
  return [{ operand, pattern, offsets }];
}

export const INDEX = '.index';

/** The index tiles of indirect operands, as `OPERAND.index`. */
export function indexesOf(instruction: Instruction): readonly NamedOperand[] {
  return isIndirect(instruction) ? readsOf(instruction).filter(({ name }) => name.endsWith(INDEX)) : [];
}

/** An operand on chip, by its name. */
function operandOf({ dst, sources }: Instruction, name: string): ChipPattern | undefined {
  const named: Readonly<Record<string, Pattern | undefined>> = { dst, ...sources };
  const pattern = named[name];
  return pattern?.space === 'hbm' ? undefined : pattern;
}
