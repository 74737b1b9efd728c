/**
 * What activation and activation_reduce share (nki.isa.activation, NKI 0.6.0): func(data scale + bias), each operation rounded to float32,
 * and the accumulator registers of Scalar, one float32 for each partition, kept from instruction to instruction. Named choices: a
 * lane's register is that of dst's partition; what joins it is the float32 result, before it is rounded to dst's format.
 */
import type { Chip, EngineName } from '../../chip';
import type { ActivationOp, ChipPattern, ReduceCommand, WriteOptions } from '../../program';
import { encodeWrite, writeProblem } from '../convert';
import type { Machine, Problem } from '../entry';
import { ACTIVATIONS, isValid, rangeText, type Activation } from '../functions';
import { columnProblem, operandProblems, shapeProblem, spaceProblem } from '../rules';
import type { Named } from '../rules';
import { accumulate, writeRegisters } from '../vector/accumulators';
import { columnOf, floatsOf } from '../vector/lanes';

interface Evaluated {
  readonly engine: EngineName;
  readonly dst: ChipPattern;
  readonly sources: { readonly data: ChipPattern; readonly bias?: ChipPattern; readonly scale?: ChipPattern };
  readonly attributes: WriteOptions & { readonly op: ActivationOp; readonly scale?: number };
}

export const RULES: readonly string[] = [
  'dst and data are in SBUF or PSUM, with equal partitions and elements of each.',
  'scale is a constant or a float32 [P, 1] tile, bias a [P, 1] tile of any format but tfloat32; what is left out does nothing.',
  'On trn1 reciprocal takes no bias.',
  'data scale rounds to float32, then + bias does, then the function gives a float32 (docs/functions.md).',
  'Inputs outside the valid range of the function are reported, and give what docs/functions.md defines there.',
];

/** What the function is of, in reports. */
export const EVALUATED = 'data x scale + bias';

/**
 * Functions that Scalar evaluates without the tables of polynomials. Named choice, as the vendor does not say which: those that choose
 * a sign or square.
 */
const WITHOUT_TABLES: ReadonlySet<ActivationOp | 'prelu'> = new Set([
  'copy',
  'square',
  'relu',
  'prelu',
  'abs',
  'sign',
]);

/** The function whose tables are needed, or undefined. */
export const tableOf = (op: ActivationOp | 'prelu'): string | undefined =>
  WITHOUT_TABLES.has(op) ? undefined : op;

const ON_CHIP = ['sbuf', 'psum'] as const;

export function evaluationProblems(
  { engine, dst, sources, attributes }: Evaluated,
  results: Named | undefined,
  chip: Chip,
): readonly Problem[] {
  const { data, bias, scale } = sources;
  return [
    spaceProblem('dst', dst, ON_CHIP),
    spaceProblem('data', data, ON_CHIP),
    ...operandProblems({ dst, ...results, ...sources }, engine, chip),
    shapeProblem({ dst, data }),
    columnProblem('bias', bias, data.partitions),
    bias?.dtype === 'tfloat32' ? 'bias must not be tfloat32: use float32.' : undefined,
    bias !== undefined && attributes.op === 'reciprocal' && chip.name === 'trn1'
      ? 'on trn1 reciprocal takes no bias: add it before.'
      : undefined,
    columnProblem('scale', scale, data.partitions, ['float32']),
    scale !== undefined && attributes.scale !== undefined
      ? 'scale must be a tile or a constant, received both.'
      : undefined,
    columnProblem('reduce_res', results?.['reduce_res'], dst.partitions),
    writeProblem(attributes),
  ];
}

/** Writes dst, joins the results to the registers as the command says, and reads the registers into reduce_res. */
export function evaluate(
  { dst, sources, attributes }: Evaluated,
  machine: Machine,
  command: ReduceCommand,
  reduceRes: ChipPattern | undefined,
): void {
  const values = floatsOf(machine, 'data', sources.data);
  scaleAndShift(values, sources, attributes.scale, machine);
  const { partitions } = dst;
  applyFunction(values, attributes.op, machine, { partitions, what: EVALUATED });
  machine.write(dst, encodeWrite(dst, values, attributes));
  const registers = machine.accumulators('scalar').subarray(dst.partition, dst.partition + dst.partitions);
  accumulate(registers, values, { command, op: 'add' });
  writeRegisters(machine, reduceRes, registers);
}

/** values = values scale + bias. Nothing is multiplied or added where nothing is given: -0 + 0 would be +0. */
function scaleAndShift(
  values: Float32Array,
  { data: { partitions }, scale, bias }: Evaluated['sources'],
  constant: number | undefined,
  machine: Machine,
): void {
  const width = values.length / partitions;
  if (scale !== undefined || constant !== undefined) {
    const factors = columnOf(machine, 'scale', scale, constant, partitions);
    for (let at = 0; at < values.length; at++) {
      values[at] = (values[at] ?? NaN) * (factors[Math.floor(at / width)] ?? NaN);
    }
  }
  if (bias !== undefined) {
    const shifts = floatsOf(machine, 'bias', bias);
    for (let at = 0; at < values.length; at++) {
      values[at] = (values[at] ?? NaN) + (shifts[Math.floor(at / width)] ?? NaN);
    }
  }
}

/** Where the inputs of a function come from: how many partitions they are of, and the expression. */
interface Inputs {
  readonly partitions: number;
  readonly what: string;
}

/** values = op(values); inputs that the function is not valid for are reported. */
export function applyFunction(
  values: Float32Array,
  op: ActivationOp,
  machine: Machine,
  inputs: Inputs,
): void {
  reportOutside(values, op, machine, inputs);
  const { apply } = ACTIVATIONS[op];
  for (let at = 0; at < values.length; at++) values[at] = apply(values[at] ?? NaN);
}

/** One report for all inputs that the function is not valid for. */
function reportOutside(
  values: Float32Array,
  op: ActivationOp,
  machine: Machine,
  { partitions, what }: Inputs,
): void {
  const activation = ACTIVATIONS[op];
  if (activation.valid === null) return;
  let count = 0;
  let first = 0;
  values.forEach((value, at) => {
    if (isValid(activation, value)) return;
    if (count === 0) first = at;
    count++;
  });
  if (count === 0) return;
  const width = values.length / partitions;
  const [partition, element] = [Math.floor(first / width), first % width];
  const { required, received } = rangeFault(op, what, {
    count,
    of: values.length,
    value: values[first] ?? NaN,
    partition,
    element,
  });
  machine.report('activation-range', 'data', required, received);
}

/** Inputs that a function is not valid for: how many of all, and the first of them. */
export interface OutsideRange {
  readonly count: number;
  readonly of: number;
  readonly value: number;
  readonly partition: number;
  readonly element: number;
}

/** What a report says of inputs `what` outside the range of a function that has one. */
export function rangeFault(
  op: ActivationOp,
  what: string,
  { count, of, value, partition, element }: OutsideRange,
): { readonly required: string; readonly received: string } {
  const { valid }: Activation = ACTIVATIONS[op];
  return {
    required: `inputs of ${op}, ${what}, in ${valid === null ? 'all numbers' : rangeText(valid)}`,
    received: `${count} of ${of} outside, the first ${value} (partition ${partition}, element ${element})`,
  };
}
