/**
 * Rules that many instructions share. Sources: NKI architecture guides (start partitions, access patterns of up to 4 free
 * dimensions with 16-bit sizes and strides, which engine reaches which memory) and nki.isa, SDK 2.32.0.
 *
 * They are asked of every instruction of a Program, so what is legal allocates nothing.
 */
import { dtypeProblem, partitionProblem } from '../chip';
import type { Chip, EngineName } from '../chip';
import type { Dtype } from '../numerics';
import type { ChipPattern, Dim, Pattern } from '../program';
import type { Problem } from './entry';

const MAX_DIMS = 4;

/** Operands by name; one that may be left out is undefined. */
export type Named = Readonly<Record<string, ChipPattern | undefined>>;

const NONE: readonly Problem[] = [];

function dimsProblem(dims: readonly Dim[]): Problem {
  if (dims.length > MAX_DIMS) return `at most ${MAX_DIMS} free dimensions, received ${dims.length}.`;
  for (const [stride, count] of dims) {
    if (count < 1 || count > 0xffff) return `a dimension has 1 to 65535 elements, received ${count}.`;
    if (stride < -0x8000 || stride > 0x7fff)
      return `a stride is -32768 to 32767 elements, received ${stride}.`;
  }
  return undefined;
}

/** Which formats an operand may have: numbers (dtypeProblem), or packed codes too (codesProblem). */
type DtypeRule = (chip: Chip, dtype: Dtype) => Problem;

function operandProblem(pattern: ChipPattern, engine: EngineName, chip: Chip, dtypeOf: DtypeRule): Problem {
  if (engine === 'gpsimd' && pattern.space === 'psum') return 'gpsimd does not reach PSUM.';
  return (
    partitionProblem(pattern.partition, pattern.partitions) ??
    dimsProblem(pattern.dims) ??
    dtypeOf(chip, pattern.dtype)
  );
}

/** The form and format of on-chip operands of a compute engine: the first problem of the first operand that has one. */
export function operandProblems(
  operands: Named,
  engine: EngineName,
  chip: Chip,
  dtypeOf: DtypeRule = dtypeProblem,
): readonly Problem[] {
  for (const name in operands) {
    const pattern = operands[name];
    const problem = pattern && operandProblem(pattern, engine, chip, dtypeOf);
    if (problem !== undefined) return [`${name}: ${problem}`];
  }
  return NONE;
}

/** Elements of each partition. */
export function widthOf({ dims }: ChipPattern): number {
  let width = 1;
  for (const [, count] of dims) width *= count;
  return width;
}

const shapeOf = (pattern: ChipPattern) => `${pattern.partitions} x ${widthOf(pattern)}`;

/** Elementwise instructions: every operand has as many partitions, and as many elements of each. Ranks may differ. */
export function shapeProblem(operands: Named): Problem {
  let partitions: number | undefined;
  let width: number | undefined;
  for (const name in operands) {
    const pattern = operands[name];
    if (pattern === undefined) continue;
    partitions ??= pattern.partitions;
    width ??= widthOf(pattern);
    if (pattern.partitions !== partitions || widthOf(pattern) !== width) {
      return `operands must have equal partitions x elements, received ${shapesOf(operands)}.`;
    }
  }
  return undefined;
}

function shapesOf(operands: Named): string {
  return Object.entries(operands)
    .flatMap(([name, pattern]) => (pattern === undefined ? [] : [`${name} ${shapeOf(pattern)}`]))
    .join(', ');
}

export function spaceProblem(name: string, pattern: Pattern, spaces: readonly Pattern['space'][]): Problem {
  if (spaces.includes(pattern.space)) return undefined;
  return `${name} must be in ${spaces.join(' or ')}, received ${pattern.space}.`;
}

/** Vector reads one stream of elements from PSUM: of two tensors, one at least is in SBUF (nki.isa, every two-input instruction). */
export function bothInPsumProblem(
  leftName: string,
  left: ChipPattern | undefined,
  rightName: string,
  right: ChipPattern,
): Problem {
  if (left?.space !== 'psum' || right.space !== 'psum') return undefined;
  return `${leftName} and ${rightName} must not both be in PSUM: copy one of them to SBUF.`;
}

/** A tile of one element for each of `partitions` partitions, of one of these formats where any are told. */
export function columnProblem(
  name: string,
  tile: ChipPattern | undefined,
  partitions: number,
  dtypes?: readonly Dtype[],
): Problem {
  if (tile === undefined) return undefined;
  const wrongDtype = dtypes !== undefined && !dtypes.includes(tile.dtype);
  if (tile.partitions === partitions && widthOf(tile) === 1 && !wrongDtype) return undefined;
  const required = `${partitions} x 1${dtypes === undefined ? '' : ` of ${dtypes.join(' or ')}`}`;
  return `${name} must be ${required}, received ${shapeOf(tile)} of ${tile.dtype}.`;
}
