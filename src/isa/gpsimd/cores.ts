/**
 * The eight cores of the GpSimd engine: each reads and writes 16 contiguous partitions and no others (nki.isa.local_gather,
 * nonzero_with_count). Some instructions have a core take the elements of its partitions as one list, a snake, first along the
 * partitions: element i lies in partition i mod 16 of the core and is element floor(i / 16) there (nki.isa.topk).
 */
import { codeArray } from '../../numerics';
import type { CodeArray } from '../../numerics';
import type { ChipPattern, Dim } from '../../program';
import type { Machine, Problem } from '../entry';
import { widthOf, type Named } from '../rules';

/** Partitions of a core. */
export const CORE = 16;

/** Operands lie on the same partitions. Start partitions are multiples of 32, so that cores begin with an operand. */
export function samePartitionsProblem(dst: ChipPattern, others: Named): Problem {
  for (const name in others) {
    const operand = others[name];
    if (operand === undefined) continue;
    if (operand.partition === dst.partition && operand.partitions === dst.partitions) continue;
    return `${name} must lie on dst’s partitions, ${rangeOf(dst)}, received ${rangeOf(operand)}.`;
  }
  return undefined;
}

const rangeOf = ({ partition, partitions }: ChipPattern) => `${partition}..${partition + partitions - 1}`;

export function wholeCoresProblem({ partitions }: ChipPattern): Problem {
  return partitions % CORE === 0
    ? undefined
    : `dst must have a multiple of ${CORE} partitions, received ${partitions}.`;
}

/** `count` partitions of a pattern, from its `first`. */
function rows(pattern: ChipPattern, first: number, count: number): ChipPattern {
  return { ...pattern, partition: pattern.partition + first, partitions: count };
}

/** The first partition of every core. */
export function firstPartitions(pattern: ChipPattern): readonly ChipPattern[] {
  return Array.from({ length: Math.ceil(pattern.partitions / CORE) }, (_, core) =>
    rows(pattern, core * CORE, 1),
  );
}

/** The first `count` elements of each partition, in order. */
function firstElements(pattern: ChipPattern, count: number): readonly ChipPattern[] {
  const parts: ChipPattern[] = [];
  let { offset, dims } = pattern;
  let left = Math.min(count, widthOf(pattern));
  while (left > 0) {
    const [[stride, steps] = [0, 1], ...inner] = dims;
    const each = inner.reduce((product, [, extent]) => product * extent, 1);
    const whole = Math.min(Math.floor(left / each), steps);
    if (whole > 0) {
      const taken: Dim = [stride, whole];
      parts.push({ ...pattern, offset, dims: dims.length === 0 ? [] : [taken, ...inner] });
    }
    offset += whole * stride;
    left -= whole * each;
    dims = inner;
  }
  return parts;
}

/** Of a snake of `count` elements, those in a core's `row`th partition. */
const elementsOfRow = (count: number, row: number) => Math.ceil((count - row) / CORE);

/** The parts of a pattern that hold the first `count` elements of every core's snake. */
export function snakeParts(pattern: ChipPattern, count: number): readonly ChipPattern[] {
  const [columns, rest] = [Math.floor(count / CORE), count % CORE];
  const parts: ChipPattern[] = [];
  for (let core = 0; core < pattern.partitions; core += CORE) {
    const end = Math.min(CORE, pattern.partitions - core);
    const longer = Math.min(rest, end);
    if (longer > 0) parts.push(...firstElements(rows(pattern, core, longer), columns + 1));
    if (end > longer) parts.push(...firstElements(rows(pattern, core + longer, end - longer), columns));
  }
  return parts;
}

/** The first `count` elements of every core's snake, one core after another. */
export function readSnakes(
  machine: Machine,
  operand: string,
  pattern: ChipPattern,
  count: number,
): CodeArray {
  const snakes = codeArray(pattern.dtype, (pattern.partitions / CORE) * count);
  for (let p = 0; p < pattern.partitions; p++) {
    let at = Math.floor(p / CORE) * count + (p % CORE);
    for (const part of firstElements(rows(pattern, p, 1), elementsOfRow(count, p % CORE))) {
      for (const code of machine.read(operand, part)) {
        snakes[at] = code;
        at += CORE;
      }
    }
  }
  return snakes;
}

/** Writes snakes of `count` elements; what lies behind them stays as it is. */
export function writeSnakes(machine: Machine, pattern: ChipPattern, snakes: CodeArray, count: number): void {
  for (let p = 0; p < pattern.partitions; p++) {
    let at = Math.floor(p / CORE) * count + (p % CORE);
    for (const part of firstElements(rows(pattern, p, 1), elementsOfRow(count, p % CORE))) {
      const codes = codeArray(pattern.dtype, widthOf(part));
      for (let element = 0; element < codes.length; element++, at += CORE) {
        codes[element] = snakes[at] ?? NaN;
      }
      machine.write(part, codes);
    }
  }
}
