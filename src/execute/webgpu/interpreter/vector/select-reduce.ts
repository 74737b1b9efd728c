/** select_reduce: see src/isa/vector/select-reduce.ts. */
import type { GpuEntry } from '../entry';
import { setAccumulators } from './accumulators';
import { Scalars } from './scalars';
import { selectionWorks } from './selection';

export const selectReduce: GpuEntry<'select_reduce'> = {
  works: ({ dst, results, sources, attributes }, { lowering }) => {
    const { predicate, on_true, on_false } = sources;
    const { reduce_cmd: command = 'idle', reverse_pred = false } = attributes;
    const scalars = new Scalars(lowering);
    const works = selectionWorks(
      {
        dst,
        onTrue: on_true,
        write: attributes,
        operands: { predicate: lowering.read(predicate) },
        values: {
          RANGE: 0,
          REVERSE: String(reverse_pred),
          OTHER: scalars.value('on_false', { tile: on_false, constant: attributes.on_false }),
        },
        alu: [],
        scalars,
        command,
        result: results?.reduce_res,
      },
      lowering,
    );
    return command === 'idle' ? [...works, ...setAccumulators(lowering, dst, NaN)] : works;
  },
};
