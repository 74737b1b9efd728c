/** activation and activation_reduce: see src/isa/scalar/activation.ts and activation-reduce.ts. */
import { EVALUATED } from '../../../../isa/scalar/evaluation';
import { joins, startOf } from '../../../../isa/vector/accumulators';
import type { Instruction, ReduceCommand } from '../../../../program';
import type { Context, GpuEntry } from '../entry';
import type { Work } from '../work';
import { evaluationWorks, type Step } from './evaluation';

function worksOf(
  { dst, results, sources, attributes }: Instruction<'activation' | 'activation_reduce'>,
  command: ReduceCommand,
  context: Context,
): readonly Work[] {
  const { data, scale, bias } = sources;
  const steps: Step[] = [];
  if (scale !== undefined || attributes.scale !== undefined) {
    steps.push({ op: 'multiply', tile: scale, constant: attributes.scale });
  }
  if (bias !== undefined) steps.push({ op: 'add', tile: bias });
  const registers = {
    engine: 'scalar',
    start: startOf(command, 'add'),
    join: joins(command) ? 'add' : undefined,
    result: results?.reduce_res,
  } as const;
  const { op } = attributes;
  return evaluationWorks({ dst, data, write: attributes, steps, op, what: EVALUATED, registers }, context);
}

export const activation: GpuEntry<'activation'> = {
  works: (instruction, context) => worksOf(instruction, instruction.attributes.reduce_cmd ?? 'idle', context),
};

export const activationReduce: GpuEntry<'activation_reduce'> = {
  works: (instruction, context) => worksOf(instruction, 'reset_reduce', context),
};
