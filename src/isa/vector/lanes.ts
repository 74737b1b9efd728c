/**
 * Lanes: what the instructions of Vector work on, one element after another, partition by partition. Arithmetic operators
 * see float32 values, bitwise ones raw codes; both are typed arrays, so that one loop serves either.
 */
import { decodeArray, type CodeArray } from '../../numerics';
import type { AluOp, ChipPattern, WriteOptions } from '../../program';
import { isBitwise, type Operator } from '../alu';
import { encodeWrite } from '../convert';
import type { Machine } from '../entry';

export type Lanes = Float32Array<ArrayBuffer> | CodeArray;

/** The elements of an operand as float32; the array is the caller's own. */
export function floatsOf(machine: Machine, operand: string, pattern: ChipPattern): Float32Array<ArrayBuffer> {
  return decodeArray(pattern.dtype, machine.read(operand, pattern));
}

/** The elements of an operand as `op` sees them; the array is the caller's own. */
export function lanesOf(machine: Machine, operand: string, pattern: ChipPattern, op: AluOp): Lanes {
  return isBitwise(op) ? machine.read(operand, pattern).slice() : floatsOf(machine, operand, pattern);
}

/** A scalar operand, one float32 for each partition: a tile's elements, or the constant rounded to float32. */
export function columnOf(
  machine: Machine,
  operand: string,
  tile: ChipPattern | undefined,
  constant: number | undefined,
  partitions: number,
): Float32Array<ArrayBuffer> {
  if (tile !== undefined) return floatsOf(machine, operand, tile);
  return new Float32Array(partitions).fill(constant ?? 0);
}

/** values[p, f] = op(values[p, f], column[p]). */
export function withColumn(values: Lanes, op: Operator, column: Lanes): void {
  const width = values.length / column.length;
  let at = 0;
  for (let p = 0; p < column.length; p++) {
    const y = column[p] ?? NaN;
    for (const end = at + width; at < end; at++) values[at] = op(values[at] ?? NaN, y);
  }
}

/** values[i] = op(values[i], others[i]). */
export function withTensor(values: Lanes, op: Operator, others: Lanes): void {
  for (let at = 0; at < values.length; at++) values[at] = op(values[at] ?? NaN, others[at] ?? NaN);
}

/** Writes codes as they are, float32 values by the one rounding that the instruction is told. */
export function writeLanes(machine: Machine, dst: ChipPattern, lanes: Lanes, write: WriteOptions): void {
  machine.write(dst, lanes instanceof Float32Array ? encodeWrite(dst, lanes, write) : lanes);
}
