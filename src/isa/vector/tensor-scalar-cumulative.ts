/**
 * tensor_scalar_cumulative (nki.isa.tensor_scalar_cumulative): register = op1(src op0 imm0, register), and dst is the register after
 * each element. Note the sides of op1: subtract takes the register from the new value.
 */
import { bitsOf, FORMATS } from '../../numerics';
import type { ChipPattern, Instruction, ReduceCommand } from '../../program';
import { ARITHMETIC, type Operator } from '../alu';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Machine, type Problem } from '../entry';
import { operandProblems, shapeProblem, widthOf } from '../rules';
import { commandProblem, prepare, registersOf } from './accumulators';
import { columnOf, floatsOf, writeLanes } from './lanes';
import { arithmeticProblem, vectorOpProblem } from './operators';
import { applySide, sideProblem, type ScalarSide } from './scalar-side';

type Cumulative = Instruction<'tensor_scalar_cumulative'>;

const COMMANDS: readonly ReduceCommand[] = ['reset_reduce', 'reduce', 'load_reduce'];

const commandOf = ({ attributes: { reduce_cmd = 'reset_reduce' } }: Cumulative) => reduce_cmd;

function sideOf({ sources, attributes }: Cumulative): ScalarSide {
  return { name: 'imm0', op: attributes.op0, tile: sources.imm0, constant: attributes.imm0 };
}

/** imm1 is a scalar operand like any other, where load_reduce makes it one. */
function initialProblem(instruction: Cumulative): Problem {
  const { sources, attributes } = instruction;
  const command = commandOf(instruction);
  if (command === 'load_reduce') {
    const side = { name: 'imm1', op: attributes.op1, tile: sources.imm1, constant: attributes.imm1 };
    return sideProblem(side, sources.src);
  }
  if (sources.imm1 === undefined && attributes.imm1 === undefined) return undefined;
  return `only load_reduce takes imm1, received it with ${command}.`;
}

function formatProblem(name: string, { dtype }: ChipPattern): Problem {
  if (FORMATS[dtype].kind !== 'integer' || bitsOf(dtype) < 32) return undefined;
  return `${name} must be a float or an integer of 8 or 16 bits, received ${dtype}.`;
}

export const tensorScalarCumulative: Entry<'tensor_scalar_cumulative'> = {
  summary:
    'dst = the accumulator register of the partition after each element, register = op1(src op0 imm0, register).',
  chips: ALL_CHIPS,
  engines: ['vector'],
  indirect: { sources: ['src'] },
  rules: [
    'dst and src have equal partitions and elements, and neither is int32 or uint32.',
    'imm0 is a float32 tile of P x 1 or a constant, which is rounded to float32; left out, or 0, for an operator of one operand.',
    'op0 is arithmetic, neither power nor rsqrt.',
    'reduce_cmd is reset_reduce (when left out), reduce or load_reduce, which alone takes imm1: a float32 tile of P x 1 or a constant.',
    'The register stays float32; each element of dst is rounded from it.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const { src } = sources;
    const { op0 } = attributes;
    return [
      ...operandProblems({ dst, ...sources }, engine, chip),
      shapeProblem({ dst, src }),
      formatProblem('dst', dst),
      formatProblem('src', src),
      arithmeticProblem('op0', op0),
      vectorOpProblem('op0', op0),
      sideProblem(sideOf(instruction), src),
      commandProblem(commandOf(instruction), COMMANDS),
      initialProblem(instruction),
      writeProblem(attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const { src } = sources;
    const values = floatsOf(machine, 'src', src);
    applySide(machine, values, sideOf(instruction), src);
    const registers = registersOf(machine, dst);
    prepare(registers, commandOf(instruction), attributes.op1, initialOf(instruction, machine));
    runningOf(values, ARITHMETIC[attributes.op1], registers);
    writeLanes(machine, dst, values, attributes);
  },
  cost: {
    words: 'as tensor_scalar_reduce: max(64, N) Vector cycles',
    documented: false,
    work: ({ sources: { src } }) => datapath(widthOf(src)),
  },
};

function initialOf(instruction: Cumulative, machine: Machine): Float32Array | undefined {
  if (commandOf(instruction) !== 'load_reduce') return undefined;
  const { sources, attributes } = instruction;
  return columnOf(machine, 'imm1', sources.imm1, attributes.imm1, sources.src.partitions);
}

/** Replaces each value by the register after it. */
function runningOf(values: Float32Array, join: Operator, registers: Float32Array): void {
  const width = values.length / registers.length;
  let at = 0;
  for (let p = 0; p < registers.length; p++) {
    let register = registers[p] ?? NaN;
    for (const end = at + width; at < end; at++) {
      register = join(values[at] ?? NaN, register);
      values[at] = register;
    }
    registers[p] = register;
  }
}
