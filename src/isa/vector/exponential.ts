/**
 * exponential (nki.isa.exponential): dst = exp(src - max_value), and the sum of the results of each partition in its accumulator
 * register. Named choices: the exponential is that of the Scalar engine (docs/functions.md); idle, after which the vendor calls
 * the registers unknown, leaves NaN in them.
 */
import type { Dtype } from '../../numerics';
import type { ChipPattern, Instruction, ReduceCommand } from '../../program';
import { ARITHMETIC } from '../alu';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import type { Entry, Problem } from '../entry';
import { exp } from '../functions';
import { columnProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { accumulate, commandProblem, registersOf, resultProblem, writeRegisters } from './accumulators';
import { columnOf, floatsOf, withColumn, writeLanes } from './lanes';

type Exponential = Instruction<'exponential'>;

const FLOAT32: readonly Dtype[] = ['float32'];
const FLOATS: readonly Dtype[] = ['float8_e4m3', 'float8_e5m2', 'float16', 'bfloat16', 'float32'];
const INTEGERS: readonly Dtype[] = ['int8', 'int16', 'int32', 'uint8', 'uint16'];
const SRC: readonly Dtype[] = [...FLOATS, ...INTEGERS, 'uint32'];
const RES: readonly Dtype[] = [...FLOATS, 'tfloat32'];
const DST: readonly Dtype[] = [...RES, ...INTEGERS];
const COMMANDS: readonly ReduceCommand[] = ['idle', 'reset_reduce', 'reduce', 'load_reduce'];

const commandOf = ({ attributes: { reduce_cmd = 'idle' } }: Exponential) => reduce_cmd;

function formatProblem(name: string, tile: ChipPattern | undefined, dtypes: readonly Dtype[]): Problem {
  if (tile === undefined || dtypes.includes(tile.dtype)) return undefined;
  return `${name} must be ${dtypes.join(', ')}, received ${tile.dtype}.`;
}

function maximumProblem({ sources: { src, max_value: tile }, attributes }: Exponential): Problem {
  if (tile !== undefined && attributes.max_value !== undefined)
    return 'max_value must be a tile or a constant, received both.';
  return columnProblem('max_value', tile, src.partitions, FLOAT32);
}

function initProblem(instruction: Exponential): Problem {
  const { reduce_init = 0 } = instruction.attributes;
  const command = commandOf(instruction);
  if (reduce_init === 0 || command === 'load_reduce') return undefined;
  return `only load_reduce takes reduce_init, received it with ${command}.`;
}

export const exponential: Entry<'exponential'> = {
  summary:
    'dst = exp(src - max_value); the results of each partition are added to its accumulator register, which reduce_res reads.',
  chips: ['trn3'],
  engines: ['vector'],
  indirect: { sources: ['src'] },
  rules: [
    'dst and src have equal partitions and elements.',
    'src is float8_e4m3, float8_e5m2, float16, bfloat16, float32 or an integer format; dst any of those but uint32, or tfloat32.',
    'max_value is a float32 tile of P x 1 or a constant, which is rounded to float32; 0 when left out.',
    'src - max_value is rounded to float32, then exp gives a float32 (docs/functions.md).',
    'reduce_cmd is idle (when left out), reset_reduce, reduce or load_reduce, which starts from reduce_init; idle leaves NaN in the registers of dst’s partitions.',
    'reduce_res is P x 1 of a float format that dst may have, rounded to nearest even, and not with idle.',
    'Results are added as float32, before the rounding to dst.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, results, sources, attributes } = instruction;
    const { src } = sources;
    return [
      ...operandProblems({ dst, ...results, ...sources }, engine, chip),
      shapeProblem({ dst, src }),
      formatProblem('dst', dst, DST),
      formatProblem('src', src, SRC),
      maximumProblem(instruction),
      commandProblem(commandOf(instruction), COMMANDS),
      initProblem(instruction),
      resultProblem(results?.reduce_res, dst.partitions, commandOf(instruction)),
      formatProblem('reduce_res', results?.reduce_res, RES),
      writeProblem(attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, results, sources, attributes } = instruction;
    const { src, max_value } = sources;
    const values = floatsOf(machine, 'src', src);
    const most = columnOf(machine, 'max_value', max_value, attributes.max_value, src.partitions);
    withColumn(values, (x, y) => exp(ARITHMETIC.subtract(x, y)), most);
    const command = commandOf(instruction);
    const registers = registersOf(machine, dst);
    if (command === 'idle') registers.fill(NaN);
    accumulate(registers, values, {
      command,
      op: 'add',
      initial: new Float32Array(dst.partitions).fill(attributes.reduce_init ?? 0),
    });
    writeLanes(machine, dst, values, attributes);
    writeRegisters(machine, results?.reduce_res, registers);
  },
  cost: {
    words:
      'max(64, N / 4) Vector cycles: four times the rate of activation (trainium3_arch.rst); reading the registers, not documented, 64 more',
    documented: true,
    work: ({ results, sources: { src } }) => datapath(widthOf(src), { tile: results?.reduce_res, mode: 4 }),
  },
};
