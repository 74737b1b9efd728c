/**
 * One operator of a tensor_scalar-like instruction with its scalar operand: a [P, 1] tile, or a constant for all partitions.
 * Arithmetic operators take float32 tiles and constants; bitwise ones tiles of data's own format, or whole numbers.
 */
import { bitsOf, codeArray, type Dtype } from '../../numerics';
import type { AluOp, ChipPattern } from '../../program';
import { isBitwise, isOneSided, operatorOf } from '../alu';
import type { Machine, Problem } from '../entry';
import { columnProblem } from '../rules';
import { columnOf, withColumn, type Lanes } from './lanes';

export interface ScalarSide {
  /** The operand's name. */
  readonly name: string;
  readonly op: AluOp;
  readonly tile: ChipPattern | undefined;
  readonly constant: number | undefined;
  readonly reverse?: boolean | undefined;
}

const FLOAT32: readonly Dtype[] = ['float32'];

/** Exactly one of tile and constant; neither, or the constant 0, for an operator of one operand. */
export function sideProblem({ name, op, tile, constant, reverse }: ScalarSide, data: ChipPattern): Problem {
  if (isOneSided(op)) {
    if (tile !== undefined || (constant ?? 0) !== 0) {
      return `${op} takes no operand: leave ${name} out or 0, received ${tile === undefined ? String(constant) : 'a tile'}.`;
    }
    return reverse === true ? `${op} has no second side to reverse.` : undefined;
  }
  if (tile === undefined) {
    if (constant === undefined) return `${name} must be a tile or a constant, received neither.`;
    return isBitwise(op) ? codeProblem(name, constant, data.dtype) : undefined;
  }
  if (constant !== undefined) return `${name} must be a tile or a constant, received both.`;
  return columnProblem(name, tile, data.partitions, isBitwise(op) ? [data.dtype] : FLOAT32);
}

/** A whole number that `dtype`'s bits hold, signed or unsigned. */
function codeProblem(name: string, constant: number, dtype: Dtype): Problem {
  const range = 2 ** bitsOf(dtype);
  if (Number.isInteger(constant) && constant >= -range / 2 && constant < range) return undefined;
  return `${name} must be a whole number of ${-range / 2} to ${range - 1} on ${dtype}, received ${constant}.`;
}

/** values = values op operand, or the other way round. */
export function applySide(machine: Machine, values: Lanes, side: ScalarSide, data: ChipPattern): void {
  withColumn(values, operatorOf(side.op, data.dtype, side.reverse), operandOf(machine, side, data));
}

function operandOf(machine: Machine, { name, op, tile, constant }: ScalarSide, data: ChipPattern): Lanes {
  if (!isBitwise(op)) return columnOf(machine, name, tile, constant, data.partitions);
  if (tile !== undefined) return machine.read(name, tile);
  // An element of a code array keeps the low bits, which makes the code of a negative number.
  return codeArray(data.dtype, data.partitions).fill(constant ?? 0);
}
