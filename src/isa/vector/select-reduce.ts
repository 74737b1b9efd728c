/**
 * select_reduce (nki.isa.select_reduce): dst = on_true where the predicate is not zero, else on_false; the accumulator register of
 * each partition can keep the largest. Named choice: idle, after which the vendor calls the registers modified, leaves NaN in them.
 */
import { FORMATS, type Dtype } from '../../numerics';
import type { Instruction, ReduceCommand } from '../../program';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { bothInPsumProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { accumulate, commandProblem, registersOf, resultProblem, writeRegisters } from './accumulators';
import { columnOf, floatsOf, writeLanes } from './lanes';
import { sideProblem } from './scalar-side';

type Select = Instruction<'select_reduce'>;

const PREDICATES: readonly Dtype[] = ['int8', 'uint8', 'int16', 'uint16'];
const COMMANDS: readonly ReduceCommand[] = ['idle', 'reset', 'reduce', 'reset_reduce'];

const commandOf = ({ attributes: { reduce_cmd = 'idle' } }: Select) => reduce_cmd;

function onTrueProblem({ sources: { on_true } }: Select): Problem {
  const { kind, bits, padding } = FORMATS[on_true.dtype];
  const wide = kind === 'integer' && bits === 32;
  if (!wide && padding === 0) return undefined;
  return `on_true must not be tfloat32, int32 or uint32, received ${on_true.dtype}.`;
}

export const selectReduce: Entry<'select_reduce'> = {
  summary:
    'dst = on_true where the predicate is not zero (zero, with reverse_pred), else on_false; the largest of each partition joins its accumulator register, which reduce_res reads.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'dst, on_true and predicate have equal partitions and elements; on_true and predicate are not both in PSUM.',
    'predicate is int8, uint8, int16 or uint16; on_true is not tfloat32, int32 or uint32.',
    'on_false is a float32 tile of P x 1 or a constant, which is rounded to float32.',
    'reduce_cmd is idle (when left out), reset, reduce or reset_reduce; idle leaves NaN in the registers of dst’s partitions.',
    'reduce_res is P x 1 of a float format, rounded to nearest even, and not with idle.',
    'Elements are joined as float32, before the rounding to dst.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, results, sources, attributes } = instruction;
    const { predicate, on_true } = sources;
    const onFalse = {
      name: 'on_false',
      op: 'add',
      tile: sources.on_false,
      constant: attributes.on_false,
    } as const;
    return [
      bothInPsumProblem('on_true', on_true, 'predicate', predicate),
      ...operandProblems({ dst, ...results, ...sources }, engine, chip),
      shapeProblem({ dst, predicate, on_true }),
      PREDICATES.includes(predicate.dtype)
        ? undefined
        : `predicate must be ${PREDICATES.join(', ')}, received ${predicate.dtype}.`,
      onTrueProblem(instruction),
      sideProblem(onFalse, on_true),
      commandProblem(commandOf(instruction), COMMANDS),
      resultProblem(results?.reduce_res, dst.partitions, commandOf(instruction)),
      writeProblem(attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, results, sources, attributes } = instruction;
    const { predicate, on_true, on_false } = sources;
    const flags = machine.read('predicate', predicate);
    const values = floatsOf(machine, 'on_true', on_true);
    const others = columnOf(machine, 'on_false', on_false, attributes.on_false, dst.partitions);
    const zero = attributes.reverse_pred === true;
    const width = values.length / others.length;
    let at = 0;
    for (let p = 0; p < others.length; p++) {
      const other = others[p] ?? NaN;
      for (const end = at + width; at < end; at++) if ((flags[at] === 0) !== zero) values[at] = other;
    }
    const command = commandOf(instruction);
    const registers = registersOf(machine, dst);
    if (command === 'idle') registers.fill(NaN);
    accumulate(registers, values, { command, op: 'maximum' });
    writeLanes(machine, dst, values, attributes);
    writeRegisters(machine, results?.reduce_res, registers);
  },
  cost: {
    words: 'as tensor_copy_predicated within SBUF: max(64, 2 N) Vector cycles, and 64 to read the registers',
    documented: false,
    work: ({ dst, results }) => datapath(2 * widthOf(dst), { tile: results?.reduce_res }),
  },
};
