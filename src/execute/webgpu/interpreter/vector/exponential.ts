/** exponential: see src/isa/vector/exponential.ts. */
import { joins, startOf } from '../../../../isa/vector/accumulators';
import type { GpuEntry } from '../entry';
import { evaluationWorks } from '../scalar/evaluation';

export const exponential: GpuEntry<'exponential'> = {
  works: ({ dst, results, sources, attributes }, context) => {
    const { max_value, reduce_cmd: command = 'idle', reduce_init = 0 } = attributes;
    const given = command === 'idle' ? NaN : command === 'load_reduce' ? reduce_init : undefined;
    return evaluationWorks(
      {
        dst,
        data: sources.src,
        write: attributes,
        steps: [{ op: 'subtract', tile: sources.max_value, constant: max_value }],
        op: 'exp',
        what: 'src - max_value',
        registers: {
          engine: 'vector',
          start: given ?? startOf(command, 'add'),
          join: joins(command) ? 'add' : undefined,
          result: results?.reduce_res,
        },
      },
      context,
    );
  },
};
