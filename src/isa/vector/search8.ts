/**
 * What nki.isa.max8, nc_find_index8 and nc_match_replace8 share: their limits, and how values are found. Named choice: elements are
 * compared as float32 numbers, so that -0 equals +0 and NaN equals nothing.
 */
import type { Chip, EngineName } from '../../chip';
import { codeArray } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { countOf } from '../../program';
import type { ChipPattern } from '../../program';
import type { Problem } from '../entry';
import { operandProblems, spaceProblem } from '../rules';

/** Values that are searched for at once. */
export const EIGHT = 8;
const MOST = 16384;
/** Free dimensions of a tile of 3 dimensions. */
const MAX_DIMS = 2;

type Operands = Readonly<Record<string, ChipPattern>>;

/** What holds of every operand: memory, form and format, and one number of partitions. */
export function searchProblems(operands: Operands, engine: EngineName, chip: Chip): readonly Problem[] {
  const problems: Problem[] = [...operandProblems(operands, engine, chip)];
  const partitions = operands.dst?.partitions;
  for (const name in operands) {
    const operand = operands[name];
    if (operand === undefined) continue;
    problems.push(spaceProblem(name, operand, ['sbuf', 'psum']));
    if (operand.partitions !== partitions) {
      problems.push(`${name} must have dst’s ${partitions ?? 0} partitions, received ${operand.partitions}.`);
    }
  }
  return problems;
}

/** The tile that is searched. */
export function searchedProblem(name: string, { dims }: ChipPattern): Problem {
  const elements = countOf(dims);
  if (elements < EIGHT || elements > MOST) {
    return `${name} must have ${EIGHT} to ${MOST} elements of each partition, received ${elements}.`;
  }
  const free = dims.filter(([, count]) => count > 1).length;
  return free <= MAX_DIMS
    ? undefined
    : `${name} must have at most ${MAX_DIMS} free dimensions, received ${free}.`;
}

export function eightProblem(name: string, { dims }: ChipPattern): Problem {
  const elements = countOf(dims);
  return elements === EIGHT
    ? undefined
    : `${name} must have ${EIGHT} elements of each partition, received ${elements}.`;
}

export function indexProblem(name: string, { dtype }: ChipPattern): Problem {
  return dtype === 'uint16' || dtype === 'uint32'
    ? undefined
    : `${name} must be uint16 or uint32, received ${dtype}.`;
}

/**
 * Where each of the eight values of every partition is in its partition of `data`, or -1: the first element that equals it
 * and that no value before it, in the order given, has taken.
 */
export function findAll(data: Float32Array, vals: Float32Array, order: readonly number[]): Int32Array {
  const width = (data.length / vals.length) * EIGHT;
  const found = new Int32Array(vals.length);
  for (let first = 0; first < vals.length; first += EIGHT) {
    const row = data.slice((first / EIGHT) * width, (first / EIGHT + 1) * width);
    for (const slot of order) {
      const at = row.indexOf(vals[first + slot] ?? NaN);
      found[first + slot] = at;
      // NaN equals nothing: a taken element is not found again.
      if (at >= 0) row[at] = NaN;
    }
  }
  return found;
}

/** Positions as codes; -1 is all ones. */
export function indexCodes(dtype: Dtype, found: Int32Array): CodeArray {
  const codes = codeArray(dtype, found.length);
  codes.set(found);
  return codes;
}
