/** What select_reduce and range_select share on the adapter: elements that are chosen or not, and registers that keep the largest. */
import selectReduceWgsl from '../../../../../shaders/interpreter/vector/select_reduce.wgsl';
import { joins, startOf } from '../../../../isa/vector/accumulators';
import type { AluOp, ChipPattern, ReduceCommand, WriteOptions } from '../../../../program';
import type { TemplateValues } from '../../template';
import type { Lowering, Use } from '../lowering';
import type { Work } from '../work';
import { accumulatorsOf, readAccumulators, setAccumulators } from './accumulators';
import type { Scalars } from './scalars';

export interface Selection {
  readonly dst: ChipPattern;
  readonly onTrue: ChipPattern;
  readonly write: WriteOptions;
  /** What decides, and what its part of the text says. */
  readonly operands: Readonly<Record<string, Use>>;
  readonly values: TemplateValues;
  readonly alu: readonly AluOp[];
  readonly scalars: Scalars;
  readonly command: ReduceCommand;
  readonly result: ChipPattern | undefined;
}

export function selectionWorks(selection: Selection, lowering: Lowering): readonly Work[] {
  const { dst, onTrue, write, operands, values, alu, scalars, command, result } = selection;
  const joining = joins(command);
  const start = startOf(command, 'maximum');
  const startText = () =>
    start === undefined ? 'accumulator_value(lane, 0u)' : scalars.value('start', { constant: start });
  const works = lowering.lane('select_reduce', selectReduceWgsl, {
    operands: {
      dst: lowering.write(dst, write),
      on_true: lowering.read(onTrue),
      ...operands,
      ...scalars.operands,
      ...(joining && { accumulator: accumulatorsOf(lowering, dst) }),
    },
    counted: 'dst',
    elementwise: !joining,
    values: { ...values, JOINS: Number(joining), START: joining ? startText() : '' },
    functions: { alu: ['maximum', ...alu] },
    words: scalars.words,
  });
  return [
    ...works,
    ...(start === undefined || joining ? [] : setAccumulators(lowering, dst, start)),
    ...readAccumulators(lowering, dst, result),
  ];
}
