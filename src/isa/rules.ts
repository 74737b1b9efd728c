/**
 * Rules that many instructions share. Sources: NKI architecture guides (start partitions, access patterns of up to 4 free
 * dimensions with 16-bit sizes and strides, which engine reaches which memory) and nki.isa, SDK 2.32.0.
 */
import { dtypeProblem, partitionProblem } from '../chip';
import type { Chip, EngineName } from '../chip';
import { countOf } from '../program';
import type { ChipPattern, Dim, Pattern } from '../program';
import type { Problem } from './entry';

const MAX_DIMS = 4;

type Named = Readonly<Record<string, ChipPattern>>;

function dimProblem([stride, count]: Dim): Problem {
  if (count < 1 || count > 0xffff) return `a dimension has 1 to 65535 elements, received ${count}.`;
  if (stride < -0x8000 || stride > 0x7fff) return `a stride is -32768 to 32767 elements, received ${stride}.`;
  return undefined;
}

/** The form and format of on-chip operands of a compute engine. */
export function operandProblems(operands: Named, engine: EngineName, chip: Chip): readonly Problem[] {
  return Object.entries(operands).flatMap(([name, { space, dtype, partition, partitions, dims }]) =>
    [
      partitionProblem(partition, partitions),
      engine === 'gpsimd' && space === 'psum' ? 'gpsimd does not reach PSUM.' : undefined,
      dims.length > MAX_DIMS ? `at most ${MAX_DIMS} free dimensions, received ${dims.length}.` : undefined,
      ...dims.map(dimProblem),
      dtypeProblem(chip, dtype),
    ].map((problem) => problem && `${name}: ${problem}`),
  );
}

/** Elementwise instructions: every operand has as many partitions, and as many elements of each. */
export function shapeProblem(operands: Named): Problem {
  const shapes = Object.entries(operands).map(
    ([name, { partitions, dims }]) => [name, `${partitions} x ${countOf(dims)}`] as const,
  );
  if (new Set(shapes.map(([, shape]) => shape)).size <= 1) return undefined;
  return `operands must have equal partitions x elements, received ${shapes.map((pair) => pair.join(' ')).join(', ')}.`;
}

export function spaceProblem(name: string, pattern: Pattern, spaces: readonly Pattern['space'][]): Problem {
  if (spaces.includes(pattern.space)) return undefined;
  return `${name} must be in ${spaces.join(' or ')}, received ${pattern.space}.`;
}
