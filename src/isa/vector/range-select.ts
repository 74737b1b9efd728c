/**
 * range_select (nki.isa.range_select): dst = on_true where range_start + the element's index, in its partition, compares with both
 * bounds as asked, else the lowest float32; the accumulator register of each partition can keep the largest.
 */
import { FORMATS, type Dtype } from '../../numerics';
import type { AluOp, Instruction, ReduceCommand } from '../../program';
import { operatorOf } from '../alu';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import type { Entry, Problem } from '../entry';
import { columnProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { accumulate, commandProblem, registersOf, resultProblem, writeRegisters } from './accumulators';
import { floatsOf, writeLanes } from './lanes';

type Select = Instruction<'range_select'>;

const FLOAT32: readonly Dtype[] = ['float32'];
const COMMANDS: readonly ReduceCommand[] = ['idle', 'reset', 'reduce', 'reset_reduce'];
const COMPARISONS: readonly AluOp[] = ['equal', 'less', 'less_equal', 'greater', 'greater_equal'];
/** What elements become that are not chosen: the lowest float32. */
export const LOWEST = -FORMATS.float32.maxFinite;
const INDEX_LIMIT = 2 ** 24;

const commandOf = ({ attributes: { reduce_cmd = 'reset_reduce' } }: Select) => reduce_cmd;

function comparisonProblem(name: string, op: AluOp): Problem {
  if (COMPARISONS.includes(op)) return undefined;
  return `${name} must be ${COMPARISONS.join(', ')}, received ${op}.`;
}

function indexProblem({ dst, attributes: { range_start = 0 } }: Select): Problem {
  const last = range_start + widthOf(dst) - 1;
  if (range_start > -INDEX_LIMIT && last < INDEX_LIMIT) return undefined;
  return `indices must lie within -2^24 and 2^24, received ${range_start} to ${last}.`;
}

function fillProblem({ attributes: { on_false_value } }: Select): Problem {
  if (on_false_value === undefined || Math.fround(on_false_value) === LOWEST) return undefined;
  return `on_false_value must be -3.4028235e38, the lowest float32, received ${on_false_value}.`;
}

export const rangeSelect: Entry<'range_select'> = {
  summary:
    'dst = on_true where (range_start + index) comp_op0 bound0 and (range_start + index) comp_op1 bound1, else the lowest float32; the largest of each partition joins its accumulator register, which reduce_res reads.',
  chips: ['trn2', 'trn3'],
  engines: ['vector'],
  rules: [
    'dst and on_true have equal partitions and elements; on_true has a float format.',
    'bound0 and bound1 are float32 tiles of P x 1; comparisons are equal, less, less_equal, greater or greater_equal, in float32.',
    'Indices, from range_start on, lie between -2^24 and 2^24.',
    'on_false_value is -3.4028235e38: -infinity once it is rounded to a narrower float format.',
    'reduce_cmd is reset_reduce (when left out), reduce, reset or idle, which leaves the registers alone.',
    'reduce_res is P x 1 of a float format, rounded to nearest even, and not with idle.',
    'Elements are joined as float32, before the rounding to dst.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, results, sources, attributes } = instruction;
    const { on_true, bound0, bound1 } = sources;
    return [
      ...operandProblems({ dst, ...results, ...sources }, engine, chip),
      shapeProblem({ dst, on_true }),
      FORMATS[on_true.dtype].kind === 'float'
        ? undefined
        : `on_true must have a float format, received ${on_true.dtype}.`,
      columnProblem('bound0', bound0, dst.partitions, FLOAT32),
      columnProblem('bound1', bound1, dst.partitions, FLOAT32),
      comparisonProblem('comp_op0', attributes.comp_op0),
      comparisonProblem('comp_op1', attributes.comp_op1),
      indexProblem(instruction),
      fillProblem(instruction),
      commandProblem(commandOf(instruction), COMMANDS),
      resultProblem(results?.reduce_res, dst.partitions, commandOf(instruction)),
      writeProblem(attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, results, sources, attributes } = instruction;
    const { on_true, bound0, bound1 } = sources;
    const { comp_op0, comp_op1, range_start = 0 } = attributes;
    const [low, high] = [floatsOf(machine, 'bound0', bound0), floatsOf(machine, 'bound1', bound1)];
    const [first, second] = [operatorOf(comp_op0, 'float32'), operatorOf(comp_op1, 'float32')];
    const values = floatsOf(machine, 'on_true', on_true);
    const width = widthOf(on_true);
    for (let p = 0; p < dst.partitions; p++) {
      const [lower, upper] = [low[p] ?? NaN, high[p] ?? NaN];
      for (let f = 0; f < width; f++) {
        const index = range_start + f;
        if (first(index, lower) === 0 || second(index, upper) === 0) values[p * width + f] = LOWEST;
      }
    }
    const registers = registersOf(machine, dst);
    accumulate(registers, values, { command: commandOf(instruction), op: 'maximum' });
    writeLanes(machine, dst, values, attributes);
    writeRegisters(machine, results?.reduce_res, registers);
  },
  cost: {
    words: 'max(64, N) Vector cycles',
    documented: true,
    work: ({ dst }) => datapath(widthOf(dst)),
  },
};
