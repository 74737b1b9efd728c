/**
 * The accumulator registers of Vector: one float32 for each partition, kept from instruction to instruction and shared by
 * tensor_scalar_reduce, tensor_scalar_cumulative, select_reduce, range_select and exponential (nki.isa, "Accumulator behavior"). Named
 * choice: a lane's register is that of dst's partition.
 */
import { encodeArray, FORMATS } from '../../numerics';
import type { ChipPattern, ReduceCommand } from '../../program';
import { ARITHMETIC, type Operator } from '../alu';
import type { Machine, Problem } from '../entry';
import { columnProblem } from '../rules';

/** What registers hold before the first element. */
const IDENTITY = {
  add: 0,
  subtract: 0,
  multiply: 1,
  maximum: -Infinity,
  minimum: Infinity,
  abs_max: 0,
  abs_min: Infinity,
} as const satisfies Record<string, number>;

export type JoinOp = keyof typeof IDENTITY;

/** The registers of dst's partitions, as a view: writing to it changes them. */
export function registersOf(machine: Machine, { partition, partitions }: ChipPattern): Float32Array {
  return machine.accumulators('vector').subarray(partition, partition + partitions);
}

/** What every register becomes before elements are joined, where a command resets them. */
export function startOf(command: ReduceCommand, op: JoinOp): number | undefined {
  return command === 'reset' || command === 'reset_reduce' ? IDENTITY[op] : undefined;
}

/** Whether elements are joined to the registers. */
export const joins = (command: ReduceCommand): boolean => command !== 'idle' && command !== 'reset';

/** What a command does to registers before elements are joined: a reset, a load, or nothing. */
export function prepare(
  registers: Float32Array,
  command: ReduceCommand,
  op: JoinOp,
  initial: Float32Array | undefined,
): void {
  const start = startOf(command, op);
  if (start !== undefined) registers.fill(start);
  else if (command === 'load_reduce' && initial !== undefined) registers.set(initial);
}

export interface Accumulation {
  readonly command: ReduceCommand;
  readonly op: JoinOp;
  /** What load_reduce starts from, for each partition. */
  readonly initial?: Float32Array;
}

/** register[p] = op(register[p], value) for the values of each partition, in order, as the command says. */
export function accumulate(
  registers: Float32Array,
  values: Float32Array,
  { command, op, initial }: Accumulation,
): void {
  prepare(registers, command, op, initial);
  if (!joins(command)) return;
  const join: Operator = ARITHMETIC[op];
  const width = values.length / registers.length;
  let at = 0;
  for (let p = 0; p < registers.length; p++) {
    let register = registers[p] ?? NaN;
    for (const end = at + width; at < end; at++) register = join(register, values[at] ?? NaN);
    registers[p] = register;
  }
}

/** Reads registers into a [P, 1] tile, rounded to nearest even, where the instruction has one. */
export function writeRegisters(
  machine: Machine,
  tile: ChipPattern | undefined,
  registers: Float32Array,
  negate = false,
): void {
  if (tile === undefined) return;
  machine.write(
    tile,
    encodeArray(
      tile.dtype,
      registers.map((value) => (negate ? -value : value)),
    ),
  );
}

export function commandProblem(command: ReduceCommand, legal: readonly ReduceCommand[]): Problem {
  if (legal.includes(command)) return undefined;
  return `reduce_cmd must be ${legal.join(', ')}, received ${command}.`;
}

/** select_reduce and range_select read registers into a float tile, and have put something there. */
export function resultProblem(
  tile: ChipPattern | undefined,
  partitions: number,
  command: ReduceCommand,
): Problem {
  if (tile === undefined) return undefined;
  if (command === 'idle') return 'reduce_res reads what a command accumulated, received reduce_cmd idle.';
  if (FORMATS[tile.dtype].kind !== 'float')
    return `reduce_res must have a float format, received ${tile.dtype}.`;
  return columnProblem('reduce_res', tile, partitions);
}
