/** activate2: see src/isa/scalar/activate2.ts. */
import { STEPPED } from '../../../../isa/scalar/activate2';
import { joins, startOf } from '../../../../isa/vector/accumulators';
import type { GpuEntry } from '../entry';
import { evaluationWorks, type Step } from './evaluation';

export const activate2: GpuEntry<'activate2'> = {
  works: ({ dst, results, sources, attributes }, context) => {
    const { op, op0, op1, imm0, imm1, reverse0, reverse1, relu_param } = attributes;
    const { reduce_cmd: command = 'idle', reduce_op = 'add' } = attributes;
    const steps: Step[] = [];
    if (op0 !== 'bypass') steps.push({ op: op0, tile: sources.imm0, constant: imm0, reverse: reverse0 });
    if (op1 !== 'bypass') steps.push({ op: op1, tile: sources.imm1, constant: imm1, reverse: reverse1 });
    return evaluationWorks(
      {
        dst,
        data: sources.data,
        write: attributes,
        steps,
        op,
        ...(op === 'prelu' && { slope: { tile: sources.relu_param, constant: relu_param } }),
        what: STEPPED,
        registers: {
          engine: 'scalar',
          start: startOf(command, reduce_op),
          join: joins(command) ? reduce_op : undefined,
          result: results?.reduce_res,
        },
      },
      context,
    );
  },
};
