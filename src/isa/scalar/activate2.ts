/**
 * activate2 (nki.isa.activate2): dst = op((data op0 imm0) op1 imm1), each operation rounded to float32, and a reduction of the
 * results into the accumulator registers, which it shares with activation. Named choices: prelu is here alone, as relu_param is;
 * the registers start from what their operator leaves any number as it is.
 */
import { encodeWrite, writeProblem } from '../convert';
import type { Dtype } from '../../numerics';
import type { Instruction, ReduceCommand } from '../../program';
import { datapath } from '../cost';
import type { Entry, Problem } from '../entry';
import { columnProblem, operandProblems, shapeProblem, spaceProblem, widthOf } from '../rules';
import { accumulate, commandProblem, writeRegisters } from '../vector/accumulators';
import { columnOf, floatsOf, withColumn } from '../vector/lanes';
import { applySide, sideProblem, type ScalarSide } from '../vector/scalar-side';
import { applyFunction, tableOf } from './evaluation';

type Activate2 = Instruction<'activate2'>;
type Attributes = Activate2['attributes'];

/** Operators that may follow each. */
const SECOND: Readonly<Record<Attributes['op0'], readonly Attributes['op1'][]>> = {
  multiply: ['add', 'subtract', 'bypass'],
  add: ['bypass'],
  subtract: ['bypass'],
  bypass: ['bypass'],
};
const COMMANDS: readonly ReduceCommand[] = ['idle', 'reset', 'reduce', 'reset_reduce'];
/** What the function is of, in reports. */
export const STEPPED = 'data op0 imm0 op1 imm1';

const ON_CHIP = ['sbuf', 'psum'] as const;
const FLOAT32: readonly Dtype[] = ['float32'];

/** An operator with its immediate; bypass takes none. */
interface Step extends Omit<ScalarSide, 'op'> {
  readonly op: Attributes['op0'];
}

const firstOf = ({ sources, attributes }: Activate2): Step => ({
  name: 'imm0',
  op: attributes.op0,
  tile: sources.imm0,
  constant: attributes.imm0,
  reverse: attributes.reverse0,
});
const secondOf = ({ sources, attributes }: Activate2): Step => ({
  name: 'imm1',
  op: attributes.op1,
  tile: sources.imm1,
  constant: attributes.imm1,
  reverse: attributes.reverse1,
});

function stepProblem(step: Step, { sources: { data } }: Activate2): Problem {
  const { name, op, tile, constant = 0, reverse } = step;
  if (op !== 'bypass') return sideProblem({ ...step, op }, data);
  if (tile !== undefined || constant !== 0) {
    return `bypass takes no operand: leave ${name} out or 0, received ${tile === undefined ? String(constant) : 'a tile'}.`;
  }
  return reverse === true ? 'bypass has no second side to reverse.' : undefined;
}

function pairProblem({ attributes: { op0, op1 } }: Activate2): Problem {
  if (SECOND[op0].includes(op1)) return undefined;
  return `after ${op0}, op1 must be ${SECOND[op0].join(', ')}, received ${op1}.`;
}

function slopeProblem({ sources, attributes: { op, relu_param: constant } }: Activate2): Problem {
  const { data, relu_param: tile } = sources;
  if (op !== 'prelu' && (tile !== undefined || (constant ?? 0) !== 0)) {
    return `only prelu takes relu_param, received it with ${op}.`;
  }
  if (tile !== undefined && constant !== undefined)
    return 'relu_param must be a tile or a constant, received both.';
  return columnProblem('relu_param', tile, data.partitions, FLOAT32);
}

function reduceProblem({ attributes: { reduce_cmd = 'idle', reduce_op } }: Activate2): Problem {
  if (reduce_op !== undefined || reduce_cmd === 'idle') return undefined;
  return `reduce_cmd ${reduce_cmd} needs reduce_op, received none.`;
}

/** x, or slope x where x is negative: NaN for NaN, and for -infinity with the slope 0. */
const prelu = (x: number, slope: number): number => (x >= 0 ? x : Math.fround(slope * x));

export const activate2: Entry<'activate2'> = {
  summary:
    'dst = op((data op0 imm0) op1 imm1); the results may be joined by reduce_op in the accumulator registers.',
  chips: ['trn3'],
  engines: ['scalar'],
  indirect: { sources: ['data'] },
  rules: [
    'dst and data are in SBUF or PSUM, with equal partitions and elements of each.',
    'op0 and op1 are multiply and add, multiply and subtract, multiply alone, add alone, subtract alone, or neither: bypass stands for none.',
    'imm0 and imm1 are constants, rounded to float32, or float32 [P, 1] tiles; those of bypass are left out or 0. reverse0 and reverse1 swap the sides.',
    'op is a function of activation, or prelu, which is x where x is at least 0, else relu_param x; relu_param is a constant or a float32 [P, 1] tile, of prelu only.',
    'Each operation rounds to float32, then the function gives a float32 (docs/functions.md).',
    'Inputs outside the valid range of the function are reported, and give what docs/functions.md defines there.',
    'reduce_cmd is idle (when left out), reset (registers become 0 for add and abs_max, -infinity for maximum, infinity for minimum and abs_min), reduce (results are joined) or reset_reduce (both); all but idle need reduce_op.',
    'reduce_res, [P, 1], is what the registers hold afterwards, whatever the command.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, results, sources, attributes } = instruction;
    const { data } = sources;
    return [
      spaceProblem('dst', dst, ON_CHIP),
      spaceProblem('data', data, ON_CHIP),
      ...operandProblems({ dst, ...results, ...sources }, engine, chip),
      shapeProblem({ dst, data }),
      pairProblem(instruction),
      stepProblem(firstOf(instruction), instruction),
      stepProblem(secondOf(instruction), instruction),
      slopeProblem(instruction),
      commandProblem(attributes.reduce_cmd ?? 'idle', COMMANDS),
      reduceProblem(instruction),
      columnProblem('reduce_res', results?.reduce_res, dst.partitions),
      writeProblem(attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, results, sources, attributes } = instruction;
    const { data, relu_param } = sources;
    const { op, reduce_cmd: command = 'idle', reduce_op = 'add' } = attributes;
    const values = floatsOf(machine, 'data', data);
    for (const step of [firstOf(instruction), secondOf(instruction)]) {
      if (step.op !== 'bypass') applySide(machine, values, { ...step, op: step.op }, data);
    }
    if (op === 'prelu') {
      const slopes = columnOf(machine, 'relu_param', relu_param, attributes.relu_param, data.partitions);
      withColumn(values, prelu, slopes);
    } else applyFunction(values, op, machine, { partitions: dst.partitions, what: STEPPED });
    machine.write(dst, encodeWrite(dst, values, attributes));
    const registers = machine.accumulators('scalar').subarray(dst.partition, dst.partition + dst.partitions);
    accumulate(registers, values, { command, op: reduce_op });
    writeRegisters(machine, results?.reduce_res, registers);
  },
  cost: {
    words:
      'as activation: max(64, N) Scalar cycles, and 64 to read the registers; prelu needs no tables either',
    documented: false,
    work: ({ results, sources: { data }, attributes: { op } }) =>
      datapath(widthOf(data), { tile: results?.reduce_res, table: tableOf(op) }),
  },
};
