/** range_select: see src/isa/vector/range-select.ts. */
import { LOWEST } from '../../../../isa/vector/range-select';
import type { GpuEntry } from '../entry';
import { operation, Scalars } from './scalars';
import { selectionWorks } from './selection';

export const rangeSelect: GpuEntry<'range_select'> = {
  works: ({ dst, results, sources, attributes }, { lowering }) => {
    const { on_true, bound0, bound1 } = sources;
    const { comp_op0, comp_op1, range_start = 0, reduce_cmd: command = 'reset_reduce' } = attributes;
    const scalars = new Scalars(lowering);
    return selectionWorks(
      {
        dst,
        onTrue: on_true,
        write: attributes,
        operands: { bound0: lowering.read(bound0), bound1: lowering.read(bound1) },
        values: {
          RANGE: 1,
          OTHER: scalars.value('on_false', { constant: LOWEST }),
          FIRST: scalars.word(range_start >>> 0),
          COMPARISON_0: operation(comp_op0, 'index', 'bound_0'),
          COMPARISON_1: operation(comp_op1, 'index', 'bound_1'),
        },
        alu: [comp_op0, comp_op1],
        scalars,
        command,
        result: results?.reduce_res,
      },
      lowering,
    );
  },
};
